use std::time::Duration;

use fault::{Fault, Reason};
use rpc::{PeerConfig, PeerError, Server};
use tokio::{net::TcpListener, time::Instant};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::support::{SOON, Toy, count, fleet, limits, peer_at, say, serve};

async fn free_address() -> std::net::SocketAddr {
    TcpListener::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap()
}

#[tokio::test]
async fn a_peer_that_is_away_is_unavailable_and_is_given_a_rest() {
    let address = free_address().await;
    let peer = peer_at(address, 2_000);
    let refusal = PeerError::from(say(&peer, "Away", "").await.unwrap_err());
    assert_eq!(refusal.reason(), Reason::Unavailable);
    assert_eq!(refusal.retry_after_s(), Some(1));
    let trouble = |kind| {
        let families = prometheus::gather();
        let family = families
            .iter()
            .find(|f| f.name() == "rpc_peer_trouble_total")
            .unwrap();
        let ours = family.get_metric().iter().find(|metric| {
            let has = |value: &str| metric.get_label().iter().any(|l| l.value() == value);
            has(&address.to_string()) && has(kind)
        });
        ours.map_or(0, |metric| metric.get_counter().get_value() as u64)
    };
    assert_eq!(
        (trouble("unreached"), trouble("retried")),
        (2, 1),
        "one more try"
    );
    for _ in 0..20 {
        say(&peer, "Away", "").await.unwrap_err();
    }
    assert!(trouble("rested") >= 10, "{}", trouble("rested"));
    assert!(trouble("unreached") < 10, "{}", trouble("unreached"));

    // It comes back, and is found without anybody's help.
    let mut config = limits(8, 1_000);
    config.listen = address;
    let (tracker, stop) = (TaskTracker::new(), CancellationToken::new());
    Server::new("toy", &config, &fleet())
        .add(Toy::echo())
        .start(&tracker, &stop)
        .await
        .unwrap();
    let start = Instant::now();
    while say(&peer, "Away", "").await.is_err() {
        assert!(start.elapsed() < SOON);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn a_peer_that_accepts_and_says_nothing_costs_no_more_than_the_deadline() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let peer = peer_at(listener.local_addr().unwrap(), 200);
    let start = Instant::now();
    let refusal = PeerError::from(say(&peer, "Silent", "").await.unwrap_err());
    assert!(start.elapsed() < SOON / 2);
    assert!(
        matches!(refusal.reason(), Reason::Timeout | Reason::Unavailable),
        "{refusal}"
    );
}

#[tokio::test]
async fn a_name_is_resolved_and_balanced() {
    let server = serve(Toy::echo()).await;
    // Not "localhost", which needs no resolver of ours, but the same machine.
    let url = format!("http://LOCALHOST:{}", server.address.port());
    let peer = rpc::peer(
        &PeerConfig {
            url,
            timeout_ms: 5_000,
        },
        &fleet(),
    );
    let mut answered = 0;
    for _ in 0..20 {
        answered += u32::from(say(&peer, "Named", "").await.is_ok());
    }
    // The name may also have an address without a listener: that is what the retry is for.
    assert!(answered >= 10, "{answered}");
}

#[tokio::test]
async fn several_addresses_are_balanced_and_one_that_dies_leaves_the_other() {
    let named = |name: &'static str| Toy::new(move |_| async move { Ok(name.to_owned()) });
    let (one, two) = (serve(named("one")).await, serve(named("two")).await);
    let url = format!("http://{}, http://{}", one.address, two.address);
    let config = PeerConfig {
        url,
        timeout_ms: 2_000,
    };
    let peer = rpc::peer(&config, &fleet());
    let mut seen = std::collections::BTreeSet::new();
    let start = Instant::now();
    while seen.len() < 2 && start.elapsed() < SOON {
        seen.insert(say(&peer, "Both", "").await.unwrap());
    }
    assert_eq!(seen.len(), 2, "{seen:?}");
    assert!(one.drains_within(SOON).await);
    let mut answered = 0;
    while answered < 20 && start.elapsed() < SOON {
        match say(&peer, "Both", "").await {
            Ok(name) => {
                assert_eq!(name, "two");
                answered += 1;
            }
            Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    }
    assert_eq!(answered, 20);
}

#[tokio::test]
async fn a_name_without_an_address_is_unavailable() {
    let config = PeerConfig {
        url: "http://nobody.invalid:1".to_owned(),
        timeout_ms: 300,
    };
    let refusal = say(&rpc::peer(&config, &fleet()), "Nobody", "")
        .await
        .unwrap_err();
    assert_eq!(PeerError::from(refusal).reason(), Reason::Unavailable);
    assert_eq!(count("toy_nobody_total", "ok"), 0);
}

#[tokio::test]
async fn a_server_that_restarts_loses_no_call_that_it_has_not_begun() {
    let first = serve(Toy::echo()).await;
    let peer = first.peer(5_000);
    say(&peer, "Restart", "1").await.unwrap();
    assert!(first.drains_within(SOON).await);
    let mut config = limits(8, 1_000);
    config.listen = first.address;
    let (tracker, stop) = (TaskTracker::new(), CancellationToken::new());
    Server::new("toy", &config, &fleet())
        .add(Toy::echo())
        .start(&tracker, &stop)
        .await
        .unwrap();
    assert_eq!(say(&peer, "Restart", "2").await.unwrap(), "2");
}
