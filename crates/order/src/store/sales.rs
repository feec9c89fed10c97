//! `sales`, the rows that fence, and `sale_suspects`.

use std::collections::{BTreeSet, HashMap};

use db::{Pool, Tx};
use ids::ActivityId;
use money::Money;
use sqlx::{MySql, MySqlExecutor, QueryBuilder};

use super::{Corrupt, ROWS_MAX, push_in};
use crate::{
    Error,
    domain::{Edit, Epoch, Sale, Terms, Version},
};

/// The sales of a transaction, locked.
pub(crate) type Locked = HashMap<ActivityId, Sale>;

/// One line of the list that every seckill replica polls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenSale {
    pub activity_id: i64,
    pub epoch: i64,
    pub suspect: bool,
}

#[derive(sqlx::FromRow)]
struct Row {
    activity_id: i64,
    epoch: i64,
    version: i64,
    refused: bool,
    state: String,
    product_id: i64,
    product_name: String,
    product_image: String,
    price_fen: i64,
    units: i64,
    start_ms: i64,
    end_ms: i64,
    limit_per_user: i32,
    payment_window_s: i64,
}

const OPEN: &str = "open";

impl Row {
    fn into_sale(self) -> Result<Sale, Corrupt> {
        let corrupt = |what| Corrupt {
            table: "sales",
            id: self.activity_id,
            what,
        };
        Ok(Sale {
            activity: self
                .activity_id
                .try_into()
                .map_err(|_| corrupt("activity_id"))?,
            epoch: Epoch(self.epoch),
            version: Version(self.version),
            refused: self.refused,
            ended: self.state != OPEN,
            terms: Terms {
                product: self
                    .product_id
                    .try_into()
                    .map_err(|_| corrupt("product_id"))?,
                price: Money::from_fen(self.price_fen).map_err(|_| corrupt("price_fen"))?,
                product_name: self.product_name,
                product_image: self.product_image,
                units: self.units,
                start_ms: self.start_ms,
                end_ms: self.end_ms,
                limit_per_user: self.limit_per_user,
                payment_window_s: self.payment_window_s,
            },
        })
    }
}

/// Locks the rows shared, in the order of their ids, for the rest of the transaction: what is written after this
/// counts in the epochs that it answers. Call it before anything else of the transaction takes a lock.
///
/// The one place of this lock. On TiDB the clause takes none.
pub(crate) async fn lock_shared(
    tx: &mut Tx<'_>,
    activities: impl IntoIterator<Item = ActivityId>,
) -> Result<Locked, Error> {
    let ids: BTreeSet<i64> = activities.into_iter().map(ActivityId::get).collect();
    let ids: Vec<i64> = ids.into_iter().collect();
    let mut locked = Locked::with_capacity(ids.len());
    for ids in ids.chunks(ROWS_MAX) {
        let mut query = QueryBuilder::<MySql>::new(
            "SELECT activity_id, epoch, version, refused, state, product_id, product_name, \
             product_image, price_fen, units, start_ms, end_ms, limit_per_user, payment_window_s \
             FROM sales WHERE activity_id IN ",
        );
        push_in(&mut query, ids);
        query.push(" ORDER BY activity_id LOCK IN SHARE MODE");
        let rows: Vec<Row> = query.build_query_as().fetch_all(&mut **tx).await?;
        for row in rows {
            let sale = row.into_sale()?;
            locked.insert(sale.activity, sale);
        }
    }
    Ok(locked)
}

pub(crate) async fn find(
    executor: impl MySqlExecutor<'_>,
    activity: ActivityId,
) -> Result<Option<Sale>, Error> {
    let row = sqlx::query_as!(
        Row,
        r#"SELECT activity_id, epoch, version, refused AS "refused: bool", state, product_id,
                  product_name, product_image, price_fen, units, start_ms, end_ms, limit_per_user,
                  payment_window_s
           FROM sales WHERE activity_id = ?"#,
        activity.get(),
    )
    .fetch_optional(executor)
    .await?;
    Ok(row.map(Row::into_sale).transpose()?)
}

/// At epoch 0. `false`: there is a row already, and it stays as it is.
pub(crate) async fn insert(
    pool: &Pool,
    activity: ActivityId,
    version: Version,
    terms: &Terms,
    now_ms: i64,
) -> Result<bool, Error> {
    let inserted = sqlx::query!(
        "INSERT INTO sales (activity_id, epoch, version, refused, state, expire_unpaid, product_id,
                            product_name, product_image, price_fen, units, start_ms, end_ms,
                            limit_per_user, payment_window_s, created_at_ms)
         VALUES (?, 0, ?, 0, 'open', 0, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        activity.get(),
        version.0,
        terms.product.get(),
        terms.product_name,
        terms.product_image,
        terms.price.fen(),
        terms.units,
        terms.start_ms,
        terms.end_ms,
        terms.limit_per_user,
        terms.payment_window_s,
        now_ms,
    )
    .execute(pool)
    .await;
    match inserted {
        Ok(_) => Ok(true),
        Err(error) if db::hit_unique_key(&error, "PRIMARY") => Ok(false),
        Err(error) => Err(error.into()),
    }
}

pub(crate) async fn open(pool: &Pool) -> Result<Vec<OpenSale>, Error> {
    Ok(sqlx::query_as!(
        OpenSale,
        r#"SELECT s.activity_id, s.epoch, (x.epoch IS NOT NULL) AS "suspect!: bool"
           FROM sales s
           LEFT JOIN sale_suspects x ON x.activity_id = s.activity_id AND x.epoch = s.epoch
           WHERE s.state = 'open'"#,
    )
    .fetch_all(pool)
    .await?)
}

/// The epochs of some sales, whether ended or not.
pub(crate) async fn epochs(
    pool: &Pool,
    activities: &[ActivityId],
) -> Result<HashMap<ActivityId, Epoch>, Error> {
    let mut epochs = HashMap::with_capacity(activities.len());
    for activity in activities {
        let epoch = sqlx::query_scalar!(
            "SELECT epoch FROM sales WHERE activity_id = ?",
            activity.get()
        )
        .fetch_optional(pool)
        .await?;
        if let Some(epoch) = epoch {
            epochs.insert(*activity, Epoch(epoch));
        }
    }
    Ok(epochs)
}

/// The bump of a rebuild, a compare-and-set: `false` when the row is at another epoch, ended, or not there.
/// From here to the commit the row is ours alone: nothing lands and nothing closes.
pub(crate) async fn bump(
    tx: &mut Tx<'_>,
    activity: ActivityId,
    epoch: Epoch,
) -> Result<bool, Error> {
    let bumped = sqlx::query!(
        "UPDATE sales SET epoch = epoch + 1 WHERE activity_id = ? AND epoch = ? AND state = 'open'",
        activity.get(),
        epoch.0,
    )
    .execute(&mut **tx)
    .await?;
    Ok(bumped.rows_affected() == 1)
}

/// The bump of an edit, only over a lower version. What the edit changes, or that it is refused, is written by
/// [`apply`] or [`refuse`] once the live units are known.
pub(crate) async fn bump_for_edit(
    tx: &mut Tx<'_>,
    activity: ActivityId,
    epoch: Epoch,
    version: Version,
) -> Result<bool, Error> {
    let bumped = sqlx::query!(
        "UPDATE sales SET epoch = epoch + 1, version = ?, refused = 0
         WHERE activity_id = ? AND epoch = ? AND state = 'open' AND version < ?",
        version.0,
        activity.get(),
        epoch.0,
        version.0,
    )
    .execute(&mut **tx)
    .await?;
    Ok(bumped.rows_affected() == 1)
}

pub(crate) async fn apply(tx: &mut Tx<'_>, activity: ActivityId, edit: Edit) -> Result<(), Error> {
    let applied = sqlx::query!(
        "UPDATE sales SET units = ?, start_ms = ?, end_ms = ? WHERE activity_id = ?",
        edit.units,
        edit.start_ms,
        edit.end_ms,
        activity.get(),
    )
    .execute(&mut **tx)
    .await?;
    Ok(db::affected(
        &applied,
        1,
        "the sale that an edit has fenced",
    )?)
}

/// Takes the bump of [`bump_for_edit`] back and keeps the version: a late repeat must find it used up.
pub(crate) async fn refuse(tx: &mut Tx<'_>, activity: ActivityId) -> Result<(), Error> {
    let refused = sqlx::query!(
        "UPDATE sales SET epoch = epoch - 1, refused = 1 WHERE activity_id = ?",
        activity.get(),
    )
    .execute(&mut **tx)
    .await?;
    Ok(db::affected(&refused, 1, "the sale that refuses an edit")?)
}

/// The last bump. With `expire_unpaid` the unpaid orders are due as soon as a job gets to them.
pub(crate) async fn bump_for_end(
    tx: &mut Tx<'_>,
    activity: ActivityId,
    epoch: Epoch,
    version: Version,
    expire_unpaid: bool,
) -> Result<bool, Error> {
    let bumped = sqlx::query!(
        "UPDATE sales SET epoch = epoch + 1, version = GREATEST(version, ?), state = 'ended',
                          expire_unpaid = ?
         WHERE activity_id = ? AND epoch = ? AND state = 'open'",
        version.0,
        expire_unpaid,
        activity.get(),
        epoch.0,
    )
    .execute(&mut **tx)
    .await?;
    Ok(bumped.rows_affected() == 1)
}

/// Cancelled sales whose unpaid orders have not been made due yet.
pub(crate) async fn to_expire(pool: &Pool) -> Result<Vec<i64>, Error> {
    Ok(sqlx::query_scalar!(
        "SELECT activity_id FROM sales WHERE state = 'ended' AND expire_unpaid = 1 LIMIT 100",
    )
    .fetch_all(pool)
    .await?)
}

pub(crate) async fn expired(pool: &Pool, activity_id: i64) -> Result<(), Error> {
    sqlx::query!(
        "UPDATE sales SET expire_unpaid = 0 WHERE activity_id = ?",
        activity_id
    )
    .execute(pool)
    .await?;
    Ok(())
}

/// Asks for a rebuild of the epoch in which a conflict was met.
pub(crate) async fn suspect(
    tx: &mut Tx<'_>,
    activity: ActivityId,
    epoch: Epoch,
) -> Result<(), Error> {
    sqlx::query!(
        "INSERT IGNORE INTO sale_suspects (activity_id, epoch) VALUES (?, ?)",
        activity.get(),
        epoch.0,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
