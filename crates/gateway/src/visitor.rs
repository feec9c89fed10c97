//! One connection: who is told to come back later and asks again at once is kept waiting, so that
//! saying no to the impatient takes little from those who are served.

use std::{
    net::SocketAddr,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use axum::http::StatusCode;
use ipnet::IpNet;

use crate::enter::is_within;

/// From a 429 or 503 to the next request that is listened to. Polite clients wait a second.
const PAUSE: Duration = Duration::from_millis(100);

#[derive(Debug)]
pub(crate) struct Visitor {
    peer: SocketAddr,
    /// A proxy's connection carries many buyers, who do not answer for each other.
    is_proxy: bool,
    /// When the next request is listened to.
    next: Mutex<Option<Instant>>,
}

impl Visitor {
    pub(crate) fn new(peer: SocketAddr, proxies: &[IpNet]) -> Self {
        Self {
            peer,
            is_proxy: is_within(proxies, peer.ip()),
            next: Mutex::default(),
        }
    }

    pub(crate) const fn peer(&self) -> SocketAddr {
        self.peer
    }

    pub(crate) async fn waits(&self) {
        let next = self.next().take();
        if let Some(next) = next {
            tokio::time::sleep_until(next.into()).await;
        }
    }

    pub(crate) fn was_told(&self, status: StatusCode) {
        let later = [
            StatusCode::TOO_MANY_REQUESTS,
            StatusCode::SERVICE_UNAVAILABLE,
        ];
        if later.contains(&status) && !self.is_proxy {
            *self.next() = Some(Instant::now() + PAUSE);
        }
    }

    fn next(&self) -> std::sync::MutexGuard<'_, Option<Instant>> {
        self.next.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn waited(visitor: &Visitor) -> Duration {
        let start = tokio::time::Instant::now();
        visitor.waits().await;
        start.elapsed()
    }

    #[tokio::test]
    async fn only_who_was_told_to_come_back_waits_and_once() {
        let address: SocketAddr = "203.0.113.9:1000".parse().unwrap();
        let visitor = Visitor::new(address, &[]);
        visitor.was_told(StatusCode::CONFLICT);
        assert!(waited(&visitor).await < PAUSE / 2);
        visitor.was_told(StatusCode::SERVICE_UNAVAILABLE);
        assert!(waited(&visitor).await > PAUSE / 2);
        assert!(waited(&visitor).await < PAUSE / 2);
        let proxy = Visitor::new(address, &["203.0.113.0/24".parse().unwrap()]);
        proxy.was_told(StatusCode::SERVICE_UNAVAILABLE);
        assert!(waited(&proxy).await < PAUSE / 2, "it speaks for many");
    }
}
