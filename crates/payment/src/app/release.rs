use ids::UserId;

use super::{App, wallet::moved};
use crate::{
    domain::{Hold, HoldState},
    error::Error,
    ledger::{Account, Journal},
};

impl App {
    /// Gives a hold back to its user, once.
    pub(crate) async fn release(&self, user: UserId, key: &str) -> Result<Hold, Error> {
        let now_ms = self.clock.now_ms();
        db::transact!(self.store.pool(), "payment.release", async |tx| {
            let hold = self.store.lock_hold(tx, user, key).await?;
            let hold = hold.ok_or_else(|| Error::HoldNotFound(key.to_owned()))?;
            match hold.state {
                HoldState::Released => return Ok(hold),
                HoldState::Captured => return Err(Error::HoldSettled(hold.key)),
                HoldState::Pending => {}
            }
            let settled = Hold {
                state: HoldState::Released,
                settled_at_ms: Some(now_ms),
                ..hold
            };
            self.store.settle_hold(tx, user, &settled).await?;
            let journal = Journal::between(
                "release",
                format!("release/{user}/{key}"),
                key,
                (Account::held(user), Account::user(user)),
                settled.amount.fen(),
            )?
            .memo(&settled.api_call);
            moved(self.ledger.post(tx, &journal, now_ms).await?)?;
            Ok::<_, Error>(settled)
        })
        .await
    }
}
