//! `user_coupons`: what was claimed, and which order uses it.

use db::{Pool, Tx};
use ids::{OrderId, UserId};
use sqlx::{MySql, QueryBuilder};

use crate::{Error, domain::Grant};

/// A claimed coupon.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Claimed {
    pub id: i64,
    pub coupon_id: i64,
    pub number: i64,
    pub claimed_at_ms: i64,
    pub valid_until_ms: i64,
    /// `None`: unused.
    pub order_id: Option<i64>,
}

/// How many of one template a user has.
pub(crate) async fn held(tx: &mut Tx<'_>, coupon: i64, user: UserId) -> Result<i64, Error> {
    Ok(sqlx::query_scalar!(
        "SELECT COUNT(*) FROM user_coupons WHERE coupon_id = ? AND user_id = ?",
        coupon,
        user.get(),
    )
    .fetch_one(&mut **tx)
    .await?)
}

pub(crate) async fn insert(
    tx: &mut Tx<'_>,
    coupon: i64,
    user: UserId,
    request_key: &str,
    grant: Grant,
    now_ms: i64,
) -> Result<i64, Error> {
    let inserted = sqlx::query!(
        "INSERT INTO user_coupons
            (coupon_id, number, user_id, slot, request_key, claimed_at_ms, valid_until_ms)
         VALUES (?, ?, ?, ?, ?, ?, ?)",
        coupon,
        grant.number,
        user.get(),
        grant.slot,
        request_key,
        now_ms,
        grant.valid_until_ms,
    )
    .execute(&mut **tx)
    .await?;
    db::affected(&inserted, 1, "a claimed coupon")?;
    Ok(inserted.last_insert_id() as i64)
}

/// What a key claimed before.
pub(crate) async fn find_by_key(
    pool: &Pool,
    coupon: i64,
    user: UserId,
    request_key: &str,
) -> Result<Option<i64>, Error> {
    Ok(sqlx::query_scalar!(
        "SELECT id FROM user_coupons WHERE user_id = ? AND coupon_id = ? AND request_key = ?",
        user.get(),
        coupon,
        request_key,
    )
    .fetch_optional(pool)
    .await?)
}

/// The user's own.
pub(crate) async fn find(pool: &Pool, id: i64, user: UserId) -> Result<Option<Claimed>, Error> {
    Ok(sqlx::query_as!(
        Claimed,
        "SELECT id, coupon_id, number, claimed_at_ms, valid_until_ms, order_id
         FROM user_coupons WHERE id = ? AND user_id = ?",
        id,
        user.get(),
    )
    .fetch_optional(pool)
    .await?)
}

/// An order uses it. `false`: it is not the user's, is used, or is over.
pub(crate) async fn take(
    tx: &mut Tx<'_>,
    id: i64,
    user: UserId,
    order: OrderId,
    now_ms: i64,
) -> Result<bool, Error> {
    let taken = sqlx::query!(
        "UPDATE user_coupons SET order_id = ?
         WHERE id = ? AND user_id = ? AND order_id IS NULL AND valid_until_ms > ?",
        order.get(),
        id,
        user.get(),
        now_ms,
    )
    .execute(&mut **tx)
    .await?;
    Ok(taken.rows_affected() == 1)
}

/// The order no longer uses it.
pub(crate) async fn give_back(tx: &mut Tx<'_>, order: OrderId) -> Result<(), Error> {
    sqlx::query!(
        "UPDATE user_coupons SET order_id = NULL WHERE order_id = ?",
        order.get(),
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Which of a user's coupons are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CouponState {
    All,
    Unused,
    Used,
    Expired,
}

/// Newest first.
pub(crate) async fn list(
    pool: &Pool,
    user: UserId,
    state: CouponState,
    now_ms: i64,
    (offset, limit): (u64, u32),
) -> Result<(Vec<Claimed>, i64), Error> {
    let filter = |query: &mut QueryBuilder<MySql>| {
        query
            .push(" FROM user_coupons WHERE user_id = ")
            .push_bind(user.get());
        match state {
            CouponState::All => {}
            CouponState::Used => {
                query.push(" AND order_id IS NOT NULL");
            }
            CouponState::Unused => {
                query
                    .push(" AND order_id IS NULL AND valid_until_ms > ")
                    .push_bind(now_ms);
            }
            CouponState::Expired => {
                query
                    .push(" AND order_id IS NULL AND valid_until_ms <= ")
                    .push_bind(now_ms);
            }
        }
    };
    let mut count = QueryBuilder::<MySql>::new("SELECT COUNT(*)");
    filter(&mut count);
    let total: i64 = count.build_query_scalar().fetch_one(pool).await?;
    let mut query = QueryBuilder::<MySql>::new(
        "SELECT id, coupon_id, number, claimed_at_ms, valid_until_ms, order_id",
    );
    filter(&mut query);
    query
        .push(" ORDER BY id DESC LIMIT ")
        .push_bind(limit)
        .push(" OFFSET ")
        .push_bind(offset);
    Ok((query.build_query_as().fetch_all(pool).await?, total))
}
