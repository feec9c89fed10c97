use std::time::Duration;

use blob::{Blob, Config};
use bytes::Bytes;
use reqwest::{Method, StatusCode};

use crate::support::Store;

const LIFE: Duration = Duration::from_secs(60);

fn browser() -> reqwest::Client {
    reqwest::Client::builder()
        .timeout(Duration::from_secs(10))
        .build()
        .unwrap()
}

#[tokio::test]
async fn a_link_downloads_under_its_name_and_cannot_be_bent() {
    let store = Store::start().await;
    let blob = store.blob().await;
    for key in ["mine", "theirs"] {
        blob.put(key, "text/plain", Bytes::from_static(b"hello"))
            .await
            .unwrap();
    }
    let link = blob.presign_get("mine", "对账.xlsx", LIFE).await.unwrap();
    let answer = browser()
        .get(&link)
        .header("Origin", "http://shop")
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    let headers = answer.headers();
    assert_eq!(
        headers["content-disposition"],
        "attachment; filename=\"__.xlsx\"; filename*=UTF-8''%E5%AF%B9%E8%B4%A6.xlsx"
    );
    assert_eq!(headers["access-control-allow-origin"], "*");
    assert_eq!(answer.text().await.unwrap(), "hello");

    let bent = link.replace("/mine", "/theirs");
    assert_eq!(
        browser().get(bent).send().await.unwrap().status(),
        StatusCode::FORBIDDEN
    );
    let bare = link.split('?').next().unwrap();
    assert_eq!(
        browser().get(bare).send().await.unwrap().status(),
        StatusCode::FORBIDDEN
    );
}

#[tokio::test]
async fn a_browser_may_ask_first() {
    let store = Store::start().await;
    let blob = store.blob().await;
    let link = blob.presign_get("mine", "a.txt", LIFE).await.unwrap();
    let answer = browser()
        .request(Method::OPTIONS, &link)
        .header("Origin", "http://shop")
        .header("Access-Control-Request-Method", "GET")
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), StatusCode::NO_CONTENT);
    assert_eq!(
        answer.headers()["access-control-allow-methods"],
        "GET, HEAD, PUT"
    );
}

#[tokio::test]
async fn a_link_names_the_public_address() {
    let store = Store::start().await;
    let public_endpoint = "https://files.example.com".to_owned();
    let blob = Blob::new(&Config {
        public_endpoint,
        ..store.config.clone()
    });
    let link = blob.presign_get("a b", "a.txt", LIFE).await.unwrap();
    assert!(
        link.starts_with("https://files.example.com/mall/test/a%20b?"),
        "{link}"
    );
    // S3 signs for seven days at most.
    let too_long = Duration::from_secs(8 * 24 * 3600);
    assert!(blob.presign_get("a", "a.txt", too_long).await.is_err());
}
