use super::LedgerStore;
use crate::error::Error;

/// What an account's entries say, beside what is cached of them.
#[derive(Debug)]
pub(in crate::ledger) struct Chain {
    pub(in crate::ledger) account: String,
    pub(in crate::ledger) balance_fen: i64,
    pub(in crate::ledger) last_seq: i64,
    pub(in crate::ledger) entries: i64,
    pub(in crate::ledger) sum_fen: i64,
    pub(in crate::ledger) min_fen: i64,
    pub(in crate::ledger) max_seq: i64,
    /// Entries whose balance is not the one before plus their amount.
    pub(in crate::ledger) broken: i64,
}

/// What a journal's entries say.
#[derive(Debug)]
pub(in crate::ledger) struct Sums {
    pub(in crate::ledger) id: i64,
    pub(in crate::ledger) movement: String,
    pub(in crate::ledger) sum_fen: i64,
    /// As `movement` puts it, without its first word.
    pub(in crate::ledger) lines: String,
}

impl LedgerStore {
    /// Accounts after `after`, by id, with the last id.
    pub(in crate::ledger) async fn chains(
        &self,
        after: i64,
        limit: u32,
    ) -> Result<(Vec<Chain>, Option<i64>), Error> {
        let rows = sqlx::query!(
            r#"SELECT a.id, CONCAT(a.kind, ':', a.owner, '/', a.stripe) AS "account!: String",
                      a.balance_fen, a.last_seq,
                      CAST(COUNT(c.seq) AS SIGNED) AS "entries!: i64",
                      CAST(COALESCE(SUM(c.amount_fen), 0) AS SIGNED) AS "sum_fen!: i64",
                      CAST(COALESCE(MIN(c.balance_fen), 0) AS SIGNED) AS "min_fen!: i64",
                      CAST(COALESCE(MAX(c.seq), 0) AS SIGNED) AS "max_seq!: i64",
                      CAST(COALESCE(SUM(c.balance_fen - c.amount_fen
                                        <> COALESCE(p.balance_fen, 0)), 0) AS SIGNED)
                        AS "broken!: i64"
               FROM (SELECT * FROM accounts WHERE id > ? ORDER BY id LIMIT ?) a
               LEFT JOIN entries c ON c.account_id = a.id
               LEFT JOIN entries p ON p.account_id = c.account_id AND p.seq = c.seq - 1
               GROUP BY a.id, a.kind, a.owner, a.stripe, a.balance_fen, a.last_seq
               ORDER BY a.id"#,
            after,
            limit,
        )
        .fetch_all(self.pool())
        .await?;
        let last = rows.last().map(|row| row.id);
        let chains = rows
            .into_iter()
            .map(|row| Chain {
                account: row.account,
                balance_fen: row.balance_fen,
                last_seq: row.last_seq,
                entries: row.entries,
                sum_fen: row.sum_fen,
                min_fen: row.min_fen,
                max_seq: row.max_seq,
                broken: row.broken,
            })
            .collect();
        Ok((chains, last))
    }

    /// Journals after `after`, by id.
    pub(in crate::ledger) async fn sums(&self, after: i64, limit: u32) -> Result<Vec<Sums>, Error> {
        let rows = sqlx::query_as!(
            Sums,
            r#"SELECT j.id, j.movement,
                      CAST(COALESCE(SUM(e.amount_fen), 0) AS SIGNED) AS "sum_fen!: i64",
                      COALESCE(GROUP_CONCAT(CONCAT(a.kind, ':', a.owner,
                                                   IF(e.amount_fen < 0, '', '+'), e.amount_fen)
                                            SEPARATOR ' '), '') AS "lines!: String"
               FROM (SELECT id, movement FROM journals WHERE id > ? ORDER BY id LIMIT ?) j
               LEFT JOIN entries e ON e.journal_id = j.id
               LEFT JOIN accounts a ON a.id = e.account_id
               GROUP BY j.id, j.movement
               ORDER BY j.id"#,
            after,
            limit,
        )
        .fetch_all(self.pool())
        .await?;
        Ok(rows)
    }

    /// Entries of journals or accounts that are not there.
    pub(in crate::ledger) async fn orphans(&self) -> Result<i64, Error> {
        let orphans = sqlx::query_scalar!(
            r#"SELECT COUNT(*) AS "count!: i64"
               FROM entries e
               LEFT JOIN journals j ON j.id = e.journal_id
               LEFT JOIN accounts a ON a.id = e.account_id
               WHERE j.id IS NULL OR a.id IS NULL"#
        )
        .fetch_one(self.pool())
        .await?;
        Ok(orphans)
    }
}
