use db::Tx;
use ids::{PaymentNo, UserId};

use super::{
    Store,
    payment_row::{Flat, PaymentRow},
};
use crate::{
    domain::{CodeUrl, Payment, State},
    error::Error,
    purposes::Purpose,
};

/// A subject has one live payment and seldom a closed one before it.
macro_rules! select_payments {
    ($tail:tt, $($arg:expr),+) => {
        sqlx::query_as!(
            PaymentRow,
            r#"SELECT id, payment_no, purpose, subject, subject_id, user_id, channel, amount_fen,
                      reserved_fen, refunded_fen, state, live, barred AS "barred: bool", open_request, code_url, code_url_at_ms,
                      transaction_id, created_at_ms, expires_at_ms, paid_at_ms, closed_at_ms, checks
               FROM payments "# + $tail,
            $($arg),+
        )
    };
}

/// An answer of the provider for the one who holds the right to ask.
#[derive(Debug)]
pub(crate) struct NewCodeUrl<'a> {
    pub code_url: &'a CodeUrl,
    pub opener: &'a str,
}

impl Store {
    /// Whether it was written: not when its subject has a live payment already.
    pub(crate) async fn insert_payment(
        &self,
        tx: &mut Tx<'_>,
        payment: &Payment,
        opener: Option<(&str, i64)>,
    ) -> Result<bool, Error> {
        let flat = Flat::of(payment);
        let (opener, opening_until_ms) = opener.unzip();
        let inserted = sqlx::query!(
            "INSERT INTO payments (id, payment_no, purpose, subject, subject_id, user_id, channel,
                                   amount_fen, reserved_fen, refunded_fen, state, live, barred,
                                   open_request, opener,
                                   opening_until_ms, transaction_id, created_at_ms, expires_at_ms,
                                   paid_at_ms, closed_at_ms, check_at_ms, checks)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            payment.no.id().get(),
            payment.no.to_string(),
            payment.purpose.name(),
            payment.subject.name,
            payment.subject.id,
            payment.user.map_or(0, UserId::get),
            payment.channel.name(),
            payment.amount.fen(),
            payment.reserved.fen(),
            payment.refunded.fen(),
            payment.state.name(),
            flat.live,
            payment.barred,
            payment.open_request,
            opener,
            opening_until_ms.unwrap_or(0),
            flat.transaction_id,
            payment.created_at_ms,
            payment.expires_at_ms,
            flat.paid_at_ms,
            flat.closed_at_ms,
            payment.next_check_ms(payment.created_at_ms),
            payment.checks,
        )
        .execute(&mut **tx)
        .await;
        match inserted {
            Ok(_) => Ok(true),
            Err(error) if db::hit_unique_key(&error, "live_subject") => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    pub(crate) async fn payment(&self, no: PaymentNo) -> Result<Option<Payment>, Error> {
        let row = select_payments!("WHERE id = ?", no.id().get())
            .fetch_optional(&self.pool)
            .await?;
        named(row, no)
    }

    pub(crate) async fn lock_payment(
        &self,
        tx: &mut Tx<'_>,
        no: PaymentNo,
    ) -> Result<Option<Payment>, Error> {
        let row = select_payments!("WHERE id = ? FOR UPDATE", no.id().get())
            .fetch_optional(&mut **tx)
            .await?;
        named(row, no)
    }

    /// A subject's payments, newest first.
    pub(crate) async fn payments_of(
        &self,
        purpose: Purpose,
        subject: &str,
    ) -> Result<Vec<Payment>, Error> {
        select_payments!(
            "WHERE purpose = ? AND subject = ? ORDER BY id DESC LIMIT 100",
            purpose.name(),
            subject
        )
        .fetch_all(&self.pool)
        .await?
        .into_iter()
        .map(|row| Ok(Payment::try_from(row)?))
        .collect()
    }

    /// As [`payments_of`](Self::payments_of), and nobody else moves them until the transaction
    /// ends.
    pub(crate) async fn lock_payments_of(
        &self,
        tx: &mut Tx<'_>,
        purpose: Purpose,
        subject: &str,
    ) -> Result<Vec<Payment>, Error> {
        select_payments!(
            "WHERE purpose = ? AND subject = ? ORDER BY id DESC LIMIT 100 FOR UPDATE",
            purpose.name(),
            subject
        )
        .fetch_all(&mut **tx)
        .await?
        .into_iter()
        .map(|row| Ok(Payment::try_from(row)?))
        .collect()
    }

    /// Writes what `payment` became; it was in state `from` when this transaction locked it.
    /// `false`, and nothing is written, when its transaction id belongs to another payment.
    pub(crate) async fn move_payment(
        &self,
        tx: &mut Tx<'_>,
        from: &State,
        payment: &Payment,
        now_ms: i64,
    ) -> Result<bool, Error> {
        let flat = Flat::of(payment);
        let updated = sqlx::query!(
            "UPDATE payments
             SET state = ?, live = ?, barred = ?, code_url = ?, code_url_at_ms = ?,
                 transaction_id = ?, paid_at_ms = ?, closed_at_ms = ?, check_at_ms = ?, checks = ?,
                 reserved_fen = ?, refunded_fen = ?
             WHERE id = ? AND state = ?",
            payment.state.name(),
            flat.live,
            payment.barred,
            flat.code_url,
            flat.code_url_at_ms,
            flat.transaction_id,
            flat.paid_at_ms,
            flat.closed_at_ms,
            payment.next_check_ms(now_ms),
            payment.checks,
            payment.reserved.fen(),
            payment.refunded.fen(),
            payment.no.id().get(),
            from.name(),
        )
        .execute(&mut **tx)
        .await;
        match updated {
            Ok(updated) => {
                db::affected(&updated, 1, "the payment's row")?;
                Ok(true)
            }
            Err(error) if db::hit_unique_key(&error, "transaction_id") => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Takes the right to open the payment at the provider: one caller at a time, until `until_ms`,
    /// and none whose `payment` has been opened since it was read: another answer would void the
    /// last one.
    pub(crate) async fn claim_opening(
        &self,
        payment: &Payment,
        opener: &str,
        until_ms: i64,
        now_ms: i64,
    ) -> Result<bool, Error> {
        let updated = sqlx::query!(
            "UPDATE payments
             SET opener = ?, opening_until_ms = ?
             WHERE id = ? AND state = ? AND code_url_at_ms <=> ? AND opening_until_ms <= ?",
            opener,
            until_ms,
            payment.no.id().get(),
            payment.state.name(),
            payment.state.code_url().map(|code_url| code_url.at_ms),
            now_ms,
        )
        .execute(&self.pool)
        .await?;
        Ok(updated.rows_affected() == 1)
    }

    pub(crate) async fn release_opening(&self, no: PaymentNo, opener: &str) -> Result<(), Error> {
        sqlx::query!(
            "UPDATE payments
             SET opening_until_ms = 0
             WHERE id = ? AND opener = ?",
            no.id().get(),
            opener,
        )
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Whether somebody is asking the provider to open it right now.
    pub(crate) async fn is_being_opened(&self, no: PaymentNo, now_ms: i64) -> Result<bool, Error> {
        let until_ms = sqlx::query_scalar!(
            "SELECT opening_until_ms
             FROM payments
             WHERE id = ?",
            no.id().get(),
        )
        .fetch_one(&self.pool)
        .await?;
        Ok(until_ms > now_ms)
    }

    /// Keeps the provider's answer, and gives the right to ask back. Not written when the payment
    /// moved on, or when the right went to somebody else, whose answer makes this one void.
    pub(crate) async fn save_code_url(
        &self,
        payment: &Payment,
        new: NewCodeUrl<'_>,
        next_check_ms: i64,
    ) -> Result<bool, Error> {
        let updated = sqlx::query!(
            "UPDATE payments
             SET state = 'pending', code_url = ?, code_url_at_ms = ?, opening_until_ms = 0,
                 check_at_ms = ?, checks = 0
             WHERE id = ? AND state IN ('opening', 'pending') AND opener = ?",
            new.code_url.text,
            new.code_url.at_ms,
            next_check_ms,
            payment.no.id().get(),
            new.opener,
        )
        .execute(&self.pool)
        .await?;
        Ok(updated.rows_affected() == 1)
    }

    /// Takes up to `limit` payments that are due to be asked about; they come up again at
    /// `until_ms`.
    pub(crate) async fn claim_checks(
        &self,
        checker: &str,
        until_ms: i64,
        now_ms: i64,
        limit: u32,
    ) -> Result<Vec<Payment>, Error> {
        let claimed = sqlx::query!(
            "UPDATE payments
             SET checker = ?, check_at_ms = ?, checks = checks + 1
             WHERE check_at_ms <= ?
             ORDER BY check_at_ms
             LIMIT ?",
            checker,
            until_ms,
            now_ms,
            limit,
        )
        .execute(&self.pool)
        .await?;
        if claimed.rows_affected() == 0 {
            return Ok(Vec::new());
        }
        select_payments!("WHERE check_at_ms = ? AND checker = ?", until_ms, checker)
            .fetch_all(&self.pool)
            .await?
            .into_iter()
            .map(|row| Ok(Payment::try_from(row)?))
            .collect()
    }

    /// When to ask about a payment again that has not moved; none: never. Nothing is written when
    /// somebody else has claimed it since.
    pub(crate) async fn postpone_check(
        &self,
        payment: &Payment,
        at_ms: Option<i64>,
    ) -> Result<(), Error> {
        sqlx::query!(
            "UPDATE payments
             SET check_at_ms = ?
             WHERE id = ? AND state = ? AND checks = ?",
            at_ms,
            payment.no.id().get(),
            payment.state.name(),
            payment.checks,
        )
        .execute(&self.pool)
        .await?;
        Ok(())
    }
}

fn named(row: Option<PaymentRow>, no: PaymentNo) -> Result<Option<Payment>, Error> {
    let payment = row.map(Payment::try_from).transpose()?;
    // The same id under another date is somebody's invention.
    Ok(payment.filter(|payment| payment.no == no))
}
