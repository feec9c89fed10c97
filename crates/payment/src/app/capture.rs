use db::Tx;
use ids::UserId;
use money::Money;

use super::{App, hold::call_text, wallet::moved};
use crate::{
    domain::{Hold, HoldState},
    error::Error,
    ledger::{Account, Journal},
};

/// Two calls under one new key meet at the unique key, once.
const TRIES_MAX: u32 = 3;

impl App {
    /// Charges a hold: `amount` of it, or all. What it holds beyond goes back, what is missing
    /// comes from the balance. Without a hold the balance is charged. The same key charges once,
    /// and answers with what it charged.
    pub(crate) async fn capture(
        &self,
        user: UserId,
        key: &str,
        amount: Option<Money>,
        api_call: &str,
    ) -> Result<Hold, Error> {
        if !Hold::is_key(key) {
            return Err(Error::Parameter("the key has 1 to 64 visible characters"));
        }
        let now_ms = self.clock.now_ms();
        let mut tries = 1;
        loop {
            let captured = db::transact!(self.store.pool(), "payment.capture", async |tx| {
                match self.store.lock_hold(tx, user, key).await? {
                    Some(hold) => self.capture_hold(tx, user, hold, amount, now_ms).await,
                    None => {
                        let amount = amount.ok_or_else(|| Error::HoldNotFound(key.to_owned()))?;
                        let call = (key, api_call);
                        self.charge(tx, user, call, amount, now_ms).await
                    }
                }
            })
            .await;
            match captured {
                Err(Error::KeyRace) if tries < TRIES_MAX => tries += 1,
                captured => return captured,
            }
        }
    }

    async fn capture_hold(
        &self,
        tx: &mut Tx<'_>,
        user: UserId,
        hold: Hold,
        amount: Option<Money>,
        now_ms: i64,
    ) -> Result<Hold, Error> {
        match hold.state {
            HoldState::Captured => return Ok(hold),
            HoldState::Released => return Err(Error::HoldSettled(hold.key)),
            HoldState::Pending => {}
        }
        let captured = amount.unwrap_or(hold.amount);
        let mut lines = vec![
            (Account::held(user), -hold.amount.fen()),
            (Account::billing(), captured.fen()),
        ];
        let back_fen = hold.amount.fen() - captured.fen();
        if back_fen != 0 {
            lines.push((Account::user(user), back_fen));
        }
        let settled = Hold {
            captured,
            state: HoldState::Captured,
            settled_at_ms: Some(now_ms),
            ..hold
        };
        self.store.settle_hold(tx, user, &settled).await?;
        let key = format!("capture/{user}/{}", settled.key);
        let journal = Journal::new("capture", key, settled.key.clone(), &lines)?
            .memo(&settled.api_call)
            .spread(user.get());
        moved(self.ledger.post(tx, &journal, now_ms).await?)?;
        Ok(settled)
    }

    async fn charge(
        &self,
        tx: &mut Tx<'_>,
        user: UserId,
        (key, api_call): (&str, &str),
        amount: Money,
        now_ms: i64,
    ) -> Result<Hold, Error> {
        let charged = Hold {
            key: key.to_owned(),
            amount,
            captured: amount,
            state: HoldState::Captured,
            api_call: call_text(api_call),
            metadata: String::new(),
            created_at_ms: now_ms,
            settled_at_ms: Some(now_ms),
        };
        self.store.insert_hold(tx, user, &charged).await?;
        let journal = Journal::between(
            "capture",
            format!("capture/{user}/{key}"),
            key,
            (Account::user(user), Account::billing()),
            amount.fen(),
        )?
        .memo(&charged.api_call)
        .spread(user.get());
        moved(self.ledger.post(tx, &journal, now_ms).await?)?;
        Ok(charged)
    }
}
