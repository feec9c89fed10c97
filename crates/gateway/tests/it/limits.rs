use std::time::{Duration, Instant};

use futures_util::future::join_all;
use serde_json::Value;

use crate::support::{Door, header};

#[tokio::test]
async fn an_address_that_asks_too_often_is_told_when_to_come_back() {
    let third = async |path: &str| {
        let door = Door::open(|config| {
            config.limits.ip_unlimited = Vec::new();
            (config.limits.ip_per_s, config.limits.ip_burst) = (1, 2);
        });
        assert_eq!(door.get("/version").await.status(), 200);
        assert_eq!(door.get("/version").await.status(), 200);
        let third = door.get(path).await;
        let told = (third.status().as_u16(), header(&third, "retry-after"));
        assert_eq!(told, (429, "1"));
        third.json::<Value>().await.unwrap()
    };
    assert_eq!(third("/api/v1/products").await["code"], 429);
    // Gomall's pages read `message`, its middlewares said `msg`.
    let body = third("/api/product").await;
    assert!(
        body["message"].is_string() && body["message"] == body["msg"],
        "{body}"
    );
}

#[tokio::test]
async fn only_a_trusted_proxy_names_the_address_that_counts() {
    let door = |trusted: &str| {
        let trusted = vec![trusted.parse().unwrap()];
        Door::open(|config| {
            config.limits.ip_unlimited = Vec::new();
            (config.limits.ip_per_s, config.limits.ip_burst) = (1, 1);
            config.http.trusted_proxies = trusted;
        })
    };
    let ask = async |door: &Door, from: &str| {
        let request = door
            .http
            .get(door.url("/version"))
            .header("x-forwarded-for", from);
        request.send().await.unwrap().status().as_u16()
    };
    let behind = door("127.0.0.0/8");
    assert_eq!(ask(&behind, "198.51.100.1").await, 200);
    assert_eq!(ask(&behind, "198.51.100.2").await, 200);
    assert_eq!(ask(&behind, "198.51.100.2").await, 429);
    let open = door("10.0.0.0/8");
    assert_eq!(ask(&open, "198.51.100.1").await, 200);
    assert_eq!(
        ask(&open, "198.51.100.2").await,
        429,
        "a stranger's header counts for nothing"
    );
}

#[tokio::test]
async fn a_buyer_has_ten_tries_at_once_and_no_other_buyer_pays_for_them() {
    let door = Door::open(|_| {});
    let tries = join_all((0..11).map(|_| door.buy(7))).await;
    let mut said = Vec::new();
    for answer in tries {
        assert_eq!(header(&answer, "retry-after"), "1");
        let status = answer.status().as_u16();
        let body: Value = answer.json().await.unwrap();
        said.push((status, body["code"].as_i64().unwrap()));
    }
    said.sort_unstable();
    assert_eq!(said.pop(), Some((503, 60005)));
    assert_eq!(said.first(), Some(&(429, 60010)), "the eleventh");
    assert!(
        said.iter().skip(1).all(|told| *told == (503, 60005)),
        "{said:?}"
    );
    assert_eq!(door.buy(8).await.status(), 503);
}

#[tokio::test]
async fn a_full_lane_sheds_and_leaves_the_others_alone() {
    let door = Door::open(|config| config.lanes.seckill = 0);
    let shed = door.buy(7).await;
    assert_eq!(
        (shed.status().as_u16(), header(&shed, "retry-after")),
        (503, "1")
    );
    assert_eq!(door.get("/version").await.status(), 200);
}

#[tokio::test]
async fn who_was_shed_is_listened_to_when_it_was_told_to_come() {
    let door = Door::open(|config| config.lanes.seckill = 0);
    let start = Instant::now();
    let shed = door.buy(1).await;
    assert_eq!(
        (shed.status().as_u16(), header(&shed, "retry-after")),
        (503, "1")
    );
    // The connection is free for the next request once the answer was read.
    shed.bytes().await.unwrap();
    assert!(start.elapsed() < Duration::from_millis(500));
    let again = door.buy(1).await;
    assert_eq!(again.status(), 503);
    assert!(start.elapsed() >= Duration::from_secs(1));
}
