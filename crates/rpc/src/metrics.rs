//! One counter and one histogram per verb, named by the call's path.

use std::{
    collections::HashMap,
    sync::{Arc, LazyLock, PoisonError, RwLock},
    time::Duration,
};

use fault::Reason;
use http::{HeaderMap, Uri};
use prometheus::{
    Histogram, HistogramOpts, IntCounterVec, Opts, exponential_buckets, register_int_counter_vec,
};
use tokio::time::Instant;
use tonic::Code;

/// Verbs of all services of a process.
const VERBS_MAX: usize = 256;
const OK: &str = "ok";
const UNIMPLEMENTED: &str = "UNIMPLEMENTED";

static VERBS: LazyLock<RwLock<HashMap<String, Option<Arc<Verb>>>>> = LazyLock::new(RwLock::default);

#[expect(
    clippy::expect_used,
    reason = "the names are constants and registered once"
)]
static STRANGERS: LazyLock<IntCounterVec> = LazyLock::new(|| {
    register_int_counter_vec!(
        "rpc_strangers_total",
        "Calls that did not know the fleet's secret.",
        &["service"]
    )
    .expect("a metric that registers")
});

#[expect(
    clippy::expect_used,
    reason = "the names are constants and registered once"
)]
static PEERS: LazyLock<IntCounterVec> = LazyLock::new(|| {
    register_int_counter_vec!(
        "rpc_peer_trouble_total",
        "Calls to a peer that did not reach it (unreached), went out again (retried) or were not tried (rested).",
        &["peer", "trouble"]
    )
    .expect("a metric that registers")
});

pub(crate) fn count_stranger(service: &str) {
    STRANGERS.with_label_values(&[service]).inc();
}

#[derive(Clone, Copy)]
pub(crate) enum Trouble {
    Unreached,
    Retried,
    Rested,
}

pub(crate) fn count_trouble(peer: &str, trouble: Trouble) {
    let trouble = match trouble {
        Trouble::Unreached => "unreached",
        Trouble::Retried => "retried",
        Trouble::Rested => "rested",
    };
    PEERS.with_label_values(&[peer, trouble]).inc();
}

/// A call that is being answered. It counts once: as it ends, or as given up when it is dropped before.
pub(crate) struct Call {
    uri: Uri,
    start: Instant,
    deadline: Instant,
    /// Until the answer began; a stream's answer may go on for hours.
    took: Option<Duration>,
    ended: bool,
}

impl Call {
    pub(crate) fn new(uri: Uri, start: Instant, deadline: Instant) -> Self {
        Self {
            uri,
            start,
            deadline,
            took: None,
            ended: false,
        }
    }

    /// The answer begins.
    pub(crate) fn begin(&mut self) {
        self.took.get_or_insert_with(|| self.start.elapsed());
    }

    pub(crate) fn end(&mut self, outcome: &'static str) {
        self.begin();
        let first = !std::mem::replace(&mut self.ended, true);
        // A method that is not served would leave a metric of its caller's making.
        if first
            && outcome != UNIMPLEMENTED
            && let Some(verb) = of(self.uri.path())
        {
            verb.total.with_label_values(&[outcome]).inc();
            verb.seconds
                .observe(self.took.unwrap_or_default().as_secs_f64());
        }
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        let late = self.took.is_none() && Instant::now() >= self.deadline;
        self.end(if late {
            Reason::Timeout.name()
        } else {
            "CANCELLED"
        });
    }
}

/// A verb of a service: `seckill`, `reserve`.
struct Verb {
    total: IntCounterVec,
    seconds: Histogram,
}

/// `/mall.seckill.v1.Seckill/GetTicket` → `("seckill", "get_ticket")`
pub(crate) fn names(path: &str) -> Option<(&str, String)> {
    let (package, method) = path.strip_prefix("/mall.")?.split_once('/')?;
    let service = package.split('.').next()?;
    let mut verb = String::new();
    for (index, letter) in method.char_indices() {
        if letter.is_ascii_uppercase() && index > 0 {
            verb.push('_');
        }
        verb.push(letter.to_ascii_lowercase());
    }
    Some((service, verb))
}

fn of(path: &str) -> Option<Arc<Verb>> {
    let known = VERBS
        .read()
        .unwrap_or_else(PoisonError::into_inner)
        .get(path)
        .cloned();
    if let Some(verb) = known {
        return verb;
    }
    let mut verbs = VERBS.write().unwrap_or_else(PoisonError::into_inner);
    if verbs.len() >= VERBS_MAX {
        return None;
    }
    verbs
        .entry(path.to_owned())
        .or_insert_with(|| Verb::new(path))
        .clone()
}

impl Verb {
    fn new(path: &str) -> Option<Arc<Self>> {
        let (service, verb) = names(path)?;
        let result = Self::register(&format!("{service}_{verb}"));
        if let Err(error) = &result {
            tracing::warn!(rpc.path = path, %error, "this verb is not measured");
        }
        result.ok().map(Arc::new)
    }

    fn register(name: &str) -> prometheus::Result<Self> {
        let help = "Calls by how they were answered.";
        let total = IntCounterVec::new(Opts::new(format!("{name}_total"), help), &["outcome"])?;
        let help = "How long it takes until a call's answer begins.";
        // 0.5 ms to 8 s.
        let buckets = exponential_buckets(0.000_5, 2.0, 15)?;
        let seconds = HistogramOpts::new(format!("{name}_seconds"), help).buckets(buckets);
        let seconds = Histogram::with_opts(seconds)?;
        prometheus::register(Box::new(total.clone()))?;
        prometheus::register(Box::new(seconds.clone()))?;
        Ok(Self { total, seconds })
    }
}

/// How a call was answered whose answer begins, or ends, with these headers.
pub(crate) fn outcome(headers: &HeaderMap) -> &'static str {
    let number = |key: &str| headers.get(key)?.to_str().ok()?.parse::<u32>().ok();
    if let Some(reason) = number(crate::REASON).and_then(Reason::from_number) {
        return reason.name();
    }
    match headers.get("grpc-status") {
        Some(code) => name(Code::from_bytes(code.as_bytes())),
        None => OK,
    }
}

/// A status without a reason, as metrics write it.
pub(crate) const fn name(code: Code) -> &'static str {
    match code {
        Code::Ok => OK,
        Code::Cancelled => "CANCELLED",
        Code::Unknown => "UNKNOWN",
        Code::InvalidArgument => "INVALID_ARGUMENT",
        Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
        Code::NotFound => "NOT_FOUND",
        Code::AlreadyExists => "ALREADY_EXISTS",
        Code::PermissionDenied => "PERMISSION_DENIED",
        Code::ResourceExhausted => "RESOURCE_EXHAUSTED",
        Code::FailedPrecondition => "FAILED_PRECONDITION",
        Code::Aborted => "ABORTED",
        Code::OutOfRange => "OUT_OF_RANGE",
        Code::Unimplemented => UNIMPLEMENTED,
        Code::Internal => "INTERNAL",
        Code::Unavailable => "UNAVAILABLE",
        Code::DataLoss => "DATA_LOSS",
        Code::Unauthenticated => "UNAUTHENTICATED",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verb_is_named_by_its_path() {
        let named = names("/mall.seckill.v1.Seckill/GetTicket");
        assert_eq!(named, Some(("seckill", "get_ticket".to_owned())));
        assert_eq!(names("/grpc.health.v1.Health/Check"), None);
    }
}
