//! Everything the company knows.

use std::{
    collections::VecDeque,
    io,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use chrono::SecondsFormat;
use clock::SharedClock;
use rand::rng;
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use wechatpay::{Unsigned, header, nonce};

use super::{
    bounded::Bounded,
    faults::{Faults, Kind},
    keys::Keys,
    orders::Order,
    refunds::Refund,
};

/// A demo may run for days.
const JOURNAL_MAX: usize = 20_000;
const ORDERS_MAX: usize = 100_000;
const NONCES_MAX: usize = 100_000;
const NOTIFY_TIMEOUT: Duration = Duration::from_secs(5);

pub(super) struct World {
    pub(super) keys: Keys,
    pub(super) clock: SharedClock,
    pub(super) http: reqwest::Client,
    /// Ends what still wants to be notified.
    pub(super) stop: CancellationToken,
    /// Changes whenever a notification was accepted.
    pub(super) news: watch::Sender<()>,
    time_scale: u32,
    state: Mutex<State>,
}

pub(super) struct State {
    pub(super) orders: Bounded<Order>,
    /// What a code holds → its order's number; codes that became void stay.
    pub(super) codes: Bounded<String>,
    pub(super) refunds: Bounded<Refund>,
    /// Closed before they were opened: they never can be.
    pub(super) burnt: Bounded<()>,
    /// Of requests that were believed → until when (Unix seconds) none may come again.
    pub(super) nonces: Bounded<i64>,
    pub(super) faults: Faults,
    journal: VecDeque<Value>,
    next: u64,
}

impl World {
    pub(super) fn new(keys: Keys, clock: SharedClock, time_scale: u32) -> io::Result<Self> {
        let http = reqwest::Client::builder()
            .timeout(NOTIFY_TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .user_agent("Mozilla/4.0")
            .build()
            .map_err(io::Error::other)?;
        Ok(Self {
            keys,
            clock,
            http,
            stop: CancellationToken::new(),
            news: watch::Sender::new(()),
            time_scale,
            state: Mutex::new(State {
                orders: Bounded::new(ORDERS_MAX),
                codes: Bounded::new(ORDERS_MAX),
                refunds: Bounded::new(ORDERS_MAX),
                burnt: Bounded::new(ORDERS_MAX),
                nonces: Bounded::new(NONCES_MAX),
                faults: Faults::default(),
                journal: VecDeque::new(),
                next: 0,
            }),
        })
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One of the protocol's waits, on this world's clock.
    pub(super) fn wait(&self, seconds: u64) -> Duration {
        Duration::from_secs(seconds) / self.time_scale
    }

    /// `false`: the world ended meanwhile.
    pub(super) async fn pause(&self, time: Duration) -> bool {
        let sleep = tokio::time::sleep(time);
        self.stop.run_until_cancelled(sleep).await.is_some()
    }

    /// RFC 3339, as the company writes it.
    pub(super) fn now(&self) -> String {
        clock::in_shanghai(self.clock.now()).to_rfc3339_opts(SecondsFormat::Secs, false)
    }

    pub(super) fn now_s(&self) -> i64 {
        self.clock.now_ms() / 1_000
    }

    /// The headers that go with a body, or with a fault those that no merchant may believe.
    pub(super) fn sign(
        &self,
        body: &[u8],
        fault: Option<Kind>,
    ) -> Result<[(&'static str, String); 5], Unsigned> {
        // Well formed, and over something else.
        let signed = if fault == Some(Kind::BadSig) {
            &[body, b" "].concat()
        } else {
            body
        };
        let mut headers = self
            .keys
            .platform
            .sign(signed, self.now_s(), nonce(&mut rng()))?;
        if fault == Some(Kind::Signtest) {
            for (name, value) in &mut headers {
                if *name == header::SIGNATURE {
                    value.insert_str(0, "WECHATPAY/SIGNTEST/");
                }
            }
        }
        Ok(headers)
    }

    /// Writes down what happened to a number.
    pub(super) fn note(&self, out_trade_no: &str, kind: &str, facts: &Value) {
        let at = self.now();
        self.state().note(&at, out_trade_no, kind, facts);
    }
}

impl State {
    pub(super) fn note(&mut self, at: &str, out_trade_no: &str, kind: &str, facts: &Value) {
        if self.journal.len() == JOURNAL_MAX {
            self.journal.pop_front();
        }
        let entry = json!({"at": at, "out_trade_no": out_trade_no, "kind": kind, "facts": facts});
        self.journal.push_back(entry);
    }

    pub(super) fn journal(&self, out_trade_no: Option<&str>) -> Vec<Value> {
        let wanted = |event: &&Value| out_trade_no.is_none_or(|no| event["out_trade_no"] == no);
        self.journal.iter().filter(wanted).cloned().collect()
    }

    pub(super) fn next(&mut self) -> u64 {
        self.next += 1;
        self.next
    }
}
