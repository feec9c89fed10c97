use reqwest::Method;
use serde_json::Value;

use crate::support::{Door, header};

#[tokio::test]
async fn a_sane_request_id_comes_back_and_another_is_replaced() {
    let door = Door::open(|_| {});
    let ask = async |id: &str| {
        let request = door
            .http
            .get(door.url("/version"))
            .header("x-request-id", id);
        header(&request.send().await.unwrap(), "x-request-id").to_owned()
    };
    assert_eq!(ask("shop-7").await, "shop-7");
    assert_eq!(ask(&"x".repeat(65)).await.len(), 32);
    assert_eq!(ask("a b").await.len(), 32);
}

#[tokio::test]
async fn every_answer_carries_what_browsers_obey() {
    let door = Door::open(|_| {});
    for path in ["/version", "/nothing", "/api/nothing", "/api/v1/users/me"] {
        let answer = door.get(path).await;
        assert_eq!(
            header(&answer, "x-content-type-options"),
            "nosniff",
            "{path}"
        );
        assert_eq!(header(&answer, "x-frame-options"), "DENY", "{path}");
    }
}

#[tokio::test]
async fn only_known_origins_may_call_from_a_browser() {
    let door = Door::open(|config| config.http.cors_origins = vec!["https://shop.test".into()]);
    let ask = async |origin: &str| {
        let asked = door
            .http
            .request(Method::OPTIONS, door.url("/api/v1/products"))
            .header("origin", origin)
            .header("access-control-request-method", "GET");
        let answer = asked.send().await.unwrap();
        header(&answer, "access-control-allow-origin").to_owned()
    };
    assert_eq!(ask("https://shop.test").await, "https://shop.test");
    assert_eq!(ask("https://evil.test").await, "");
}

#[tokio::test]
async fn services_that_are_away_are_a_coded_answer() {
    let door = Door::open(|_| {});
    let away = door.get("/api/v1/products").await;
    assert_eq!(
        (away.status().as_u16(), header(&away, "retry-after")),
        (503, "1")
    );
    let health = door.get("/health").await;
    assert_eq!(health.status(), 503);
    let health: Value = health.json().await.unwrap();
    assert_eq!(health["status"], "unhealthy", "{health}");
    assert_eq!(
        door.get("/healthz").await.status(),
        200,
        "the gateway itself lives"
    );
    let notified = door
        .http
        .post(door.url("/wechatpay/notify"))
        .body("{}")
        .send()
        .await
        .unwrap();
    assert_eq!(
        notified.status(),
        500,
        "only what is durable is acknowledged"
    );
    assert_eq!(notified.json::<Value>().await.unwrap()["code"], "FAIL");
}

#[tokio::test]
async fn gomalls_pages_reload_only_for_a_lost_session() {
    let door = Door::open(|_| {});
    let nobody = door.get("/api/user/profile").await;
    assert_eq!(nobody.status(), 401);
    let garbled = door
        .http
        .post(door.url("/api/user/login"))
        .body("{")
        .header("content-type", "application/json");
    let garbled = garbled.send().await.unwrap();
    assert_eq!(garbled.status(), 200);
    assert_eq!(garbled.json::<Value>().await.unwrap()["code"], 400);
}
