use std::{sync::Arc, time::Duration};

use fault::{Fault, Reason};
use rpc::{FleetConfig, PeerConfig, PeerError, Server, StartError};
use tokio::sync::Semaphore;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tonic::{Code, transport::Endpoint};
use tonic_health::pb::{
    HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient,
};

use crate::support::{SOON, Toy, count, eventually, fleet, limits, say, serve, serve_within};

#[tokio::test]
async fn strangers_are_refused_and_leave_no_metric_of_their_making() {
    let server = serve(Toy::echo()).await;
    let config = PeerConfig {
        url: format!("http://{}", server.address),
        timeout_ms: 5_000,
    };
    let before = count("rpc_strangers_total", "toy");
    let wrong = FleetConfig::plain("of another fleet");
    let refusal = say(&rpc::peer(&config, &wrong), "Stranger", "")
        .await
        .unwrap_err();
    assert_eq!(refusal.code(), Code::Unauthenticated);
    assert_eq!(count("toy_stranger_total", "UNAUTHENTICATED"), 0);
    assert_eq!(count("rpc_strangers_total", "toy"), before + 1);
    // Between services that is our own mistake; no user is told to log in.
    assert_eq!(PeerError::from(refusal).reason(), Reason::Internal);
}

#[tokio::test]
async fn health_is_for_everybody_even_of_a_full_server_and_ends_with_it() {
    let places = Arc::new(Semaphore::new(0));
    let toy = Toy::new({
        let places = places.clone();
        move |_| {
            let places = places.clone();
            async move {
                places.acquire().await.unwrap().forget();
                Ok("done".to_owned())
            }
        }
    });
    let server = serve_within(toy, &limits(1, 10_000)).await;
    let peer = server.peer(5_000);
    let first = tokio::spawn({
        let peer = peer.clone();
        async move { say(&peer, "Full", "").await }
    });
    // Which of the two is in first is not certain; that one is too much, is.
    tokio::time::sleep(Duration::from_millis(100)).await;
    let refusal = PeerError::from(say(&peer, "Full", "").await.unwrap_err());
    assert_eq!(refusal.reason(), Reason::Unavailable);
    assert_eq!(refusal.retry_after_s(), Some(1));
    assert_eq!(count("toy_full_total", "UNAVAILABLE"), 1);

    let endpoint = Endpoint::from_shared(format!("http://{}", server.address)).unwrap();
    let mut health = HealthClient::new(endpoint.connect_lazy());
    let answer = health
        .check(HealthCheckRequest::default())
        .await
        .unwrap()
        .into_inner();
    assert_eq!(answer.status(), ServingStatus::Serving);
    let mut watch = health
        .watch(HealthCheckRequest::default())
        .await
        .unwrap()
        .into_inner();
    watch.message().await.unwrap().unwrap();

    server.stop.cancel();
    let told = watch.message().await.unwrap().unwrap();
    assert_eq!(told.status(), ServingStatus::NotServing);
    places.add_permits(1);
    assert_eq!(
        first.await.unwrap().unwrap(),
        "done",
        "what is under way ends"
    );
    assert!(
        server.drains_within(SOON).await,
        "a watcher keeps no process alive"
    );
}

#[tokio::test]
async fn a_place_is_free_again_when_its_work_has_ended() {
    let server = serve_within(Toy::echo(), &limits(1, 10_000)).await;
    let peer = server.peer(5_000);
    for _ in 0..20 {
        eventually_ok(&peer).await;
    }
    assert!(server.drains_within(SOON).await);
}

/// The place of the call before is free a moment after its answer has arrived.
async fn eventually_ok(peer: &rpc::Channel) {
    for _ in 0..100 {
        if say(peer, "Again", "").await.is_ok() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("the place is not free");
}

#[tokio::test]
async fn a_taken_port_is_one_clear_error() {
    let server = serve(Toy::echo()).await;
    let mut config = limits(1, 1_000);
    config.listen = server.address;
    let (tracker, stop) = (TaskTracker::new(), CancellationToken::new());
    let error = Server::new("toy", &config, &fleet())
        .start(&tracker, &stop)
        .await
        .unwrap_err();
    assert!(matches!(error, StartError::Listen { .. }));
    let line = fault::chain(&error);
    assert!(
        line.contains(&server.address.to_string()) && line.contains("in use"),
        "{line}"
    );
}

#[tokio::test]
async fn descriptors_are_served_or_refused_at_the_start() {
    let (tracker, stop) = (TaskTracker::new(), CancellationToken::new());
    let server = || Server::new("toy", &limits(1, 1_000), &fleet());
    let described = server().reflection(tonic_health::pb::FILE_DESCRIPTOR_SET);
    described.start(&tracker, &stop).await.unwrap();
    let error = server()
        .reflection(b"\xff")
        .start(&tracker, &stop)
        .await
        .unwrap_err();
    assert!(matches!(error, StartError::Reflection(_)));
    stop.cancel();
    eventually(|| tracker.is_empty()).await;
}
