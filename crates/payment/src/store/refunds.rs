use db::Tx;
use ids::{PaymentNo, RefundId, RefundNo};
use money::Money;

use super::{CorruptRow, Store};
use crate::{
    domain::{Refund, RefundState},
    error::Error,
};

macro_rules! select_refunds {
    ($tail:tt, $($arg:expr),+) => {
        sqlx::query_as!(
            RefundRow,
            "SELECT r.id, r.refund_no, p.payment_no, r.amount_fen, r.reason, r.state, r.request,
                    r.provider_id, r.created_at_ms, r.refunded_at_ms, r.tries
             FROM refunds r
             JOIN payments p ON p.id = r.payment_id " + $tail,
            $($arg),+
        )
    };
}

impl Store {
    /// Reserves the payment's money. The caller holds the payment's row and has seen it paid.
    pub(crate) async fn insert_refund(
        &self,
        tx: &mut Tx<'_>,
        refund: &Refund,
        key: &str,
    ) -> Result<(), Error> {
        sqlx::query!(
            "INSERT INTO refunds (id, refund_no, payment_id, request_key, amount_fen, reason, state,
                                  request, created_at_ms, refunded_at_ms, next_try_ms, tries)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            refund.no.id().get(),
            refund.no.to_string(),
            refund.payment_no.id().get(),
            key,
            refund.amount.fen(),
            refund.reason,
            refund.state.name(),
            refund.request,
            refund.created_at_ms,
            refunded_at_ms(&refund.state),
            next_try_ms(refund, refund.created_at_ms),
            refund.tries,
        )
        .execute(&mut **tx)
        .await?;
        Ok(())
    }

    pub(crate) async fn refund(&self, no: RefundNo) -> Result<Option<Refund>, Error> {
        let row = select_refunds!("WHERE r.id = ?", no.id().get())
            .fetch_optional(&self.pool)
            .await?;
        let refund = row.map(Refund::try_from).transpose()?;
        Ok(refund.filter(|refund| refund.no == no))
    }

    /// The caller holds the payment's row, which guards the refund too.
    pub(crate) async fn refund_in(
        &self,
        tx: &mut Tx<'_>,
        no: RefundNo,
    ) -> Result<Option<Refund>, Error> {
        let row = select_refunds!("WHERE r.id = ?", no.id().get())
            .fetch_optional(&mut **tx)
            .await?;
        let refund = row.map(Refund::try_from).transpose()?;
        Ok(refund.filter(|refund| refund.no == no))
    }

    /// A payment's newest refund.
    pub(crate) async fn refund_of(&self, payment: PaymentNo) -> Result<Option<Refund>, Error> {
        let row = select_refunds!(
            "WHERE r.payment_id = ? ORDER BY r.id DESC LIMIT 1",
            payment.id().get()
        )
        .fetch_optional(&self.pool)
        .await?;
        Ok(row.map(Refund::try_from).transpose()?)
    }

    pub(crate) async fn refund_of_in(
        &self,
        tx: &mut Tx<'_>,
        payment: PaymentNo,
    ) -> Result<Option<Refund>, Error> {
        let row = select_refunds!(
            "WHERE r.payment_id = ? ORDER BY r.id DESC LIMIT 1",
            payment.id().get()
        )
        .fetch_optional(&mut **tx)
        .await?;
        Ok(row.map(Refund::try_from).transpose()?)
    }

    /// The refund that was asked for under this key.
    pub(crate) async fn refund_by_key(
        &self,
        tx: &mut Tx<'_>,
        payment: PaymentNo,
        key: &str,
    ) -> Result<Option<Refund>, Error> {
        let row = select_refunds!(
            "WHERE r.payment_id = ? AND r.request_key = ?",
            payment.id().get(),
            key
        )
        .fetch_optional(&mut **tx)
        .await?;
        Ok(row.map(Refund::try_from).transpose()?)
    }

    /// Writes what `refund` became; it was in state `from` when this transaction read it.
    pub(crate) async fn move_refund(
        &self,
        tx: &mut Tx<'_>,
        from: &RefundState,
        refund: &Refund,
        now_ms: i64,
    ) -> Result<(), Error> {
        let updated = sqlx::query!(
            "UPDATE refunds
             SET state = ?, provider_id = ?, refunded_at_ms = ?, next_try_ms = ?, tries = ?
             WHERE id = ? AND state = ?",
            refund.state.name(),
            refund.provider_id,
            refunded_at_ms(&refund.state),
            next_try_ms(refund, now_ms),
            refund.tries,
            refund.no.id().get(),
            from.name(),
        )
        .execute(&mut **tx)
        .await?;
        db::affected(&updated, 1, "the refund's row")?;
        Ok(())
    }

    /// Takes up to `limit` refunds that are due to be sent or asked about; they come up again at
    /// `until_ms`.
    pub(crate) async fn claim_refunds(
        &self,
        sender: &str,
        until_ms: i64,
        now_ms: i64,
        limit: u32,
    ) -> Result<Vec<Refund>, Error> {
        let claimed = sqlx::query!(
            "UPDATE refunds
             SET sender = ?, next_try_ms = ?, tries = tries + 1
             WHERE next_try_ms <= ?
             ORDER BY next_try_ms
             LIMIT ?",
            sender,
            until_ms,
            now_ms,
            limit,
        )
        .execute(&self.pool)
        .await?;
        if claimed.rows_affected() == 0 {
            return Ok(Vec::new());
        }
        select_refunds!("WHERE r.next_try_ms = ? AND r.sender = ?", until_ms, sender)
            .fetch_all(&self.pool)
            .await?
            .into_iter()
            .map(|row| Ok(Refund::try_from(row)?))
            .collect()
    }

    /// When to try a refund again that has not moved. Nothing is written when somebody else has
    /// claimed it since.
    pub(crate) async fn postpone_refund(&self, refund: &Refund, at_ms: i64) -> Result<(), Error> {
        sqlx::query!(
            "UPDATE refunds
             SET next_try_ms = ?
             WHERE id = ? AND state = ? AND tries = ?",
            at_ms,
            refund.no.id().get(),
            refund.state.name(),
            refund.tries,
        )
        .execute(&self.pool)
        .await?;
        Ok(())
    }
}

fn refunded_at_ms(state: &RefundState) -> Option<i64> {
    match state {
        RefundState::Succeeded { at_ms } => Some(*at_ms),
        RefundState::Due | RefundState::Processing | RefundState::Abnormal => None,
    }
}

fn next_try_ms(refund: &Refund, now_ms: i64) -> Option<i64> {
    match refund.state {
        RefundState::Due => Some(now_ms),
        RefundState::Processing | RefundState::Abnormal => {
            Some(now_ms + crate::domain::refund_gap_ms(refund.tries))
        }
        RefundState::Succeeded { .. } => None,
    }
}

pub(super) struct RefundRow {
    pub(super) id: i64,
    pub(super) refund_no: String,
    pub(super) payment_no: String,
    pub(super) amount_fen: i64,
    pub(super) reason: String,
    pub(super) state: String,
    pub(super) request: Option<String>,
    pub(super) provider_id: Option<String>,
    pub(super) created_at_ms: i64,
    pub(super) refunded_at_ms: Option<i64>,
    pub(super) tries: i32,
}

impl TryFrom<RefundRow> for Refund {
    type Error = CorruptRow;

    fn try_from(row: RefundRow) -> Result<Self, CorruptRow> {
        let corrupt = |what, value: &str| CorruptRow {
            table: "refunds",
            id: row.id,
            what,
            value: value.to_owned(),
        };
        let no: RefundNo = row
            .refund_no
            .parse()
            .map_err(|_| corrupt("refund_no", &row.refund_no))?;
        if RefundId::try_from(row.id).ok() != Some(no.id()) {
            return Err(corrupt("refund_no", &row.refund_no));
        }
        let state = match (row.state.as_str(), row.refunded_at_ms) {
            ("due", _) => RefundState::Due,
            ("processing", _) => RefundState::Processing,
            ("succeeded", Some(at_ms)) => RefundState::Succeeded { at_ms },
            ("abnormal", _) => RefundState::Abnormal,
            _ => return Err(corrupt("state", &row.state)),
        };
        Ok(Self {
            no,
            payment_no: row
                .payment_no
                .parse()
                .map_err(|_| corrupt("payment_no", &row.payment_no))?,
            amount: Money::from_fen(row.amount_fen)
                .map_err(|_| corrupt("amount_fen", &row.amount_fen.to_string()))?,
            state,
            reason: row.reason,
            request: row.request,
            provider_id: row.provider_id,
            created_at_ms: row.created_at_ms,
            tries: row.tries,
        })
    }
}
