//! Forms of files, as strangers send them.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::support::Door;

const SOON: Duration = Duration::from_secs(5);
const ORIGINAL: &str = "/compare/jobs";

/// Sends `text` as it is and answers the first line that comes back, without ever sending the rest.
async fn first_line(door: &Door, text: &str) -> String {
    let mut stream = TcpStream::connect(door.address).await.unwrap();
    stream.write_all(text.as_bytes()).await.unwrap();
    let mut answer = vec![0; 64];
    let read = tokio::time::timeout(SOON, stream.read(&mut answer)).await;
    // Not in time: it waits for a body that it will not take.
    let read = read.unwrap().unwrap();
    let answer = String::from_utf8_lossy(&answer[..read]).into_owned();
    answer.lines().next().unwrap_or_default().to_owned()
}

async fn posted(
    door: &Door,
    path: &str,
    kind: &str,
    body: impl Into<reqwest::Body>,
) -> (u16, String) {
    let request = door.http.post(door.url(path)).header("Content-Type", kind);
    let answer = request.body(body).send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

#[tokio::test]
async fn what_says_that_it_is_too_long_is_refused_before_it_is_read() {
    let door = Door::open(|_| {});
    for path in [ORIGINAL, "/api/compare/jobs"] {
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 999999999\r\n\
             Content-Type: multipart/form-data; boundary=cut\r\n\r\n--cut\r\n"
        );
        assert_eq!(
            first_line(&door, &head).await,
            "HTTP/1.1 413 Payload Too Large"
        );
    }
}

#[tokio::test]
async fn the_canonical_door_wants_a_login_first() {
    let door = Door::open(|_| {});
    let kind = "multipart/form-data; boundary=cut";
    let (status, body) = posted(&door, "/api/v1/compare/jobs", kind, "--cut--").await;
    assert_eq!(status, 401, "{body}");
}

#[tokio::test]
async fn what_is_no_form_is_a_bad_request() {
    let door = Door::open(|_| {});
    for kind in [
        "application/json",
        "multipart/form-data",
        "multipart/form-data; boundary=",
    ] {
        let (status, body) = posted(&door, ORIGINAL, kind, "{}").await;
        assert_eq!(status, 400, "{body}");
        let body: serde_json::Value = serde_json::from_str(&body).unwrap();
        assert_eq!(
            (&body["code"], &body["message"]),
            (&400.into(), &body["detail"])
        );
    }
}

#[tokio::test]
async fn without_the_compare_service_an_upload_is_told_to_come_back() {
    let door = Door::open(|_| {});
    let kind = "multipart/form-data; boundary=cut";
    let file =
        |n| format!("--cut\r\nContent-Disposition: form-data; name=\"file{n}\"\r\n\r\nx\r\n");
    let body = file(1) + &file(2) + "--cut--\r\n";
    let (status, body) = posted(&door, ORIGINAL, kind, body).await;
    assert_eq!(status, 503, "{body}");
}
