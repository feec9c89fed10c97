//! What the tables say about each other.

use super::Store;
use crate::error::Error;

type Differences = Vec<(String, String)>;

/// One kind of movement of a day, on one account; single users are summed up.
#[derive(Debug)]
pub(crate) struct ReportLine {
    pub kind: String,
    pub account: String,
    pub count: i64,
    pub sum_fen: i64,
}

impl Store {
    /// Payments and refunds.
    pub(crate) async fn count_all(&self) -> Result<(u64, u64), Error> {
        let row = sqlx::query!(
            r#"SELECT (SELECT COUNT(*) FROM payments) AS "payments!: i64",
                      (SELECT COUNT(*) FROM refunds) AS "refunds!: i64""#
        )
        .fetch_one(&self.pool)
        .await?;
        Ok((row.payments.unsigned_abs(), row.refunds.unsigned_abs()))
    }

    /// Payments whose money is not in the ledger, or not as much, or the other way round.
    pub(crate) async fn payment_differences(&self) -> Result<Differences, Error> {
        let rows = sqlx::query!(
            r#"SELECT p.payment_no AS "about!: String", 'is paid, and not in the ledger' AS "what!: String"
               FROM payments p
               LEFT JOIN journals j ON j.idempotency_key = CONCAT('paid/', p.payment_no)
               WHERE p.paid_at_ms IS NOT NULL AND j.id IS NULL
               UNION ALL
               SELECT p.payment_no, 'is in the ledger with another amount'
               FROM payments p
               JOIN journals j ON j.idempotency_key = CONCAT('paid/', p.payment_no)
               JOIN entries e ON e.journal_id = j.id AND e.amount_fen > 0
               WHERE e.amount_fen <> p.amount_fen
               UNION ALL
               SELECT j.about, 'is in the ledger, and not paid'
               FROM journals j
               LEFT JOIN payments p ON p.payment_no = j.about AND p.paid_at_ms IS NOT NULL
               WHERE j.kind IN ('payment', 'top_up') AND p.id IS NULL
               UNION ALL
               SELECT p.payment_no, 'has refunds of another sum than its row says'
               FROM payments p
               LEFT JOIN (SELECT payment_id, SUM(amount_fen) AS reserved_fen,
                                 SUM(IF(state = 'succeeded', amount_fen, 0)) AS refunded_fen
                          FROM refunds
                          GROUP BY payment_id) r ON r.payment_id = p.id
               WHERE COALESCE(r.reserved_fen, 0) <> p.reserved_fen
                  OR COALESCE(r.refunded_fen, 0) <> p.refunded_fen"#
        )
        .fetch_all(&self.pool)
        .await?;
        Ok(rows.into_iter().map(|row| (row.about, row.what)).collect())
    }

    /// Refunds that are not in the ledger as their rows say.
    pub(crate) async fn refund_differences(&self) -> Result<Differences, Error> {
        let rows = sqlx::query!(
            r#"SELECT r.refund_no AS "about!: String", 'is not in the ledger' AS "what!: String"
               FROM refunds r
               LEFT JOIN journals j ON j.idempotency_key = CONCAT('refund/', r.refund_no)
               WHERE j.id IS NULL
               UNION ALL
               SELECT r.refund_no, 'is back, and the ledger says on its way'
               FROM refunds r
               LEFT JOIN journals j ON j.idempotency_key = CONCAT('refunded/', r.refund_no)
               WHERE r.state = 'succeeded' AND r.request IS NOT NULL AND j.id IS NULL
               UNION ALL
               SELECT j.about, 'is in the ledger, and not there or not back'
               FROM journals j
               LEFT JOIN refunds r ON r.refund_no = j.about
                                  AND (j.kind = 'refund' OR r.state = 'succeeded')
               WHERE j.kind IN ('refund', 'refunded') AND r.id IS NULL
               UNION ALL
               SELECT r.refund_no, 'is in the ledger with another amount'
               FROM refunds r
               JOIN journals j ON j.about = r.refund_no AND j.kind IN ('refund', 'refunded')
               JOIN entries e ON e.journal_id = j.id AND e.amount_fen > 0
               WHERE e.amount_fen <> r.amount_fen"#
        )
        .fetch_all(&self.pool)
        .await?;
        Ok(rows.into_iter().map(|row| (row.about, row.what)).collect())
    }

    /// Users whose pending holds are not what their account of held money has.
    pub(crate) async fn hold_differences(&self) -> Result<Differences, Error> {
        let rows = sqlx::query!(
            r#"SELECT CONCAT('held:', s.user_id) AS "about!: String",
                      CONCAT('differs from its holds by ', CAST(SUM(s.fen) AS CHAR)) AS "what!: String"
               FROM (SELECT user_id, amount_fen AS fen FROM holds WHERE state = 'pending'
                     UNION ALL
                     SELECT owner, -balance_fen FROM accounts WHERE kind = 'held') s
               GROUP BY s.user_id
               HAVING SUM(s.fen) <> 0"#
        )
        .fetch_all(&self.pool)
        .await?;
        Ok(rows.into_iter().map(|row| (row.about, row.what)).collect())
    }

    pub(crate) async fn report_lines(
        &self,
        from_ms: i64,
        until_ms: i64,
    ) -> Result<Vec<ReportLine>, Error> {
        let rows = sqlx::query_as!(
            ReportLine,
            r#"SELECT j.kind,
                      CONCAT(a.kind, ':', IF(a.kind IN ('user', 'held', 'one_pass'), 0, a.owner))
                        AS "account!: String",
                      COUNT(*) AS "count!: i64",
                      CAST(SUM(e.amount_fen) AS SIGNED) AS "sum_fen!: i64"
               FROM journals j
               JOIN entries e ON e.journal_id = j.id
               JOIN accounts a ON a.id = e.account_id
               WHERE j.at_ms >= ? AND j.at_ms < ?
               GROUP BY 1, 2
               ORDER BY 1, 2"#,
            from_ms,
            until_ms,
        )
        .fetch_all(&self.pool)
        .await?;
        Ok(rows)
    }

    /// What users had with us at that moment.
    pub(crate) async fn wallets_until(&self, until_ms: i64) -> Result<i64, Error> {
        let sum = sqlx::query_scalar!(
            r#"SELECT CAST(COALESCE(SUM(e.amount_fen), 0) AS SIGNED) AS "sum!: i64"
               FROM accounts a
               JOIN entries e ON e.account_id = a.id
               JOIN journals j ON j.id = e.journal_id
               WHERE a.kind IN ('user', 'held') AND j.at_ms < ?"#,
            until_ms,
        )
        .fetch_one(&self.pool)
        .await?;
        Ok(sum)
    }
}
