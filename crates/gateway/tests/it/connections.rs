use std::time::{Duration, Instant};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::support::Door;

/// What the gateway says on a connection of its own until it closes it.
async fn whole_answer(door: &Door, sent: &str) -> String {
    let mut stream = TcpStream::connect(door.address).await.unwrap();
    stream.write_all(sent.as_bytes()).await.unwrap();
    let mut said = Vec::new();
    let read = stream.read_to_end(&mut said);
    tokio::time::timeout(Duration::from_secs(10), read)
        .await
        .unwrap()
        .unwrap();
    String::from_utf8(said).unwrap()
}

#[tokio::test]
async fn headers_that_never_end_cost_a_connection_for_a_while() {
    let door = Door::open(|config| config.http.header_timeout_ms = 300);
    let started = Instant::now();
    whole_answer(&door, "GET /version HTTP/1.1\r\nhost: x\r\nx-slow: ").await;
    assert!(started.elapsed() < Duration::from_secs(5));
    assert_eq!(door.get("/version").await.status(), 200);
}

#[tokio::test]
async fn a_body_that_never_comes_is_answered_in_time() {
    let door = Door::open(|config| config.http.request_timeout_ms = 300);
    let said = whole_answer(
        &door,
        "POST /api/v1/auth/login HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\
         content-type: application/json\r\ncontent-length: 10\r\n\r\n{",
    )
    .await;
    assert!(said.starts_with("HTTP/1.1 504"), "{said}");
}

#[tokio::test]
async fn a_body_of_any_length_is_refused_where_it_is_too_long() {
    let door = Door::open(|config| config.http.body_bytes_max = 1_000);
    let request = door.http.post(door.url("/api/v1/auth/login"));
    let request = request
        .header("content-type", "application/json")
        .body("x".repeat(2_000));
    assert_eq!(request.send().await.unwrap().status(), 413);
}

#[tokio::test]
async fn what_is_no_http_ends_its_connection_only() {
    let door = Door::open(|_| {});
    let said = whole_answer(&door, "\u{16}\u{3}\u{1} what is this\r\n\r\n").await;
    assert!(
        said.is_empty() || said.starts_with("HTTP/1.1 400"),
        "{said}"
    );
    assert_eq!(door.get("/version").await.status(), 200);
}

#[tokio::test]
async fn idle_connections_do_not_hold_up_the_end() {
    let door = Door::open(|_| {});
    assert_eq!(door.get("/version").await.status(), 200);
    let idle = TcpStream::connect(door.address).await.unwrap();
    let ended = door.ctx.shut_down(Duration::from_secs(5)).await;
    assert!(ended, "everything ended within its grace");
    drop(idle);
    assert!(
        TcpStream::connect(door.address).await.is_err(),
        "nobody listens any more"
    );
}
