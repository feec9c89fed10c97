use db::Tx;
use ids::UserId;
use money::Money;

use super::{App, wallet::moved};
use crate::{
    domain::{Hold, HoldState},
    error::Error,
    ledger::{Account, Journal},
};

/// As wide as the column.
const API_CALL_CHARS_MAX: usize = 255;
const METADATA_MAX: usize = 16 * 1024;
/// Two calls under one new key meet at the unique key, once.
const TRIES_MAX: u32 = 3;

impl App {
    /// Sets money aside. The same key is the same hold, with its first amount.
    pub(crate) async fn hold(
        &self,
        user: UserId,
        key: &str,
        amount: Money,
        (api_call, metadata): (&str, &str),
    ) -> Result<Hold, Error> {
        if !Hold::is_key(key) {
            return Err(Error::Parameter("the key has 1 to 64 visible characters"));
        }
        if metadata.len() > METADATA_MAX {
            return Err(Error::Parameter("the metadata is longer than 16 KiB"));
        }
        let hold = Hold {
            key: key.to_owned(),
            amount,
            captured: Money::ZERO,
            state: HoldState::Pending,
            api_call: call_text(api_call),
            metadata: metadata.to_owned(),
            created_at_ms: self.clock.now_ms(),
            settled_at_ms: None,
        };
        let mut tries = 1;
        loop {
            let held = db::transact!(self.store.pool(), "payment.hold", async |tx| {
                self.take_hold(tx, user, &hold).await
            })
            .await;
            match held {
                Err(Error::KeyRace) if tries < TRIES_MAX => tries += 1,
                held => return held,
            }
        }
    }

    async fn take_hold(&self, tx: &mut Tx<'_>, user: UserId, hold: &Hold) -> Result<Hold, Error> {
        if let Some(known) = self.store.lock_hold(tx, user, &hold.key).await? {
            return Ok(known);
        }
        self.store.insert_hold(tx, user, hold).await?;
        let journal = Journal::between(
            "hold",
            format!("hold/{user}/{}", hold.key),
            hold.key.clone(),
            (Account::user(user), Account::held(user)),
            hold.amount.fen(),
        )?
        .memo(&hold.api_call);
        moved(self.ledger.post(tx, &journal, hold.created_at_ms).await?)?;
        Ok(hold.clone())
    }
}

pub(super) fn call_text(api_call: &str) -> String {
    api_call.chars().take(API_CALL_CHARS_MAX).collect()
}
