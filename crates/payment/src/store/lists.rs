//! Pages for administrators, newest first.

use super::{Store, payment_row::PaymentRow, refunds::RefundRow};
use crate::{
    domain::{Payment, Refund},
    error::Error,
};

#[derive(Debug)]
pub(crate) struct PaymentFilter {
    /// Empty: any.
    pub state: &'static str,
    /// 0: anybody's.
    pub user: i64,
    /// A payment's number or what it pays for; empty: any.
    pub about: String,
    pub before: i64,
    pub limit: u32,
}

#[derive(Debug)]
pub(crate) struct RefundFilter {
    /// Empty: any.
    pub state: &'static str,
    /// 0: of any.
    pub payment: i64,
    pub before: i64,
    pub limit: u32,
}

impl Store {
    pub(crate) async fn list_payments(
        &self,
        filter: &PaymentFilter,
    ) -> Result<Vec<Payment>, Error> {
        sqlx::query_as!(
            PaymentRow,
            r#"SELECT id, payment_no, purpose, subject, subject_id, user_id, channel, amount_fen,
                      reserved_fen, refunded_fen, state, live, barred AS "barred: bool",
                      open_request, code_url, code_url_at_ms, transaction_id, created_at_ms,
                      expires_at_ms, paid_at_ms, closed_at_ms, checks
               FROM payments
               WHERE id < ? AND channel <> 'none' AND (? = '' OR state = ?)
                 AND (? = 0 OR user_id = ?) AND (? = '' OR payment_no = ? OR subject = ?)
               ORDER BY id DESC
               LIMIT ?"#,
            filter.before,
            filter.state,
            filter.state,
            filter.user,
            filter.user,
            filter.about,
            filter.about,
            filter.about,
            filter.limit,
        )
        .fetch_all(&self.pool)
        .await?
        .into_iter()
        .map(|row| Ok(Payment::try_from(row)?))
        .collect()
    }

    pub(crate) async fn list_refunds(&self, filter: &RefundFilter) -> Result<Vec<Refund>, Error> {
        sqlx::query_as!(
            RefundRow,
            "SELECT r.id, r.refund_no, p.payment_no, r.amount_fen, r.reason, r.state, r.request,
                    r.provider_id, r.created_at_ms, r.refunded_at_ms, r.tries
             FROM refunds r
             JOIN payments p ON p.id = r.payment_id
             WHERE r.id < ? AND (? = '' OR r.state = ?) AND (? = 0 OR r.payment_id = ?)
             ORDER BY r.id DESC
             LIMIT ?",
            filter.before,
            filter.state,
            filter.state,
            filter.payment,
            filter.payment,
            filter.limit,
        )
        .fetch_all(&self.pool)
        .await?
        .into_iter()
        .map(|row| Ok(Refund::try_from(row)?))
        .collect()
    }
}
