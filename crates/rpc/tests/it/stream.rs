use std::time::Duration;

use futures_util::{StreamExt, stream};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Status, Streaming};

use crate::support::{SOON, Toy, chat, count, eventually, limits, say, serve, serve_within};

/// Says everything twice.
fn twice(lines: Streaming<String>) -> impl futures_util::Stream<Item = Result<String, Status>> {
    lines.map(|line| line.map(|line| line.repeat(2)))
}

#[tokio::test]
async fn a_stream_outlives_every_deadline() {
    let server = serve_within(Toy::echo().chat(twice), &limits(8, 100)).await;
    let (sender, receiver) = mpsc::channel(8);
    let mut answers = chat(&server.peer(100), ReceiverStream::new(receiver)).await;
    for _ in 0..3 {
        sender.send("ab".to_owned()).await.unwrap();
        assert_eq!(answers.message().await.unwrap().unwrap(), "abab");
        tokio::time::sleep(Duration::from_millis(150)).await;
    }
    let before = count("toy_chat_total", "ok");
    drop(sender);
    assert_eq!(answers.message().await.unwrap(), None);
    eventually(|| count("toy_chat_total", "ok") > before).await;
    assert!(server.drains_within(SOON).await);
}

#[tokio::test]
async fn a_stream_counts_against_the_limit_until_it_ends() {
    let server = serve_within(Toy::echo().chat(twice), &limits(1, 1_000)).await;
    let peer = server.peer(1_000);
    let (sender, receiver) = mpsc::channel::<String>(1);
    let answers = chat(&peer, ReceiverStream::new(receiver)).await;
    let refusal = say(&peer, "BesideChat", "").await.unwrap_err();
    assert_eq!(refusal.code(), Code::Unavailable);
    drop((sender, answers));
    let begun = tokio::time::Instant::now();
    while say(&peer, "BesideChat", "").await.is_err() {
        assert!(begun.elapsed() < SOON);
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn a_stream_that_panics_takes_nobody_with_it() {
    let server = serve(Toy::echo().chat(|lines| {
        lines.map(|line| {
            assert_ne!(line.as_ref().unwrap(), "panic", "as the test wants it");
            line
        })
    }))
    .await;
    let peer = server.peer(5_000);
    let (sender, receiver) = mpsc::channel(1);
    let mut answers = chat(&peer, ReceiverStream::new(receiver)).await;
    sender.send("fine".to_owned()).await.unwrap();
    assert_eq!(answers.message().await.unwrap().unwrap(), "fine");
    sender.send("panic".to_owned()).await.unwrap();
    assert_eq!(answers.message().await.unwrap_err().code(), Code::Internal);
    assert_eq!(say(&peer, "BesidePanic", "alive").await.unwrap(), "alive");
}

#[tokio::test]
async fn a_stream_that_fails_half_way_says_so() {
    let server = serve(Toy::echo().chat(|_| {
        stream::iter([
            Ok("one".to_owned()),
            Err(Status::data_loss("the rest is gone")),
        ])
    }))
    .await;
    let mut answers = chat(&server.peer(5_000), stream::empty()).await;
    assert_eq!(answers.message().await.unwrap().unwrap(), "one");
    assert_eq!(answers.message().await.unwrap_err().code(), Code::DataLoss);
    eventually(|| count("toy_chat_total", "DATA_LOSS") == 1).await;
}
