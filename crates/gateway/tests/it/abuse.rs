//! What strangers hold: lanes, memory, probes. Each request here once took something from others.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::support::{Door, header};

/// Sends the head of a request and one byte of the body that it promises.
async fn begin(door: &Door, head: &str) -> TcpStream {
    let mut stream = TcpStream::connect(door.address).await.unwrap();
    let text = format!("{head}\r\nhost: x\r\ncontent-length: 1000\r\n\r\n{{");
    stream.write_all(text.as_bytes()).await.unwrap();
    stream
}

async fn status(stream: &mut TcpStream) -> String {
    let mut answer = vec![0; 12];
    let read = stream.read_exact(&mut answer);
    tokio::time::timeout(Duration::from_secs(5), read)
        .await
        .unwrap()
        .unwrap();
    String::from_utf8(answer).unwrap()
}

#[tokio::test]
async fn a_body_on_its_way_holds_no_place_in_a_lane() {
    let door = Door::open(|config| config.lanes.account = 1);
    let head = "POST /api/v1/auth/login HTTP/1.1\r\ncontent-type: application/json";
    let slow = join_all((0..8).map(|_| begin(&door, head))).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(
        login(&door, &"x".repeat(1_000)).await,
        10004,
        "its handler runs"
    );
    drop(slow);
}

/// The code of an attempt to log in with this name.
async fn login(door: &Door, name: &str) -> i64 {
    let body = serde_json::json!({"username": name, "password": "b"});
    let login = door.http.post(door.url("/api/v1/auth/login")).json(&body);
    let login: serde_json::Value = login.send().await.unwrap().json().await.unwrap();
    login["code"].as_i64().unwrap()
}

#[tokio::test]
async fn a_body_that_trickles_in_is_refused_long_before_the_deadline() {
    let door = Door::open(|config| config.http.body_grace_ms = 300);
    let start = Instant::now();
    let head = "POST /api/v1/auth/login HTTP/1.1\r\ncontent-type: application/json";
    let mut stream = begin(&door, head).await;
    let trickle = async {
        loop {
            tokio::time::sleep(Duration::from_millis(50)).await;
            if stream.write_all(b" ").await.is_err() {
                break;
            }
            let mut answer = vec![0; 12];
            if stream.try_read(&mut answer).is_ok_and(|read| read == 12) {
                assert_eq!(answer, b"HTTP/1.1 504");
                break;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(5), trickle)
        .await
        .unwrap();
    assert!(start.elapsed() < Duration::from_secs(3));
}

#[tokio::test]
async fn without_a_token_an_administrators_call_is_401_before_its_body_is_looked_at() {
    let door = Door::open(|_| {});
    for head in [
        "POST /api/v1/admin/products HTTP/1.1\r\ncontent-type: text/plain",
        "PUT /api/v1/admin/products/1 HTTP/1.1",
        "POST /api/product HTTP/1.1\r\ncontent-type: application/json",
        "POST /api/v1/compare/jobs HTTP/1.1",
    ] {
        let mut stream = begin(&door, head).await;
        assert_eq!(status(&mut stream).await, "HTTP/1.1 401", "{head}");
    }
    let url = door.url("/api/v1/admin/products");
    let large = door.http.post(url).body("x".repeat(300 * 1024));
    assert_eq!(large.send().await.unwrap().status(), 401);
}

#[tokio::test]
async fn an_overload_does_not_look_like_an_outage() {
    let door = Door::open(|config| {
        let lanes = &mut config.lanes;
        (lanes.seckill, lanes.browse, lanes.account, lanes.money) = (0, 0, 0, 0);
        (lanes.notify, lanes.compare, lanes.upload, lanes.admin) = (0, 0, 0, 0);
    });
    for path in ["/healthz", "/api/healthz", "/version"] {
        assert_eq!(door.get(path).await.status(), 200, "{path}");
    }
    let shed = door.get("/api/v1/products").await;
    assert_eq!(
        (shed.status().as_u16(), header(&shed, "retry-after")),
        (503, "1")
    );
}

#[tokio::test]
async fn a_storm_of_notifications_leaves_buyers_payments_alone() {
    let pay = async |door: &Door| {
        let pay = door.http.post(door.url("/api/v1/payments"));
        let pay = pay.bearer_auth(door.token(1)).json(&serde_json::json!({}));
        pay.send().await.unwrap().status()
    };
    assert_eq!(
        pay(&Door::open(|config| config.lanes.notify = 0)).await,
        400,
        "its handler runs"
    );
    assert_eq!(pay(&Door::open(|config| config.lanes.money = 0)).await, 503);
}

#[tokio::test]
async fn a_network_has_its_share_of_connections_and_requests() {
    let door = Door::open(|config| {
        config.limits.ip_unlimited = Vec::new();
        config.limits.in_flight_per_network = 2;
        config.http.connections_per_network = 3;
    });
    let head = "POST /api/v1/auth/login HTTP/1.1\r\ncontent-type: application/json";
    let slow = join_all((0..2).map(|_| begin(&door, head))).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    let third = door.get("/api/v1/products").await;
    assert_eq!(third.status(), 429, "two are in progress");
    assert_eq!(door.get("/healthz").await.status(), 200, "a probe passes");
    let mut fourth = TcpStream::connect(door.address).await.unwrap();
    let closed = tokio::time::timeout(Duration::from_secs(2), fourth.read(&mut [0; 1])).await;
    assert!(
        matches!(closed.unwrap(), Ok(0) | Err(_)),
        "the fourth connection"
    );
    drop(slow);
}

#[tokio::test]
async fn names_of_a_megabyte_are_refused_and_not_kept() {
    let door = Door::open(|config| config.limits.login_per_min = 1_000);
    let name = "x".repeat(200 * 1024);
    let body = serde_json::json!({"username": name, "password": "b"});
    let large = door.http.post(door.url("/api/v1/auth/login")).json(&body);
    assert_eq!(large.send().await.unwrap().status(), 413);
    assert_eq!(
        login(&door, &"x".repeat(1_000)).await,
        10004,
        "as any name that is nobody's"
    );
}

#[tokio::test]
async fn an_anonymous_job_belongs_to_its_secret_and_not_to_its_id() {
    let door = Door::open(|_| {});
    let id = format!("job_{}", "0".repeat(24));
    for path in [
        format!("/compare/jobs/{id}"),
        format!("/compare/jobs/{id}.0123456789abcdef"),
    ] {
        assert_eq!(door.get(&path).await.status(), 404, "{path}");
        let cancel = door.http.post(door.url(&format!("{path}/cancel")));
        assert_eq!(cancel.send().await.unwrap().status(), 404);
        assert_eq!(door.get(&format!("{path}/export")).await.status(), 404);
    }
    let own = door.http.get(door.url(&format!("/compare/jobs/{id}")));
    let own = own.bearer_auth(door.token(7)).send().await.unwrap();
    assert_eq!(own.status(), 503, "compare is asked in the account's name");
}

#[tokio::test]
async fn nothing_private_is_kept_by_a_cache() {
    let door = Door::open(|_| {});
    for path in [
        "/api/v1/users/me",
        "/api/v1/orders",
        "/compare/jobs/x",
        "/nothing",
        "/healthz",
    ] {
        assert_eq!(
            header(&door.get(path).await, "cache-control"),
            "no-store",
            "{path}"
        );
    }
    let failed = door.get("/api/v1/products/1").await;
    assert_eq!(header(&failed, "cache-control"), "no-store", "a refusal");
}

#[tokio::test]
async fn anonymous_comparisons_have_a_quota_of_a_day() {
    let door = Door::open(|config| {
        config.limits.ip_unlimited = Vec::new();
        config.limits.anonymous_jobs_per_day = 1;
    });
    let submit = async || {
        let request = door.http.post(door.url("/compare/jobs"));
        let request = request.header("content-type", "multipart/form-data; boundary=cut");
        request.body("--cut--").send().await.unwrap().status()
    };
    assert_ne!(submit().await, 429);
    assert_eq!(submit().await, 429);
}
