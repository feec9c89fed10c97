use ids::{ActivityId, ProductId};
use sqlx::QueryBuilder;

use super::Store;
use crate::{
    Error,
    domain::{Activity, Intent, State},
};

/// A row, before it is believed.
#[derive(Debug, sqlx::FromRow)]
struct Row {
    id: i64,
    product_id: i64,
    name: String,
    description: String,
    product_name: String,
    product_image: String,
    price_fen: i64,
    original_price_fen: i64,
    units: i64,
    limit_per_user: i32,
    payment_window_s: i64,
    start_ms: i64,
    end_ms: i64,
    state: String,
    version: i64,
    intent: String,
    intent_units: i64,
    intent_start_ms: i64,
    intent_end_ms: i64,
    created_at_ms: i64,
}

/// The product as it is when the activity is drafted.
pub(crate) struct Product {
    pub(crate) name: String,
    pub(crate) image: String,
    pub(crate) price_fen: i64,
}

/// What a page of activities is of.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Filter {
    pub(crate) status: Option<Status>,
    pub(crate) product_id: Option<i64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    Pending,
    Active,
    Ended,
    Cancelled,
}

impl TryFrom<Row> for Activity {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self, Error> {
        let unreadable = |what: String| Error::Unreadable {
            activity: row.id,
            what,
        };
        let intent = match row.intent.as_str() {
            "" => None,
            "publish" => Some(Intent::Publish),
            "edit" => Some(Intent::Edit {
                units: row.intent_units,
                start_ms: row.intent_start_ms,
                end_ms: row.intent_end_ms,
            }),
            "end" => Some(Intent::End),
            "cancel" => Some(Intent::Cancel),
            other => return Err(unreadable(format!("intent {other}"))),
        };
        let state = State::parse(&row.state);
        Ok(Self {
            id: ActivityId::try_from(row.id).map_err(|error| unreadable(error.to_string()))?,
            product: ProductId::try_from(row.product_id)
                .map_err(|error| unreadable(error.to_string()))?,
            state: state.ok_or_else(|| unreadable(format!("state {}", row.state)))?,
            intent,
            name: row.name,
            description: row.description,
            product_name: row.product_name,
            product_image: row.product_image,
            price_fen: row.price_fen,
            original_price_fen: row.original_price_fen,
            units: row.units,
            limit_per_user: row.limit_per_user,
            payment_window_s: row.payment_window_s,
            start_ms: row.start_ms,
            end_ms: row.end_ms,
            version: row.version,
            created_at_ms: row.created_at_ms,
        })
    }
}

const COLUMNS: &str = "SELECT id, product_id, name, description, product_name, product_image, \
     price_fen, original_price_fen, units, limit_per_user, payment_window_s, start_ms, end_ms, \
     state, version, intent, intent_units, intent_start_ms, intent_end_ms, created_at_ms \
     FROM activities ";

impl Store {
    pub(crate) async fn get(&self, id: i64) -> Result<Activity, Error> {
        let mut query = QueryBuilder::new(COLUMNS);
        query.push("WHERE id = ").push_bind(id);
        let row: Option<Row> = query.build_query_as().fetch_optional(&self.pool).await?;
        row.ok_or(Error::NotFound(id))?.try_into()
    }

    /// Everything that may be sold, or was until `since_ms`: all of it, `page` rows at a time, since
    /// an activity that is left out is neither relayed nor audited.
    pub(crate) async fn recent(&self, since_ms: i64, page: u32) -> Result<Vec<Activity>, Error> {
        let mut activities = Vec::new();
        let mut after = 0;
        loop {
            let mut query = QueryBuilder::new(COLUMNS);
            query
                .push("WHERE id > ")
                .push_bind(after)
                .push(" AND (state IN ('publishing', 'published') OR updated_at_ms >= ")
                .push_bind(since_ms)
                .push(") ORDER BY id LIMIT ")
                .push_bind(page);
            let rows: Vec<Row> = query.build_query_as().fetch_all(&self.pool).await?;
            let is_last = rows.len() < page as usize;
            after = rows.last().map_or(after, |row| row.id);
            for row in rows {
                activities.push(row.try_into()?);
            }
            if is_last {
                return Ok(activities);
            }
        }
    }

    pub(crate) async fn page(
        &self,
        filter: Filter,
        now_ms: i64,
        page: u32,
        size: u32,
    ) -> Result<(Vec<Activity>, i64), Error> {
        let mut query = QueryBuilder::new(COLUMNS);
        restrict(&mut query, filter, now_ms);
        query
            .push(" ORDER BY id DESC LIMIT ")
            .push_bind(size)
            .push(" OFFSET ")
            .push_bind(u64::from(page.saturating_sub(1)) * u64::from(size));
        let rows: Vec<Row> = query.build_query_as().fetch_all(&self.pool).await?;
        let mut count = QueryBuilder::new("SELECT COUNT(*) FROM activities ");
        restrict(&mut count, filter, now_ms);
        let total: i64 = count.build_query_scalar().fetch_one(&self.pool).await?;
        let activities = rows
            .into_iter()
            .map(TryInto::try_into)
            .collect::<Result<_, _>>()?;
        Ok((activities, total))
    }

    pub(crate) async fn set_texts(
        &self,
        id: i64,
        name: &str,
        description: &str,
        now_ms: i64,
    ) -> Result<(), Error> {
        let changed = sqlx::query!(
            "UPDATE activities SET name = ?, description = ?, updated_at_ms = ? WHERE id = ?",
            name,
            description,
            now_ms,
            id
        )
        .execute(&self.pool)
        .await?;
        Ok(db::affected(&changed, 1, "an activity's texts")?)
    }

    /// Published activities whose end has come.
    pub(crate) async fn due_to_end(&self, now_ms: i64) -> Result<Vec<Activity>, Error> {
        let mut query = QueryBuilder::new(COLUMNS);
        query
            .push("WHERE state = 'published' AND intent = '' AND end_ms > 0 AND end_ms <= ")
            .push_bind(now_ms)
            .push(" ORDER BY end_ms LIMIT 20");
        let rows: Vec<Row> = query.build_query_as().fetch_all(&self.pool).await?;
        rows.into_iter().map(TryInto::try_into).collect()
    }
}

fn restrict(query: &mut QueryBuilder<sqlx::MySql>, filter: Filter, now_ms: i64) {
    query.push("WHERE state <> 'refused'");
    if let Some(product) = filter.product_id {
        query.push(" AND product_id = ").push_bind(product);
    }
    match filter.status {
        None => {}
        Some(Status::Pending) => {
            query
                .push(" AND state IN ('publishing', 'published') AND start_ms > ")
                .push_bind(now_ms);
        }
        Some(Status::Active) => {
            query
                .push(" AND state = 'published' AND start_ms <= ")
                .push_bind(now_ms);
            query
                .push(" AND (end_ms = 0 OR end_ms > ")
                .push_bind(now_ms)
                .push(")");
        }
        Some(Status::Ended) => {
            query.push(
                " AND (state = 'ended' OR (state = 'published' AND end_ms > 0 AND end_ms <= ",
            );
            query.push_bind(now_ms).push("))");
        }
        Some(Status::Cancelled) => {
            query.push(" AND state = 'cancelled'");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn store(rows: i64) -> Store {
        let config = testkit::Mysql::schema(&crate::MIGRATOR, crate::NAME).await;
        let pool = db::connect(&config).await.unwrap();
        for n in 1..=rows {
            let inserted = sqlx::query(
                "INSERT INTO activities (product_id, name, description, product_name, \
                 product_image, price_fen, original_price_fen, units, limit_per_user, \
                 payment_window_s, start_ms, end_ms, state, version, intent, intent_units, \
                 intent_start_ms, intent_end_ms, intent_until_ms, created_at_ms, updated_at_ms) \
                 VALUES (?, 'n', '', 'p', '', 1, 1, 1, 1, 1, 1, 0, ?, 1, '', 0, 0, 0, 0, 1, ?)",
            )
            .bind(n)
            .bind(if n % 3 == 0 { "ended" } else { "published" })
            .bind(n);
            inserted.execute(&pool).await.unwrap();
        }
        Store::new(pool)
    }

    #[tokio::test]
    async fn every_activity_is_kept_in_sight_however_many_there_are() {
        let store = store(13).await;
        let all: Vec<i64> = (1..=13).filter(|n| n % 3 != 0 || *n >= 9).collect();
        for page in [1, 2, 11, 12] {
            let recent = store.recent(9, page).await.unwrap();
            let ids: Vec<i64> = recent.iter().map(|activity| activity.id.get()).collect();
            assert_eq!(ids, all, "{page} a page");
        }
    }
}
