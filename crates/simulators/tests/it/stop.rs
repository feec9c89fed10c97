//! It ends when it is told to, whoever is still there.

use std::time::{Duration, Instant};

use clock::SystemClock;
use simulators::wechat::Wechat;
use tokio::{io::AsyncWriteExt, net::TcpStream, time::timeout};
use tokio_util::sync::CancellationToken;

use crate::support::folder;

#[tokio::test]
async fn an_idle_client_ends_at_once_and_a_stuck_one_after_a_while() {
    for (sent, at_most) in [
        ("", 4),
        ("POST /v3/pay HTTP/1.1\r\ncontent-length: 9\r\n\r\n1", 9),
    ] {
        let any = "127.0.0.1:0".parse().unwrap();
        let clock = SystemClock::shared();
        let wechat = Wechat::bind(any, &folder("stop"), clock, 1).await.unwrap();
        let address = wechat.address();
        let stop = CancellationToken::new();
        let running = tokio::spawn(wechat.run(stop.clone()));
        let mut client = TcpStream::connect(address).await.unwrap();
        client.write_all(sent.as_bytes()).await.unwrap();
        tokio::time::sleep(Duration::from_millis(100)).await;
        let told = Instant::now();
        stop.cancel();
        let ended = timeout(Duration::from_secs(at_most), running).await;
        ended.unwrap().unwrap().unwrap();
        assert!(sent.is_empty() || told.elapsed() > Duration::from_secs(4));
        assert!(TcpStream::connect(address).await.is_err());
    }
}
