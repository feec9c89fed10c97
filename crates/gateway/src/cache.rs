//! Public answers for a moment, in this process: what many ask at once is asked of a service once
//! (request coalescing), and their pages cost no gRPC call.

use std::{future::Future, marker::PhantomData, sync::Arc, time::Duration};

use fault::Reason;
use moka::future::Cache;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use crate::refusal::Refusal;

/// Keys are callers' queries: their number is bounded by what they hold together.
const BYTES_MAX: u64 = 32 * 1024 * 1024;

/// A `T` in JSON, without its envelope.
#[derive(Debug)]
pub(crate) struct Data<T>(Arc<RawValue>, PhantomData<fn() -> T>);

impl<T> Serialize for Data<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

pub(crate) struct PublicAnswers {
    answers: Cache<String, Arc<RawValue>>,
}

impl PublicAnswers {
    pub(crate) fn new(life: Duration) -> Self {
        let weigh = |key: &String, data: &Arc<RawValue>| {
            let bytes = key.len() + data.get().len() + 128;
            u32::try_from(bytes).unwrap_or(u32::MAX)
        };
        Self {
            answers: Cache::builder()
                .weigher(weigh)
                .max_capacity(BYTES_MAX)
                .time_to_live(life)
                .build(),
        }
    }

    /// The answer of `key`, or what `work` says now. A refusal is not kept. The work goes on when
    /// the caller that began it goes away: others wait for it.
    pub(crate) async fn get<T, W>(
        &self,
        key: String,
        work: impl FnOnce() -> W,
    ) -> Result<Data<T>, Refusal>
    where
        T: Serialize + Send + 'static,
        W: Future<Output = Result<T, Refusal>> + Send + 'static,
    {
        if let Some(data) = self.answers.get(&key).await {
            return Ok(Data(data, PhantomData));
        }
        // Boxed: the cache holds the future in several of its own states.
        let work = Box::pin(self.fresh(work()));
        let fresh = self
            .answers
            .try_get_with(key, async move { Ok(work.await?.0) });
        fresh
            .await
            .map(|data| Data(data, PhantomData))
            .map_err(|refusal: Arc<Refusal>| Refusal::clone(&refusal))
    }

    /// What `work` says now, for this caller alone. A task of its own does it, so that the caller
    /// may go away.
    pub(crate) async fn fresh<T: Serialize + Send + 'static>(
        &self,
        work: impl Future<Output = Result<T, Refusal>> + Send + 'static,
    ) -> Result<Data<T>, Refusal> {
        service::run_detached(async move {
            let data = serde_json::value::to_raw_value(&work.await?);
            data.map(|data| Data(data.into(), PhantomData))
                .map_err(|_| Refusal::from(Reason::Internal))
        })
        .await
    }

    pub(crate) async fn forget(&self, key: &str) {
        self.answers.invalidate(key).await;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures_util::future::join_all;

    use super::*;

    #[tokio::test]
    async fn many_who_ask_at_once_are_one_call_and_a_refusal_is_not_kept() {
        let answers = PublicAnswers::new(Duration::from_secs(60));
        let calls = Arc::new(AtomicUsize::new(0));
        let ask = |key: &str, fails: bool| {
            let (calls, key, answers) = (Arc::clone(&calls), key.to_owned(), &answers);
            answers.get(key, move || async move {
                calls.fetch_add(1, Ordering::SeqCst);
                tokio::time::sleep(Duration::from_millis(20)).await;
                if fails {
                    Err(Refusal::from(Reason::ProductNotFound))
                } else {
                    Ok(7)
                }
            })
        };
        let answered = join_all((0..100).map(|_| ask("a", false))).await;
        assert!(
            answered
                .iter()
                .all(|data| data.as_ref().unwrap().0.get() == "7")
        );
        assert_eq!(calls.load(Ordering::SeqCst), 1);
        assert!(ask("b", true).await.is_err());
        assert!(ask("b", false).await.is_ok());
        assert_eq!(calls.load(Ordering::SeqCst), 3);
    }
}
