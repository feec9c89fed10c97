//! Unpaid orders lapse, and payment is asked again about those that it owes an answer for.

use db::Tx;
use rand::Rng;
use tracing::{error, info, warn};

use super::{App, step};
use crate::{
    Error,
    domain::{Order, State},
    metrics::CLOSING_BACKLOG,
    store::{
        due::{self, Due},
        orders::{self, Change},
        sales,
    },
};

/// Claims per run: the next second goes on.
const ROUNDS_MAX: usize = 50;

impl App {
    /// Takes the next step of every order that is due. Returns how many were claimed.
    pub async fn sweep(&self) -> Result<usize, Error> {
        let mut swept = 0;
        for _ in 0..ROUNDS_MAX {
            let claimed = self.claim().await?;
            if claimed.is_empty() {
                break;
            }
            swept += claimed.len();
            self.close_claimed(&claimed).await?;
            self.wake.now();
            if claimed.len() < self.closing.batch as usize {
                break;
            }
        }
        CLOSING_BACKLOG.set(due::count(&self.pool, self.now_ms()).await?);
        if swept > 0 {
            info!(orders = swept, "due orders were swept");
        }
        Ok(swept)
    }

    async fn claim(&self) -> Result<Vec<Due>, Error> {
        let now_ms = self.now_ms();
        let lease_until_ms = now_ms.saturating_add_unsigned(self.closing.lease_ms);
        let owner = rand::rng().random_range(1..i64::MAX);
        due::claim(
            &self.pool,
            owner,
            now_ms,
            lease_until_ms,
            self.closing.batch,
        )
        .await
    }

    /// One order that cannot be closed must not keep its neighbours open.
    async fn close_claimed(&self, claimed: &[Due]) -> Result<(), Error> {
        match self.close_due(claimed).await {
            Err(error) if claimed.len() > 1 && !error.is_away() => {
                warn!(error = %fault::chain(&error), orders = claimed.len(),
                    "closing failed; the orders go one by one");
            }
            done => return done,
        }
        for due in claimed {
            if let Err(error) = self.close_due(std::slice::from_ref(due)).await {
                error!(order.id = due.id, error = %fault::chain(&error), "an order does not close");
            }
        }
        Ok(())
    }

    async fn close_due(&self, claimed: &[Due]) -> Result<(), Error> {
        let now_ms = self.now_ms();
        let at = step::At {
            now_ms,
            ask_at_ms: self.ask_at_ms(now_ms),
        };
        let ids: Vec<_> = claimed.iter().map(|due| due.id).collect();
        db::transact!(&self.pool, "order.close", async |tx: &mut Tx<'_>| {
            let activities = claimed
                .iter()
                .filter_map(|due| due.activity_id.try_into().ok());
            let locked = sales::lock_shared(tx, activities).await?;
            let orders = orders::lock_many(tx, &ids).await?;
            let changes: Vec<_> = orders
                .into_values()
                .filter_map(|order| due_step(order, now_ms))
                .collect();
            step::take(tx, &locked, &changes, at).await
        })
        .await
    }
}

/// What a due order does: pending, it lapses; closing, it asks again. Anything else moved on since it was claimed.
fn due_step(order: Order, now_ms: i64) -> Option<Change> {
    let next = match &order.state {
        closing @ State::Closing { .. } => closing.clone(),
        other => other.clone().lapse(now_ms).ok()?,
    };
    Some(Change { order, next })
}
