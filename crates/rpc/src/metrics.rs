//! One counter and one histogram per verb, named by the call's path.

use std::{
    collections::HashMap,
    sync::{Arc, LazyLock, PoisonError, RwLock},
    time::Duration,
};

use prometheus::{Histogram, HistogramOpts, IntCounterVec, Opts};

use fault::Reason;

/// Verbs of all services of a process; a path that nobody serves makes none.
const VERBS_MAX: usize = 256;

static VERBS: LazyLock<RwLock<HashMap<String, Option<Arc<Verb>>>>> = LazyLock::new(RwLock::default);

/// A verb of a service: `seckill`, `reserve`.
pub(crate) struct Verb {
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

pub(crate) fn of(path: &str) -> Option<Arc<Verb>> {
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
        .or_insert_with(|| Verb::new(path).map(Arc::new))
        .clone()
}

impl Verb {
    fn new(path: &str) -> Option<Self> {
        let (service, verb) = names(path)?;
        let (help, name) = (
            "Calls by how they were answered.",
            format!("{service}_{verb}"),
        );
        let total =
            IntCounterVec::new(Opts::new(format!("{name}_total"), help), &["outcome"]).ok()?;
        let seconds = HistogramOpts::new(format!("{name}_seconds"), "How long a call takes.")
            .buckets(prometheus::exponential_buckets(0.000_5, 2.0, 15).ok()?);
        let seconds = Histogram::with_opts(seconds).ok()?;
        prometheus::register(Box::new(total.clone())).ok()?;
        prometheus::register(Box::new(seconds.clone())).ok()?;
        Some(Self { total, seconds })
    }

    pub(crate) fn observe(&self, took: Duration, outcome: &str) {
        self.total.with_label_values(&[outcome]).inc();
        self.seconds.observe(took.as_secs_f64());
    }
}

/// How a response that begins with these headers was answered.
pub(crate) fn outcome(headers: &http::HeaderMap) -> &'static str {
    let number = |key: &str| headers.get(key)?.to_str().ok()?.parse::<u32>().ok();
    if let Some(reason) = number(crate::REASON).and_then(Reason::from_number) {
        return reason.name();
    }
    match number("grpc-status") {
        None | Some(0) => "ok",
        Some(_) => "INTERNAL",
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
