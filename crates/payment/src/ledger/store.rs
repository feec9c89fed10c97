//! Every statement of the ledger's tables.

mod read;
mod scan;

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, PoisonError},
};

use db::{Pool, Tx};
use sqlx::{MySql, QueryBuilder, Row as _};

use super::{Account, Journal, post::Locked};
use crate::error::Error;

type Row = (Account, i16);

/// Ids that are kept in memory; the accounts beyond are looked up each time.
const CACHED_MAX: usize = 100_000;
/// Rows of one statement, at most.
const PIECE_MAX: usize = 256;

#[derive(Debug, Clone)]
pub(crate) struct LedgerStore {
    pool: Pool,
    /// An account's id never changes.
    ids: Arc<Mutex<HashMap<Row, i64>>>,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct NewEntry {
    pub(super) account_id: i64,
    pub(super) seq: i64,
    pub(super) journal_id: i64,
    pub(super) amount_fen: i64,
    pub(super) balance_fen: i64,
}

impl LedgerStore {
    pub(crate) fn new(pool: Pool) -> Self {
        Self {
            pool,
            ids: Arc::default(),
        }
    }

    pub(crate) const fn pool(&self) -> &Pool {
        &self.pool
    }

    /// Locks the accounts in the order of their ids; opens those that are not there.
    pub(super) async fn lock_accounts(
        &self,
        tx: &mut Tx<'_>,
        rows: &[Row],
    ) -> Result<BTreeMap<Row, Locked>, Error> {
        let ids = self.account_ids(tx, rows).await?;
        let mut sorted: Vec<i64> = ids.values().copied().collect();
        sorted.sort_unstable();
        let mut found = HashMap::with_capacity(sorted.len());
        for piece in pieces(&sorted) {
            let mut query = QueryBuilder::new(
                "SELECT id, balance_fen, last_seq
                 FROM accounts FORCE INDEX (PRIMARY)
                 WHERE id IN ",
            );
            push_in(&mut query, piece);
            query.push(" ORDER BY id FOR UPDATE");
            for row in query.build().fetch_all(&mut **tx).await? {
                let locked = Locked {
                    id: row.try_get("id")?,
                    balance_fen: row.try_get("balance_fen")?,
                    last_seq: row.try_get("last_seq")?,
                };
                found.insert(locked.id, locked);
            }
        }
        ids.into_iter()
            .map(|(row, id)| match found.get(&id) {
                Some(locked) => Ok((row, *locked)),
                None => {
                    // The transaction that opened it was undone.
                    self.cache().remove(&row);
                    Err(Error::KeyRace)
                }
            })
            .collect()
    }

    async fn account_ids(
        &self,
        tx: &mut Tx<'_>,
        rows: &[Row],
    ) -> Result<BTreeMap<Row, i64>, Error> {
        let mut ids = BTreeMap::new();
        let mut missing = Vec::new();
        {
            let cache = self.cache();
            for row in rows {
                match cache.get(row) {
                    Some(id) => drop(ids.insert(*row, *id)),
                    None => missing.push(*row),
                }
            }
        }
        let found = find_accounts(tx, &missing).await?;
        {
            let mut cache = self.cache();
            for (row, id) in &found {
                if cache.len() < CACHED_MAX {
                    cache.insert(*row, *id);
                }
            }
        }
        missing.retain(|row| !found.contains_key(row));
        ids.extend(found);
        if !missing.is_empty() {
            // Not cached before another transaction finds them: this one may be undone.
            open_accounts(tx, &missing).await?;
            ids.extend(find_accounts(tx, &missing).await?);
        }
        Ok(ids)
    }

    fn cache(&self) -> std::sync::MutexGuard<'_, HashMap<Row, i64>> {
        self.ids.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is known under these keys.
    pub(super) async fn movements(
        &self,
        tx: &mut Tx<'_>,
        keys: &[&str],
    ) -> Result<HashMap<String, String>, Error> {
        let mut known = HashMap::new();
        for piece in pieces(keys) {
            let mut query = QueryBuilder::new(
                "SELECT idempotency_key, movement
                 FROM journals
                 WHERE idempotency_key IN ",
            );
            push_in(&mut query, piece);
            for row in query.build().fetch_all(&mut **tx).await? {
                known.insert(row.try_get("idempotency_key")?, row.try_get("movement")?);
            }
        }
        Ok(known)
    }

    /// Their ids, by key.
    pub(super) async fn insert_journals(
        &self,
        tx: &mut Tx<'_>,
        journals: &[&Journal],
        now_ms: i64,
    ) -> Result<HashMap<String, i64>, Error> {
        let mut ids = HashMap::with_capacity(journals.len());
        for piece in pieces(journals) {
            let mut query = QueryBuilder::new(
                "INSERT INTO journals (idempotency_key, kind, about, memo, movement, at_ms) ",
            );
            query.push_values(piece, |mut row, journal| {
                row.push_bind(journal.key())
                    .push_bind(journal.kind())
                    .push_bind(journal.about())
                    .push_bind(journal.memo_text())
                    .push_bind(journal.movement())
                    .push_bind(now_ms);
            });
            match query.build().execute(&mut **tx).await {
                Ok(_) => {}
                Err(error) if db::hit_unique_key(&error, "idempotency_key") => {
                    return Err(Error::KeyRace);
                }
                Err(error) => return Err(error.into()),
            }
            let keys: Vec<_> = piece.iter().map(|journal| journal.key()).collect();
            let mut query = QueryBuilder::new(
                "SELECT id, idempotency_key
                 FROM journals
                 WHERE idempotency_key IN ",
            );
            push_in(&mut query, &keys);
            for row in query.build().fetch_all(&mut **tx).await? {
                ids.insert(row.try_get("idempotency_key")?, row.try_get("id")?);
            }
        }
        Ok(ids)
    }

    pub(super) async fn insert_entries(
        &self,
        tx: &mut Tx<'_>,
        entries: &[NewEntry],
    ) -> Result<(), Error> {
        for piece in pieces(entries) {
            let mut query = QueryBuilder::new(
                "INSERT INTO entries (account_id, seq, journal_id, amount_fen, balance_fen) ",
            );
            query.push_values(piece, |mut row, entry| {
                row.push_bind(entry.account_id)
                    .push_bind(entry.seq)
                    .push_bind(entry.journal_id)
                    .push_bind(entry.amount_fen)
                    .push_bind(entry.balance_fen);
            });
            query.build().execute(&mut **tx).await?;
        }
        Ok(())
    }

    /// The caller holds the accounts.
    pub(super) async fn save_balances(
        &self,
        tx: &mut Tx<'_>,
        changed: &[(Row, Locked)],
    ) -> Result<(), Error> {
        for piece in pieces(changed) {
            let mut query = QueryBuilder::new(
                "INSERT INTO accounts (id, kind, owner, stripe, balance_fen, last_seq) ",
            );
            query.push_values(piece, |mut values, ((account, stripe), locked)| {
                values
                    .push_bind(locked.id)
                    .push_bind(account.kind.name())
                    .push_bind(account.owner)
                    .push_bind(*stripe)
                    .push_bind(locked.balance_fen)
                    .push_bind(locked.last_seq);
            });
            query.push(
                " ON DUPLICATE KEY UPDATE balance_fen = VALUES(balance_fen),
                                          last_seq = VALUES(last_seq)",
            );
            query.build().execute(&mut **tx).await?;
        }
        Ok(())
    }
}

async fn find_accounts(tx: &mut Tx<'_>, rows: &[Row]) -> Result<BTreeMap<Row, i64>, Error> {
    let mut found = BTreeMap::new();
    for piece in pieces(rows) {
        let mut query = QueryBuilder::new("SELECT id, kind, owner, stripe FROM accounts WHERE ");
        let mut any = query.separated(" OR ");
        for (account, stripe) in piece {
            any.push("(kind = ")
                .push_bind_unseparated(account.kind.name())
                .push_unseparated(" AND owner = ")
                .push_bind_unseparated(account.owner)
                .push_unseparated(" AND stripe = ")
                .push_bind_unseparated(*stripe)
                .push_unseparated(")");
        }
        for row in query.build().fetch_all(&mut **tx).await? {
            let account = read::account(row.try_get("kind")?, row.try_get("owner")?)?;
            found.insert((account, row.try_get("stripe")?), row.try_get("id")?);
        }
    }
    Ok(found)
}

/// Sorted, so that two transactions that open the same accounts do it in the same order.
async fn open_accounts(tx: &mut Tx<'_>, rows: &[Row]) -> Result<(), Error> {
    for piece in pieces(rows) {
        let mut query =
            QueryBuilder::new("INSERT INTO accounts (kind, owner, stripe, balance_fen, last_seq) ");
        query.push_values(piece, |mut values, (account, stripe)| {
            values
                .push_bind(account.kind.name())
                .push_bind(account.owner)
                .push_bind(*stripe)
                .push_bind(0_i64)
                .push_bind(0_i64);
        });
        query.push(" ON DUPLICATE KEY UPDATE balance_fen = balance_fen");
        query.build().execute(&mut **tx).await?;
    }
    Ok(())
}

/// In lengths that are powers of two, so that the engine prepares a few statements only.
fn pieces<T>(rows: &[T]) -> impl Iterator<Item = &[T]> {
    let mut rest = rows;
    std::iter::from_fn(move || {
        let len = match rest.len() {
            0 => return None,
            len if len >= PIECE_MAX => PIECE_MAX,
            len => 1 << len.ilog2(),
        };
        let (piece, tail) = rest.split_at(len);
        rest = tail;
        Some(piece)
    })
}

fn push_in<'a, T>(query: &mut QueryBuilder<MySql>, items: &[T])
where
    T: Copy + sqlx::Encode<'a, MySql> + sqlx::Type<MySql> + 'a,
{
    query.push("(");
    let mut list = query.separated(", ");
    for item in items {
        list.push_bind(*item);
    }
    query.push(")");
}
