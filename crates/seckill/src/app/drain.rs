//! What a rebuild waits for before it fences: its own sale's reservations that have not landed. What
//! the fence cuts off is refused; safety does not need the wait.

use std::time::Duration;

use proto::order::{LiveUnitsRequest, Reserved};
use tokio::time::{Instant, sleep};

use super::App;
use crate::{Error, stock::Look};

/// Between two looks, or three times as long as a look took: buyers go first.
const LOOK_PERIOD: Duration = Duration::from_millis(50);
const REST: u32 = 3;
/// A sale of which nothing has landed for so long has nothing in the queue, or waits for a consumer
/// that is away.
const STALLED: Duration = Duration::from_secs(5);
/// Live units that one page brings.
const PAGE: u32 = 5_000;

/// How many units have landed, and since when.
struct Progress {
    landed: i64,
    since: Instant,
}

impl App {
    /// Returns when nothing of the sale is on its way to order, or after the courtesy time. Another
    /// sale's messages in the shared queue are not waited for.
    pub(super) async fn drain(&self, activity: i64, epoch: i64) -> Result<(), Error> {
        if epoch == 0 {
            return Ok(());
        }
        let until = Instant::now() + self.config.courtesy();
        let mut progress = Progress {
            landed: -1,
            since: Instant::now(),
        };
        while Instant::now() < until {
            let asked = Instant::now();
            if !self.is_landing(activity, &mut progress).await {
                return Ok(());
            }
            tokio::select! {
                () = sleep(LOOK_PERIOD.max(asked.elapsed() * REST)) => {}
                // The lease goes to another replica the sooner.
                () = self.stop.cancelled() => return Err(Error::Unexpected("the process stops")),
            }
        }
        Ok(())
    }

    async fn is_landing(&self, activity: i64, progress: &mut Progress) -> bool {
        // A Redis that does not answer has no hand-off list to wait for.
        let unsent = self.stock.unsent_counts(&[activity]).await;
        let unsent: u64 = unsent.unwrap_or_default().into_iter().flatten().sum();
        if unsent > 0 {
            return true;
        }
        let queue = <Reserved as mq::Message>::QUEUE;
        if self.broker.depth(queue).await.is_ok_and(|it| it.ready == 0) {
            return false;
        }
        let look = self.stock.look(activity).await.ok().flatten();
        let whole = look.filter(|look| !look.is_torn());
        if whole.is_none() && self.is_idle(activity) {
            return false;
        }
        // Without order no fence succeeds either.
        let Ok(landed) = self.landed(activity).await else {
            return true;
        };
        if whole.is_some_and(|look: Look| look.held <= landed) {
            return false;
        }
        if landed != progress.landed {
            *progress = Progress {
                landed,
                since: Instant::now(),
            };
        }
        progress.since.elapsed() < STALLED
    }

    /// Whether the sale is known to have sold nothing that could still wait to land.
    fn is_idle(&self, activity: i64) -> bool {
        let since_ms = self.now_ms().saturating_sub(self.config.courtesy_ms());
        let sale = self.sales.get(activity);
        sale.is_some_and(|sale| sale.is_quiet(since_ms))
    }

    /// Units that are live, or were until their release, which may not have reached Redis.
    async fn landed(&self, activity_id: i64) -> Result<i64, Error> {
        let (mut landed, mut after_unit) = (0, 0);
        loop {
            let asked = LiveUnitsRequest {
                activity_id,
                after_unit,
                limit: PAGE,
            };
            let page = self.order.clone().live_units(asked).await?.into_inner();
            landed += page.units.len() as i64 + page.releasing_order_ids.len() as i64;
            match page.units.last() {
                Some(last) if page.more => after_unit = last.unit_no,
                _ => return Ok(landed),
            }
        }
    }
}
