//! The statements. They stand in every schema that has the tables, so nothing can check them at
//! compile time.

use mq::Outgoing;
use sqlx::{MySql, QueryBuilder, Row, mysql::MySqlRow};
use uuid::Uuid;

/// Messages that one claim takes, and ids that one statement names.
pub(crate) const CLAIM_MAX: usize = 256;

/// A message that this relay holds.
pub(crate) struct Claimed {
    pub(crate) id: i64,
    pub(crate) message: Outgoing,
}

/// How far behind the relays are.
pub(crate) struct Backlog {
    pub(crate) schema: String,
    pub(crate) unsent: i64,
    pub(crate) oldest_ms: Option<i64>,
}

pub(crate) async fn insert(
    tx: &mut db::Tx<'_>,
    messages: &[Outgoing],
    now_ms: i64,
) -> Result<(), sqlx::Error> {
    let mut rest = messages;
    while !rest.is_empty() {
        // Powers of two keep the number of distinct statements, which the server caches, small.
        let size = 1 << rest.len().min(CLAIM_MAX).ilog2();
        let (chunk, later) = rest.split_at(size);
        let mut insert = QueryBuilder::<MySql>::new(
            "INSERT INTO outbox \
             (message_id, queue, name, version, body, trace_parent, created_ms) ",
        );
        insert.push_values(chunk, |mut row, message| {
            row.push_bind(message.id.as_bytes().to_vec())
                .push_bind(&message.queue)
                .push_bind(&message.name)
                .push_bind(i32::from(message.version))
                .push_bind(&message.body[..])
                .push_bind(&message.trace_parent)
                .push_bind(now_ms);
        });
        insert.build().execute(&mut **tx).await?;
        rest = later;
    }
    Ok(())
}

/// Takes up to [`CLAIM_MAX`] of the oldest free messages behind `after`, until `lease_until_ms`.
/// `owner` must be new for each claim. The read takes no locks and the update names its rows, so neither waits for
/// a transaction that is inserting.
pub(crate) async fn claim(
    pool: &db::Pool,
    owner: i64,
    after: i64,
    now_ms: i64,
    lease_until_ms: i64,
) -> Result<Vec<Claimed>, sqlx::Error> {
    let mut free = sqlx::query(
        "SELECT id, message_id, queue, name, version, body, trace_parent, created_ms \
         FROM outbox WHERE id > ? AND lease_until_ms <= ? ORDER BY id LIMIT 256",
    )
    .bind(after)
    .bind(now_ms)
    .fetch_all(pool)
    .await?
    .iter()
    .map(claimed)
    .collect::<Result<Vec<_>, _>>()?;
    if free.is_empty() {
        return Ok(free);
    }
    let ids: Vec<_> = free.iter().map(|row| row.id).collect();
    let mut update = QueryBuilder::<MySql>::new("UPDATE outbox SET owner = ");
    update
        .push_bind(owner)
        .push(", lease_until_ms = ")
        .push_bind(lease_until_ms);
    update
        .push(" WHERE lease_until_ms <= ")
        .push_bind(now_ms)
        .push(" AND ");
    push_ids(&mut update, &ids);
    let taken = update.build().execute(pool).await?.rows_affected();
    if taken < ids.len() as u64 {
        // Another relay was faster with some.
        let mut select = QueryBuilder::<MySql>::new("SELECT id FROM outbox WHERE owner = ");
        select.push_bind(owner).push(" AND ");
        push_ids(&mut select, &ids);
        let mine: Vec<i64> = select.build_query_scalar().fetch_all(pool).await?;
        free.retain(|row| mine.contains(&row.id));
    }
    Ok(free)
}

/// Forgets messages that the broker has. One whose lease ran out meanwhile is left to its new
/// owner.
pub(crate) async fn delete(pool: &db::Pool, owner: i64, ids: &[i64]) -> Result<(), sqlx::Error> {
    if ids.is_empty() {
        return Ok(());
    }
    let mut delete = QueryBuilder::<MySql>::new("DELETE FROM outbox WHERE owner = ");
    delete.push_bind(owner).push(" AND ");
    push_ids(&mut delete, ids);
    delete.build().execute(pool).await?;
    Ok(())
}

/// Gives messages back that the broker did not take.
pub(crate) async fn release(pool: &db::Pool, owner: i64, ids: &[i64]) -> Result<(), sqlx::Error> {
    if ids.is_empty() {
        return Ok(());
    }
    let mut update =
        QueryBuilder::<MySql>::new("UPDATE outbox SET lease_until_ms = 0 WHERE owner = ");
    update.push_bind(owner).push(" AND ");
    push_ids(&mut update, ids);
    update.build().execute(pool).await?;
    Ok(())
}

pub(crate) async fn backlog(pool: &db::Pool) -> Result<Backlog, sqlx::Error> {
    let row = sqlx::query(
        "SELECT DATABASE() AS schema_name, COUNT(*) AS unsent, MIN(created_ms) AS oldest_ms \
         FROM outbox",
    )
    .fetch_one(pool)
    .await?;
    Ok(Backlog {
        schema: row.try_get("schema_name")?,
        unsent: row.try_get("unsent")?,
        oldest_ms: row.try_get("oldest_ms")?,
    })
}

/// Messages that the broker has not confirmed yet.
pub async fn pending(pool: &db::Pool) -> Result<i64, sqlx::Error> {
    Ok(backlog(pool).await?.unsent)
}

pub(crate) async fn insert_seen(
    tx: &mut db::Tx<'_>,
    consumer: &str,
    id: Uuid,
    now_ms: i64,
) -> Result<bool, sqlx::Error> {
    // IGNORE would also shorten a long name to another one.
    debug_assert!(consumer.len() <= 64, "{consumer} is longer than its column");
    let inserted =
        sqlx::query("INSERT IGNORE INTO inbox (consumer, message_id, at_ms) VALUES (?, ?, ?)")
            .bind(consumer)
            .bind(id.as_bytes().to_vec())
            .bind(now_ms)
            .execute(&mut **tx)
            .await?;
    Ok(inserted.rows_affected() == 1)
}

/// Forgets up to `rows_max` receipts from before `before_ms`, and says how many. A repeat that
/// comes later than that counts as new.
pub async fn prune_inbox(
    pool: &db::Pool,
    before_ms: i64,
    rows_max: u32,
) -> Result<u64, sqlx::Error> {
    let deleted = sqlx::query("DELETE FROM inbox WHERE at_ms < ? ORDER BY at_ms LIMIT ?")
        .bind(before_ms)
        .bind(rows_max)
        .execute(pool)
        .await?;
    Ok(deleted.rows_affected())
}

/// `id IN (…)`, the last id repeated up to a power of two: few distinct statements.
fn push_ids(query: &mut QueryBuilder<MySql>, ids: &[i64]) {
    let Some(last) = ids.last() else { return };
    let padded = ids
        .iter()
        .chain(std::iter::repeat(last))
        .take(ids.len().next_power_of_two());
    query.push("id IN (");
    let mut list = query.separated(", ");
    for id in padded {
        list.push_bind(*id);
    }
    query.push(")");
}

fn claimed(row: &MySqlRow) -> Result<Claimed, sqlx::Error> {
    let message_id: Vec<u8> = row.try_get("message_id")?;
    let version: i32 = row.try_get("version")?;
    Ok(Claimed {
        id: row.try_get("id")?,
        message: Outgoing {
            id: Uuid::from_slice(&message_id).map_err(|error| decode("message_id", error))?,
            queue: row.try_get("queue")?,
            name: row.try_get("name")?,
            version: version
                .try_into()
                .map_err(|error| decode("version", error))?,
            body: row.try_get::<Vec<u8>, _>("body")?.into(),
            trace_parent: row.try_get("trace_parent")?,
            at_ms: row.try_get("created_ms")?,
        },
    })
}

fn decode(column: &str, source: impl std::error::Error + Send + Sync + 'static) -> sqlx::Error {
    sqlx::Error::ColumnDecode {
        index: column.to_owned(),
        source: Box::new(source),
    }
}
