use ids::UserId;

use super::LedgerStore;
use crate::{
    error::Error,
    ledger::{Account, Kind},
    store::CorruptRow,
};

/// What an account holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Balance {
    pub account: Account,
    pub balance_fen: i64,
}

/// One movement of an account.
#[derive(Debug)]
pub(crate) struct EntryRow {
    pub seq: i64,
    pub journal_id: i64,
    pub kind: String,
    pub about: String,
    pub memo: String,
    pub amount_fen: i64,
    pub balance_fen: i64,
    pub at_ms: i64,
}

#[derive(Debug)]
pub(crate) struct JournalRow {
    pub id: i64,
    pub idempotency_key: String,
    pub kind: String,
    pub about: String,
    pub memo: String,
    pub movement: String,
    pub at_ms: i64,
}

pub(super) fn account(kind: &str, owner: i64) -> Result<Account, CorruptRow> {
    let kind = Kind::from_name(kind).ok_or_else(|| CorruptRow {
        table: "accounts",
        id: owner,
        what: "kind",
        value: kind.to_owned(),
    })?;
    Ok(Account { kind, owner })
}

impl LedgerStore {
    /// 0 for one that was never touched.
    pub(crate) async fn balance(&self, account: Account) -> Result<i64, Error> {
        let sum = sqlx::query_scalar!(
            r#"SELECT CAST(COALESCE(SUM(balance_fen), 0) AS SIGNED) AS "sum!: i64"
               FROM accounts
               WHERE kind = ? AND owner = ?"#,
            account.kind.name(),
            account.owner,
        )
        .fetch_one(self.pool())
        .await?;
        Ok(sum)
    }

    /// A user's movements before `before_seq`, newest first.
    pub(crate) async fn entries(
        &self,
        user: UserId,
        before_seq: i64,
        limit: u32,
    ) -> Result<Vec<EntryRow>, Error> {
        let rows = sqlx::query_as!(
            EntryRow,
            "SELECT e.seq, e.journal_id, j.kind, j.about, j.memo, e.amount_fen, e.balance_fen,
                    j.at_ms
             FROM accounts a
             JOIN entries e ON e.account_id = a.id
             JOIN journals j ON j.id = e.journal_id
             WHERE a.kind = 'user' AND a.owner = ? AND a.stripe = 0 AND e.seq < ?
             ORDER BY e.seq DESC
             LIMIT ?",
            user.get(),
            before_seq,
            limit,
        )
        .fetch_all(self.pool())
        .await?;
        Ok(rows)
    }

    /// Journals with ids below `before`, newest first.
    pub(crate) async fn journals(
        &self,
        about: &str,
        before: i64,
        limit: u32,
    ) -> Result<Vec<JournalRow>, Error> {
        let rows = sqlx::query_as!(
            JournalRow,
            "SELECT id, idempotency_key, kind, about, memo, movement, at_ms
             FROM journals
             WHERE id < ? AND (? = '' OR about = ?)
             ORDER BY id DESC
             LIMIT ?",
            before,
            about,
            about,
            limit,
        )
        .fetch_all(self.pool())
        .await?;
        Ok(rows)
    }

    /// What all accounts of each kind and company hold; single users are summed up.
    pub(crate) async fn totals(&self) -> Result<Vec<Balance>, Error> {
        let rows = sqlx::query!(
            r#"SELECT kind, IF(kind IN ('user', 'held', 'one_pass'), 0, owner) AS "owner!: i64",
                      CAST(SUM(balance_fen) AS SIGNED) AS "sum!: i64"
               FROM accounts
               GROUP BY 1, 2
               ORDER BY 1, 2"#
        )
        .fetch_all(self.pool())
        .await?;
        rows.into_iter()
            .map(|row| {
                Ok(Balance {
                    account: account(&row.kind, row.owner)?,
                    balance_fen: row.sum,
                })
            })
            .collect()
    }
}
