use db::Tx;
use ids::UserId;
use money::Money;

use super::{CorruptRow, Store};
use crate::{
    domain::{Hold, HoldState},
    error::Error,
};

impl Store {
    pub(crate) async fn lock_hold(
        &self,
        tx: &mut Tx<'_>,
        user: UserId,
        key: &str,
    ) -> Result<Option<Hold>, Error> {
        let row = sqlx::query!(
            "SELECT hold_key, amount_fen, state, captured_fen, api_call, metadata, created_at_ms,
                    settled_at_ms
             FROM holds
             WHERE user_id = ? AND hold_key = ?
             FOR UPDATE",
            user.get(),
            key,
        )
        .fetch_optional(&mut **tx)
        .await?;
        let Some(row) = row else { return Ok(None) };
        let corrupt = |what, value: String| CorruptRow {
            table: "holds",
            id: user.get(),
            what,
            value,
        };
        let money =
            |fen: i64| Money::from_fen(fen).map_err(|_| corrupt("amount_fen", fen.to_string()));
        Ok(Some(Hold {
            amount: money(row.amount_fen)?,
            captured: money(row.captured_fen)?,
            state: HoldState::from_name(&row.state)
                .ok_or_else(|| corrupt("state", row.state.clone()))?,
            key: row.hold_key,
            api_call: row.api_call,
            metadata: row.metadata,
            created_at_ms: row.created_at_ms,
            settled_at_ms: row.settled_at_ms,
        }))
    }

    /// [`Error::KeyRace`]: somebody has just inserted it.
    pub(crate) async fn insert_hold(
        &self,
        tx: &mut Tx<'_>,
        user: UserId,
        hold: &Hold,
    ) -> Result<(), Error> {
        let inserted = sqlx::query!(
            "INSERT INTO holds (user_id, hold_key, amount_fen, state, captured_fen, api_call,
                                metadata, created_at_ms, settled_at_ms)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            user.get(),
            hold.key,
            hold.amount.fen(),
            hold.state.name(),
            hold.captured.fen(),
            hold.api_call,
            hold.metadata,
            hold.created_at_ms,
            hold.settled_at_ms,
        )
        .execute(&mut **tx)
        .await;
        match inserted {
            Ok(_) => Ok(()),
            Err(error) if db::hit_unique_key(&error, "PRIMARY") => Err(Error::KeyRace),
            Err(error) => Err(error.into()),
        }
    }

    /// The caller holds the row, and has seen it pending.
    pub(crate) async fn settle_hold(
        &self,
        tx: &mut Tx<'_>,
        user: UserId,
        hold: &Hold,
    ) -> Result<(), Error> {
        let updated = sqlx::query!(
            "UPDATE holds
             SET state = ?, captured_fen = ?, settled_at_ms = ?
             WHERE user_id = ? AND hold_key = ? AND state = 'pending'",
            hold.state.name(),
            hold.captured.fen(),
            hold.settled_at_ms,
            user.get(),
            hold.key,
        )
        .execute(&mut **tx)
        .await?;
        db::affected(&updated, 1, "the hold's row")?;
        Ok(())
    }
}
