//! Lists over both kinds of orders: which ids are on a page. Sent orders are "shipped" or "completed" here, whatever
//! kind they are.

use db::Pool;
use ids::UserId;
use sqlx::{MySql, QueryBuilder, Row};

use crate::Error;

/// An order on a page, and which table has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Listed {
    pub id: i64,
    pub retail: bool,
}

const STATE: &str = "CASE WHEN o.state = 'paid' AND s.confirmed_at_ms > 0 THEN 'completed' \
     WHEN o.state = 'paid' AND s.order_id IS NOT NULL THEN 'shipped' ELSE o.state END";

/// A buyer's orders of both kinds. An empty `state` means any.
fn push_own(query: &mut QueryBuilder<MySql>, user: UserId, state: &str) {
    for (i, (table, retail)) in [("orders", "0"), ("retail_orders", "1")].iter().enumerate() {
        if i > 0 {
            query.push(" UNION ALL ");
        }
        query
            .push("SELECT o.id, o.at_ms, ")
            .push(retail)
            .push(" AS retail FROM ")
            .push(table)
            .push(" o LEFT JOIN shipments s ON s.order_id = o.id WHERE o.user_id = ")
            .push_bind(user.get())
            .push(" AND o.state NOT IN ('creating', 'void')");
        if !state.is_empty() {
            query
                .push(" AND ")
                .push(STATE)
                .push(" = ")
                .push_bind(state.to_owned());
        }
    }
}

/// Newest first.
pub(crate) async fn own(
    pool: &Pool,
    user: UserId,
    state: &str,
    offset: u64,
    limit: u64,
) -> Result<Vec<Listed>, Error> {
    let mut query = QueryBuilder::new("SELECT id, retail FROM (");
    push_own(&mut query, user, state);
    query
        .push(") own ORDER BY at_ms DESC, id DESC LIMIT ")
        .push_bind(limit)
        .push(" OFFSET ")
        .push_bind(offset);
    let rows = query.build().fetch_all(pool).await?;
    let listed = |row: &sqlx::mysql::MySqlRow| {
        Ok(Listed {
            id: row.try_get(0)?,
            retail: row.try_get::<i64, _>(1)? == 1,
        })
    };
    Ok(rows
        .iter()
        .map(listed)
        .collect::<Result<_, sqlx::Error>>()?)
}

pub(crate) async fn count_own(pool: &Pool, user: UserId, state: &str) -> Result<i64, Error> {
    let mut query = QueryBuilder::new("SELECT COUNT(*) FROM (");
    push_own(&mut query, user, state);
    query.push(") own");
    Ok(query.build_query_scalar().fetch_one(pool).await?)
}

/// Which of everybody's ordinary orders an admin looks for.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Empty: any.
    pub state: &'static str,
    /// 0: everybody's.
    pub user: i64,
    pub from_ms: i64,
    /// 0: no end.
    pub to_ms: i64,
}

fn push_all(query: &mut QueryBuilder<MySql>, filter: &Filter) {
    query.push(
        " FROM retail_orders o LEFT JOIN shipments s ON s.order_id = o.id \
         WHERE o.state NOT IN ('creating', 'void') AND o.at_ms >= ",
    );
    query.push_bind(filter.from_ms);
    if filter.to_ms > 0 {
        query.push(" AND o.at_ms < ").push_bind(filter.to_ms);
    }
    if filter.user > 0 {
        query.push(" AND o.user_id = ").push_bind(filter.user);
    }
    if !filter.state.is_empty() {
        query
            .push(" AND ")
            .push(STATE)
            .push(" = ")
            .push_bind(filter.state);
    }
}

/// Newest first.
pub(crate) async fn all(
    pool: &Pool,
    filter: &Filter,
    offset: u64,
    limit: u32,
) -> Result<Vec<i64>, Error> {
    let mut query = QueryBuilder::new("SELECT o.id");
    push_all(&mut query, filter);
    query
        .push(" ORDER BY o.at_ms DESC, o.id DESC LIMIT ")
        .push_bind(limit)
        .push(" OFFSET ")
        .push_bind(offset);
    Ok(query.build_query_scalar().fetch_all(pool).await?)
}

/// Up to 10,000.
pub(crate) async fn count_all(pool: &Pool, filter: &Filter) -> Result<i64, Error> {
    let mut query = QueryBuilder::new("SELECT COUNT(*) FROM (SELECT 1");
    push_all(&mut query, filter);
    query.push(" LIMIT 10000) found");
    Ok(query.build_query_scalar().fetch_one(pool).await?)
}
