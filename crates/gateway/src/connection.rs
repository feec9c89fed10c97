//! One connection: after a shed request it is not read before the time that `Retry-After` named, so
//! that refusing impatient callers takes nothing from the others (backpressure).

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

use crate::{client::is_within, refusal::Refusal};

/// However late the caller was told to come back.
const PAUSE_MAX: Duration = Duration::from_secs(2);

#[derive(Debug)]
pub(crate) struct Connection {
    peer: SocketAddr,
    /// A proxy's connection carries many callers, who do not answer for each other.
    is_proxy: bool,
    /// When the next request is read.
    next: Mutex<Option<Instant>>,
    /// One timer for all requests of the connection, which come one after the other: a timer for
    /// each costs more than its checks. It may be set for an earlier request's deadline.
    timer: Mutex<Option<Pin<Box<Sleep>>>>,
}

impl Connection {
    pub(crate) fn new(peer: SocketAddr, proxies: &[IpNet]) -> Self {
        Self {
            peer,
            is_proxy: is_within(proxies, peer.ip().to_canonical()),
            next: Mutex::default(),
            timer: Mutex::default(),
        }
    }

    pub(crate) const fn is_proxy(&self) -> bool {
        self.is_proxy
    }

    pub(crate) const fn peer(&self) -> SocketAddr {
        self.peer
    }

    /// Waits as long as a caller that was shed had been told to.
    pub(crate) async fn back_off(&self) {
        let next = self.next().take();
        if let Some(next) = next {
            sleep_until(next.into()).await;
        }
    }

    pub(crate) fn shed(&self, refusal: &Refusal) {
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
            Poll::Pending => self.expired(deadline, cx).map(|()| None),
        })
        .await
    }

    fn expired(&self, deadline: Instant, cx: &mut Context<'_>) -> Poll<()> {
        let deadline = deadline.into();
        let mut timer = lock(&self.timer);
        let timer = timer.get_or_insert_with(|| Box::pin(sleep_until(deadline)));
        if timer.deadline() > deadline {
            timer.as_mut().reset(deadline);
        }
        while timer.as_mut().poll(cx).is_ready() {
            if timer.deadline() >= deadline {
                return Poll::Ready(());
            }
            // It was set for an earlier request.
            timer.as_mut().reset(deadline);
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

    async fn waited(connection: &Connection) -> Duration {
        let start = tokio::time::Instant::now();
        connection.back_off().await;
        start.elapsed()
    }

    #[tokio::test]
    async fn a_shed_caller_backs_off_once_and_a_proxy_never() {
        let address: SocketAddr = "203.0.113.9:1000".parse().unwrap();
        let (never, second) = (Refusal::from(Reason::SoldOut), Reason::Unavailable.into());
        let moment = Duration::from_millis(500);
        let connection = Connection::new(address, &[]);
        connection.shed(&never);
        assert!(waited(&connection).await < moment);
        connection.shed(&second);
        assert!(waited(&connection).await > moment);
        assert!(waited(&connection).await < moment);
        let proxy = Connection::new(address, &["203.0.113.0/24".parse().unwrap()]);
        proxy.shed(&second);
        assert!(waited(&proxy).await < moment, "it speaks for many");
    }

    #[tokio::test(start_paused = true)]
    async fn each_request_has_its_own_deadline_on_the_shared_timer() {
        let connection = Connection::new("203.0.113.9:1000".parse().unwrap(), &[]);
        let second = Duration::from_secs(1);
        for tenths in [0, 9, 3, 20, 5] {
            let start = tokio::time::Instant::now();
            let work = pin!(tokio::time::sleep(second * tenths / 10));
            let done = connection.by((start + second).into(), work).await;
            let expected = second.min(second * tenths / 10);
            assert_eq!(start.elapsed(), expected, "{tenths} tenths");
            assert_eq!(done.is_some(), tenths <= 10);
        }
        let (start, hour) = (tokio::time::Instant::now(), Duration::from_secs(3_600));
        for deadline in [hour, second] {
            let work = pin!(tokio::time::sleep(deadline / 2));
            connection.by((start + deadline).into(), work).await;
        }
        let work = pin!(tokio::time::sleep(hour));
        let now = tokio::time::Instant::now();
        let done = connection.by((now + second).into(), work).await;
        assert!(
            done.is_none() && now.elapsed() == second,
            "earlier than the timer was set for"
        );
    }
}
