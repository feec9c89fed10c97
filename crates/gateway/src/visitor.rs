//! One connection: who is shed and told when to come back is not listened to before, so that saying
//! no to the impatient takes nothing from those who are served.

use std::{
    future::poll_fn,
    net::SocketAddr,
    pin::Pin,
    sync::{Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
    time::{Duration, Instant},
};

use ipnet::IpNet;
use tokio::time::{Sleep, sleep_until};

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
    /// Rings when a request took too long, or one before it would have: requests of a connection come one after
    /// the other, and a timer for each costs more than its checks.
    alarm: Mutex<Option<Pin<Box<Sleep>>>>,
}

impl Visitor {
    pub(crate) fn new(peer: SocketAddr, proxies: &[IpNet]) -> Self {
        Self {
            peer,
            is_proxy: is_within(proxies, peer.ip()),
            next: Mutex::default(),
            alarm: Mutex::default(),
        }
    }

    pub(crate) const fn peer(&self) -> SocketAddr {
        self.peer
    }

    pub(crate) async fn waits(&self) {
        let next = self.next().take();
        if let Some(next) = next {
            sleep_until(next.into()).await;
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

    /// `None`: not before `deadline`.
    pub(crate) async fn by<F: Future>(
        &self,
        deadline: Instant,
        work: Pin<&mut F>,
    ) -> Option<F::Output> {
        let mut work = work;
        poll_fn(|cx| match work.as_mut().poll(cx) {
            Poll::Ready(done) => Poll::Ready(Some(done)),
            Poll::Pending => self.rings(deadline, cx).map(|()| None),
        })
        .await
    }

    fn rings(&self, deadline: Instant, cx: &mut Context<'_>) -> Poll<()> {
        let mut alarm = lock(&self.alarm);
        let alarm = alarm.get_or_insert_with(|| Box::pin(sleep_until(deadline.into())));
        while alarm.as_mut().poll(cx).is_ready() {
            if alarm.deadline() >= deadline.into() {
                return Poll::Ready(());
            }
            // It was set for an earlier request.
            alarm.as_mut().reset(deadline.into());
        }
        Poll::Pending
    }

    fn next(&self) -> MutexGuard<'_, Option<Instant>> {
        lock(&self.next)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::pin::pin;

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

    #[tokio::test(start_paused = true)]
    async fn each_request_has_its_own_time_however_often_the_alarm_was_set() {
        let visitor = Visitor::new("203.0.113.9:1000".parse().unwrap(), &[]);
        let second = Duration::from_secs(1);
        for tenths in [0, 9, 3, 20] {
            let start = tokio::time::Instant::now();
            let work = pin!(tokio::time::sleep(second * tenths / 10));
            let done = visitor.by((start + second).into(), work).await;
            let expected = second.min(second * tenths / 10);
            assert_eq!(start.elapsed(), expected, "{tenths} tenths");
            assert_eq!(done.is_some(), tenths <= 10);
        }
    }
}
