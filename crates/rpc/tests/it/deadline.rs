use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use fault::{Fault, Reason};
use rpc::PeerError;
use tokio::{sync::oneshot, time::Instant};
use tonic::{Code, Request};

use crate::support::{SOON, Toy, call, count, eventually, limits, say, serve, serve_within};

fn sleeper(time: Duration, finished: &Arc<AtomicBool>) -> Toy {
    let finished = finished.clone();
    Toy::new(move |_| {
        let finished = finished.clone();
        async move {
            tokio::time::sleep(time).await;
            finished.store(true, Ordering::SeqCst);
            Ok(String::new())
        }
    })
}

#[tokio::test]
async fn a_caller_waits_as_long_as_its_configuration_says_and_the_work_still_ends() {
    let finished = Arc::new(AtomicBool::new(false));
    let server = serve(sleeper(Duration::from_millis(400), &finished)).await;
    let refusal = say(&server.peer(50), "Slow", "").await.unwrap_err();
    assert_eq!(refusal.code(), Code::DeadlineExceeded);
    let error = PeerError::from(refusal);
    assert_eq!(error.reason(), Reason::Timeout);
    assert!(error.is_unknown());
    assert!(!finished.load(Ordering::SeqCst));
    eventually(|| finished.load(Ordering::SeqCst)).await;
    let counted = || count("toy_slow_total", "TIMEOUT") + count("toy_slow_total", "CANCELLED");
    eventually(|| counted() == 1).await;
}

#[tokio::test]
async fn a_server_caps_what_a_caller_allows() {
    let finished = Arc::new(AtomicBool::new(false));
    let server = serve_within(sleeper(SOON, &finished), &limits(64, 50)).await;
    let mut request = Request::new(String::new());
    request.set_timeout(SOON);
    let start = Instant::now();
    let refusal = call(&server.peer(60_000), "Capped", request)
        .await
        .unwrap_err();
    assert!(start.elapsed() < SOON / 2);
    let error = PeerError::from(refusal);
    assert_eq!(error.reason(), Reason::Timeout);
    assert_eq!(error.public_message(), Reason::Timeout.message());
    eventually(|| count("toy_capped_total", "TIMEOUT") == 1).await;
}

#[tokio::test]
async fn a_call_within_a_call_ends_with_it() {
    let inner = serve(sleeper(SOON, &Arc::default())).await;
    let (sender, receiver) = oneshot::channel();
    let sender = Arc::new(std::sync::Mutex::new(Some(sender)));
    let peer = inner.peer(60_000);
    let outer = serve(Toy::new(move |_| {
        let (peer, sender) = (peer.clone(), sender.clone());
        async move {
            let start = Instant::now();
            let refusal = say(&peer, "Within", "").await.unwrap_err();
            let sender = sender.lock().unwrap().take().unwrap();
            sender.send((start.elapsed(), refusal.code())).unwrap();
            Err(refusal)
        }
    }))
    .await;
    say(&outer.peer(200), "Around", "").await.unwrap_err();
    let (took, code) = receiver.await.unwrap();
    assert!(took < SOON / 2, "{took:?}");
    assert_eq!(code, Code::DeadlineExceeded);
}
