use std::io;

use blob::{Blob, Config, Error};
use bytes::Bytes;
use futures_util::stream;

use crate::support::Store;

const MIB: usize = 1 << 20;

async fn read(blob: &Blob, key: &str) -> Bytes {
    blob.get(key)
        .await
        .unwrap()
        .body
        .collect(u64::MAX)
        .await
        .unwrap()
}

#[tokio::test]
async fn a_bucket_is_made_once_and_probed() {
    let store = Store::start().await;
    let blob = Blob::new(&store.config);
    assert_eq!(
        blob.probe().await.unwrap_err(),
        "the bucket mall does not exist"
    );
    let (first, second) = tokio::join!(blob.ensure_bucket(), blob.ensure_bucket());
    first.and(second).unwrap();
    blob.ensure_bucket().await.unwrap();
    blob.probe().await.unwrap();
}

#[tokio::test]
async fn an_object_comes_back_as_it_was_put() {
    let store = Store::start().await;
    let blob = store.blob().await;
    blob.put("a/b.txt", "text/plain", Bytes::from_static(b"hello"))
        .await
        .unwrap();
    let object = blob.get("a/b.txt").await.unwrap();
    assert_eq!(
        (object.bytes, object.content_type.as_deref()),
        (5, Some("text/plain"))
    );
    assert_eq!(object.body.collect(5).await.unwrap(), "hello");
    assert_eq!(blob.size("a/b.txt").await.unwrap(), Some(5));

    blob.delete("a/b.txt").await.unwrap();
    blob.delete("a/b.txt").await.unwrap();
    assert_eq!(blob.size("a/b.txt").await.unwrap(), None);
    assert!(matches!(
        blob.get("a/b.txt").await.unwrap_err(),
        Error::NotFound { .. }
    ));
}

#[tokio::test]
async fn a_stream_of_any_length_arrives_whole() {
    let store = Store::start().await;
    let blob = store.blob().await;
    for (n, bytes) in [0, 3, 8 * MIB - 1, 8 * MIB, 20 * MIB + 5]
        .into_iter()
        .enumerate()
    {
        let content = Bytes::from((0..bytes).map(|at| (at % 251) as u8).collect::<Vec<_>>());
        let pieces: Vec<_> = content
            .chunks(300_001)
            .map(|piece| Ok::<_, io::Error>(content.slice_ref(piece)))
            .collect();
        let key = format!("stream/{n}");
        let stored = blob
            .put_stream(
                &key,
                "application/octet-stream",
                u64::MAX,
                stream::iter(pieces),
            )
            .await
            .unwrap();
        assert_eq!(stored, bytes as u64);
        assert!(read(&blob, &key).await == content, "{bytes} bytes");
    }
}

#[tokio::test]
async fn what_breaks_off_or_is_too_long_is_not_stored() {
    let store = Store::start().await;
    let blob = store.blob().await;
    let piece = || Ok(Bytes::from(vec![7; MIB]));
    for pieces in [2, 12] {
        let broken = (0..pieces)
            .map(|_| piece())
            .chain([Err(io::Error::other("gone"))]);
        let error = blob
            .put_stream("broken", "text/plain", u64::MAX, stream::iter(broken))
            .await
            .unwrap_err();
        assert!(matches!(error, Error::Content { .. }), "{error:?}");
        let long = (0..pieces).map(|_| piece());
        let bytes_max = (pieces * MIB - 1) as u64;
        let error = blob
            .put_stream("long", "text/plain", bytes_max, stream::iter(long))
            .await
            .unwrap_err();
        assert!(matches!(error, Error::TooLarge { .. }), "{error:?}");
    }
    assert_eq!(blob.size("broken").await.unwrap(), None);
    assert_eq!(blob.size("long").await.unwrap(), None);
    blob.put("wide", "text/plain", Bytes::from_static(b"hello"))
        .await
        .unwrap();
    let error = blob
        .get("wide")
        .await
        .unwrap()
        .body
        .collect(4)
        .await
        .unwrap_err();
    assert!(matches!(error, Error::TooLarge { bytes_max: 4 }));
}

#[tokio::test]
async fn a_listing_shows_the_own_prefix_only() {
    let store = Store::start().await;
    let blob = store.blob().await;
    let other = Blob::new(&Config {
        prefix: "other/".to_owned(),
        ..store.config.clone()
    });
    for key in ["jobs/1/left", "jobs/1/right", "jobs/2/left"] {
        blob.put(key, "text/plain", Bytes::from_static(b"x"))
            .await
            .unwrap();
        other
            .put(key, "text/plain", Bytes::from_static(b"x"))
            .await
            .unwrap();
    }
    let page = blob.list("jobs/1/", None).await.unwrap();
    let keys: Vec<_> = page
        .entries
        .iter()
        .map(|entry| entry.key.as_str())
        .collect();
    assert_eq!(keys, ["jobs/1/left", "jobs/1/right"]);
    assert_eq!((page.entries[0].bytes, page.more), (1, None));
    assert!(page.entries[0].modified_ms > 1_700_000_000_000);
}

#[tokio::test]
async fn a_store_that_is_away_or_refuses_says_so() {
    let store = Store::start().await;
    let url = format!("http://127.0.0.1:{}", testkit::free_port());
    let away = Blob::new(&Config {
        url,
        ..store.config.clone()
    });
    assert!(away.probe().await.is_err());
    let stranger = Blob::new(&Config {
        secret_key: "wrong".into(),
        ..store.config.clone()
    });
    let error = stranger.get("a").await.unwrap_err();
    assert!(matches!(error, Error::Store { .. }), "{error:?}");
}

#[test]
fn settings_that_cannot_work_are_named() {
    let config = |url: &str, prefix: &str| Config {
        url: url.to_owned(),
        public_endpoint: String::new(),
        bucket: "mall".to_owned(),
        prefix: prefix.to_owned(),
        region: "us-east-1".to_owned(),
        access_key: "a".into(),
        secret_key: "b".into(),
        path_style: true,
    };
    config("https://s3.example.com", "mall/")
        .validate()
        .unwrap();
    assert!(
        config("s3.example.com", "")
            .validate()
            .unwrap_err()
            .contains("blob.url")
    );
    assert!(
        config("http://s3", "mall")
            .validate()
            .unwrap_err()
            .contains("blob.prefix")
    );
}
