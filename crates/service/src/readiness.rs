use std::{
    collections::BTreeMap,
    future::Future,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use futures_util::future::{BoxFuture, join_all};

type Check = Arc<dyn Fn() -> BoxFuture<'static, Result<(), String>> + Send + Sync>;

/// A check that takes longer has failed.
const CHECK_LIMIT: Duration = Duration::from_secs(2);

/// Whether a process should be sent work: every named check passes, and it is not stopping.
#[derive(Clone, Default)]
pub struct Readiness {
    checks: Arc<Mutex<BTreeMap<&'static str, Check>>>,
    starting: Arc<AtomicBool>,
    stopping: Arc<AtomicBool>,
}

impl Readiness {
    /// Adds a check; its error is one sentence that an operator reads.
    pub fn add<F, R>(&self, name: &'static str, check: F)
    where
        F: Fn() -> R + Send + Sync + 'static,
        R: Future<Output = Result<(), String>> + Send + 'static,
    {
        self.lock()
            .insert(name, Arc::new(move || Box::pin(check())));
    }

    /// Not before everything has started.
    pub(crate) fn starting(&self, starting: bool) {
        self.starting.store(starting, Ordering::SeqCst);
    }

    pub(crate) fn stopping(&self) {
        self.stopping.store(true, Ordering::SeqCst);
    }

    /// Every check by name, with `None` for one that passed.
    pub async fn report(&self) -> BTreeMap<&'static str, Option<String>> {
        let checks: Vec<_> = self
            .lock()
            .iter()
            .map(|(name, check)| (*name, Arc::clone(check)))
            .collect();
        let results = checks.into_iter().map(|(name, check)| async move {
            let result = tokio::time::timeout(CHECK_LIMIT, check()).await;
            let problem = result
                .unwrap_or_else(|_| Err(format!("no answer in {CHECK_LIMIT:?}")))
                .err();
            (name, problem)
        });
        let mut report: BTreeMap<_, _> = join_all(results).await.into_iter().collect();
        let state = if self.stopping.load(Ordering::SeqCst) {
            Some("stopping")
        } else {
            self.starting.load(Ordering::SeqCst).then_some("starting")
        };
        if let Some(state) = state {
            report.insert("running", Some(state.to_owned()));
        }
        report
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<&'static str, Check>> {
        self.checks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
