use rpc::{FleetConfig, PeerConfig, ServerConfig};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

fn problem<T: DeserializeOwned>(value: Value) -> Option<String> {
    serde_json::from_value::<T>(value)
        .err()
        .map(|error| error.to_string())
}

#[test]
fn what_cannot_work_is_refused_before_anything_starts() {
    let peer = |url: &str, timeout_ms| json!({"url": url, "timeout_ms": timeout_ms});
    assert_eq!(problem::<PeerConfig>(peer("http://order:50053", 300)), None);
    assert_eq!(
        problem::<PeerConfig>(peer("http://[::1]:50053/", 300)),
        None
    );
    let two = peer("http://10.0.0.1:1, http://order:50053", 300);
    assert_eq!(problem::<PeerConfig>(two), None);
    for url in [
        "",
        "http://order:1,",
        "http://order:1,order:2",
        "order:50053",
        "http://order",
        "https://order:1",
        "http://order:1/path",
    ] {
        let problem = problem::<PeerConfig>(peer(url, 300)).unwrap();
        assert!(problem.contains("http://host:port"), "{url}: {problem}");
    }
    assert!(problem::<PeerConfig>(peer("http://order:1", 0)).is_some());
    assert!(problem::<PeerConfig>(json!({"url": "http://a:1", "timeout_ms": 1, "x": 1})).is_some());

    let server =
        |calls| json!({"listen": "127.0.0.1:0", "concurrency_max": calls, "deadline_max_ms": 1});
    assert_eq!(problem::<ServerConfig>(server(1)), None);
    assert!(problem::<ServerConfig>(server(0)).is_some());

    assert_eq!(problem::<FleetConfig>(json!({"secret": "x"})), None);
    let problem = problem::<FleetConfig>(json!({"secret": "秘\n密"})).unwrap();
    assert!(
        !problem.contains('秘'),
        "a problem does not tell the secret"
    );
}
