use ids::UserId;
use money::Money;

use super::{
    App,
    wallet::{key, moved},
};
use crate::{
    error::Error,
    ledger::{Account, Journal},
    metrics::transferred,
};

/// 10,000.00, as One-Pass has it.
const TRANSFER_FEN_MAX: i64 = 1_000_000;

impl App {
    /// From one user to another, once under the sender's key. `true`: it had been made before.
    pub(crate) async fn transfer(
        &self,
        from: UserId,
        to: UserId,
        amount: Money,
        memo: &str,
        request_key: &str,
    ) -> Result<bool, Error> {
        if from == to {
            return Err(Error::SameAccount);
        }
        if amount.fen() > TRANSFER_FEN_MAX {
            return Err(Error::AmountRange);
        }
        let journal = Journal::between(
            "transfer",
            format!("transfer/{from}/{}", key(request_key)?),
            format!("{from}-{to}"),
            (Account::user(from), Account::user(to)),
            amount.fen(),
        )?
        .memo(memo);
        let outcome = self.transfers.post(journal).await.and_then(moved);
        transferred(&outcome);
        outcome
    }
}
