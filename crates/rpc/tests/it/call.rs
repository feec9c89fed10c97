use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use fault::{Fault, Reason};
use rpc::PeerError;
use tokio::sync::Notify;
use tonic::{Code, Request, Status};

use crate::support::{Toy, call, count, eventually, say, serve};

#[derive(Debug, thiserror::Error)]
#[error("key stock:7 says none")]
struct SoldOut;

impl Fault for SoldOut {
    fn reason(&self) -> Reason {
        Reason::SoldOut
    }
}

#[tokio::test]
async fn an_answer_and_a_refusal_arrive_and_are_counted() {
    let server = serve(Toy::new(async |request: Request<String>| {
        match request.get_ref().as_str() {
            "buy" => Err(rpc::status(&SoldOut)),
            text => Ok(text.to_owned()),
        }
    }))
    .await;
    let peer = server.peer(5_000);
    assert_eq!(say(&peer, "CountMe", "灯").await.unwrap(), "灯");
    let refusal = PeerError::from(say(&peer, "CountMe", "buy").await.unwrap_err());
    assert_eq!(refusal.reason(), Reason::SoldOut);
    assert_eq!(refusal.public_message(), Reason::SoldOut.message());
    assert!(!refusal.is_unknown());
    eventually(|| count("toy_count_me_total", "ok") == 1).await;
    assert_eq!(count("toy_count_me_total", "SOLD_OUT"), 1);
    let families = prometheus::gather();
    let seconds = families
        .iter()
        .find(|f| f.name() == "toy_count_me_seconds")
        .unwrap();
    assert_eq!(
        seconds.get_metric()[0].get_histogram().get_sample_count(),
        2
    );
}

#[tokio::test]
async fn a_verb_that_nobody_serves_leaves_no_metric() {
    let server = serve(Toy::echo()).await;
    let refusal = say(&server.peer(5_000), "Missing", "").await.unwrap_err();
    assert_eq!(refusal.code(), Code::Unimplemented);
    assert_eq!(count("toy_missing_total", "UNIMPLEMENTED"), 0);
}

#[tokio::test]
async fn a_panic_is_one_calls_misfortune() {
    let server = serve(Toy::new(async |request: Request<String>| {
        assert_ne!(request.get_ref(), "panic", "as the test wants it");
        Ok(request.into_inner())
    }))
    .await;
    let peer = server.peer(5_000);
    let refusal = say(&peer, "Panics", "panic").await.unwrap_err();
    assert_eq!(refusal.code(), Code::Internal);
    assert!(!refusal.message().contains("test"), "{}", refusal.message());
    assert_eq!(PeerError::from(refusal).reason(), Reason::Internal);
    assert_eq!(say(&peer, "Panics", "fine").await.unwrap(), "fine");
    eventually(|| count("toy_panics_total", "INTERNAL") == 1).await;
}

#[tokio::test]
async fn work_goes_on_when_its_caller_goes_away() {
    let (begun, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let finished = Arc::new(AtomicBool::new(false));
    let server = serve(Toy::new({
        let (begun, go_on, finished) = (begun.clone(), go_on.clone(), finished.clone());
        move |_| {
            let (begun, go_on, finished) = (begun.clone(), go_on.clone(), finished.clone());
            async move {
                begun.notify_one();
                go_on.notified().await;
                finished.store(true, Ordering::SeqCst);
                Ok(String::new())
            }
        }
    }))
    .await;
    let peer = server.peer(5_000);
    let caller = tokio::spawn(async move { say(&peer, "GoesAway", "").await });
    begun.notified().await;
    caller.abort();
    eventually(|| count("toy_goes_away_total", "CANCELLED") == 1).await;
    assert!(!finished.load(Ordering::SeqCst));
    go_on.notify_one();
    eventually(|| finished.load(Ordering::SeqCst)).await;
}

#[tokio::test]
async fn a_handler_sees_its_callers_metadata_but_not_the_secret() {
    let server = serve(Toy::new(async |request: Request<String>| {
        let metadata = request.metadata();
        let has = |key| metadata.contains_key(key);
        if has("mall-fleet") || !has("mall-user") {
            return Err(Status::internal("wrong metadata"));
        }
        Ok(String::new())
    }))
    .await;
    let mut request = Request::new(String::new());
    request.metadata_mut().insert("mall-user", 7.into());
    call(&server.peer(5_000), "Metadata", request)
        .await
        .unwrap();
}
