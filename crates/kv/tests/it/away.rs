use std::time::{Duration, Instant};

use fault::Fault;
use kv::{Config, Kv, cmd};
use testkit::ChaosProxy;

async fn set(kv: &Kv, value: i64) -> Result<(), kv::Error> {
    kv.query(cmd("SET").arg(kv.key("k")).arg(value)).await
}

#[tokio::test]
async fn redis_comes_and_goes() {
    let proxy = ChaosProxy::start(testkit::server_address(&testkit::redis_url())).await;
    proxy.cut();
    let config = Config {
        url: format!("redis://{}", proxy.address()).into(),
        response_timeout_ms: 300,
        ..testkit::kv_config()
    };
    let kv = kv::connect(&config).await.unwrap();
    for value in 1..4 {
        let started = Instant::now();
        let error = set(&kv, value).await.unwrap_err();
        assert!(error.is_away(), "{error:?}");
        assert_eq!(error.reason(), fault::Reason::Unavailable);
        assert!(started.elapsed() < Duration::from_secs(1));
        proxy.heal();
        let healed = || async { set(&kv, value).await.is_ok() };
        testkit::eventually(Duration::from_secs(5), healed).await;
        proxy.cut();
        let cut = || async { set(&kv, value).await.is_err() };
        testkit::eventually(Duration::from_secs(5), cut).await;
    }
}

#[tokio::test]
async fn a_silent_redis_is_not_waited_for() {
    let proxy = ChaosProxy::start(testkit::server_address(&testkit::redis_url())).await;
    let config = Config {
        url: format!("redis://{}", proxy.address()).into(),
        response_timeout_ms: 200,
        ..testkit::kv_config()
    };
    let kv = kv::connect(&config).await.unwrap();
    set(&kv, 1).await.unwrap();
    proxy.black_hole();
    let started = Instant::now();
    let error = set(&kv, 2).await.unwrap_err();
    assert!(matches!(error, kv::Error::Timeout(_)), "{error:?}");
    assert!(started.elapsed() < Duration::from_secs(1));
    proxy.heal();
    testkit::eventually(Duration::from_secs(5), || async {
        set(&kv, 3).await.is_ok()
    })
    .await;
}

#[tokio::test]
async fn an_address_that_is_none_is_an_error_at_once() {
    let config = Config {
        url: "http://x".into(),
        prefix: String::new(),
        response_timeout_ms: 1,
    };
    assert!(config.validate().is_err());
    assert!(kv::connect(&config).await.is_err());
}
