//! One connection: who is shed and told when to come back is not listened to before, so that saying
//! no to the impatient takes nothing from those who are served.

use std::{
    net::SocketAddr,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use ipnet::IpNet;

use crate::{enter::is_within, refusal::Refusal};

/// However late it was told to come.
const PAUSE_MAX: Duration = Duration::from_secs(2);

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

    pub(crate) fn was_shed(&self, refusal: &Refusal) {
        if let Some(seconds) = refusal.retry_after_s
            && !self.is_proxy
        {
            let pause = Duration::from_secs(seconds.into()).min(PAUSE_MAX);
            *self.next() = Some(Instant::now() + pause);
        }
    }

    fn next(&self) -> std::sync::MutexGuard<'_, Option<Instant>> {
        self.next.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use fault::Reason;

    use super::*;

    async fn waited(visitor: &Visitor) -> Duration {
        let start = tokio::time::Instant::now();
        visitor.waits().await;
        start.elapsed()
    }

    #[tokio::test]
    async fn only_who_was_told_to_come_back_waits_and_once() {
        let address: SocketAddr = "203.0.113.9:1000".parse().unwrap();
        let (never, second) = (Refusal::from(Reason::SoldOut), Reason::Unavailable.into());
        let moment = Duration::from_millis(500);
        let visitor = Visitor::new(address, &[]);
        visitor.was_shed(&never);
        assert!(waited(&visitor).await < moment);
        visitor.was_shed(&second);
        assert!(waited(&visitor).await > moment);
        assert!(waited(&visitor).await < moment);
        let proxy = Visitor::new(address, &["203.0.113.0/24".parse().unwrap()]);
        proxy.was_shed(&second);
        assert!(waited(&proxy).await < moment, "it speaks for many");
    }
}
