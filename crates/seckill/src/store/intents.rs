use db::Tx;
use sqlx::MySqlExecutor;

use super::{Product, Store};
use crate::{
    Error,
    domain::{Activity, Draft, Intent, State},
};

/// When an activity may sell.
#[derive(Debug, Clone, Copy)]
struct Window {
    start_ms: i64,
    /// Open-ended: never.
    end_ms: i64,
}

impl Window {
    /// A window in the past overlaps nothing.
    fn new(start_ms: i64, end_ms: i64, now_ms: i64) -> Self {
        Self {
            start_ms: start_ms.max(now_ms),
            end_ms: if end_ms == 0 { i64::MAX } else { end_ms },
        }
    }
}

impl Store {
    /// Records an activity and the intent to publish it. Refused while another of the product has
    /// that window.
    pub(crate) async fn insert(
        &self,
        draft: &Draft,
        product: &Product,
        now_ms: i64,
        until_ms: i64,
    ) -> Result<i64, Error> {
        self.offer_turn(draft.product_id).await?;
        let window = Window::new(draft.start_ms, draft.end_ms, now_ms);
        db::transact!(&self.pool, "seckill.record", async |tx: &mut Tx<'_>| {
            take_turn(tx, draft.product_id).await?;
            refuse_overlap(tx, draft.product_id, 0, window).await?;
            insert(tx, draft, product, now_ms, until_ms).await
        })
        .await
    }

    /// The row that a product's drafts wait for, made once and outside of any transaction.
    async fn offer_turn(&self, product_id: i64) -> Result<(), Error> {
        sqlx::query!(
            "INSERT IGNORE INTO product_turns (product_id) VALUES (?)",
            product_id
        )
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Records an intent over a published activity that has none; false when another came first. A
    /// window that meets another activity's is refused.
    pub(crate) async fn intend(
        &self,
        activity: &Activity,
        intent: Intent,
        now_ms: i64,
        until_ms: i64,
    ) -> Result<bool, Error> {
        let Intent::Edit {
            start_ms, end_ms, ..
        } = intent
        else {
            return record(&self.pool, activity, intent, now_ms, until_ms).await;
        };
        let (id, product_id) = (activity.id.get(), activity.product.get());
        self.offer_turn(product_id).await?;
        let window = Window::new(start_ms, end_ms, now_ms);
        db::transact!(&self.pool, "seckill.intend", async |tx: &mut Tx<'_>| {
            take_turn(tx, product_id).await?;
            refuse_overlap(tx, product_id, id, window).await?;
            record(&mut **tx, activity, intent, now_ms, until_ms).await
        })
        .await
    }

    /// Takes over an intent whose lease has run out.
    pub(crate) async fn adopt_intent(
        &self,
        id: i64,
        now_ms: i64,
        until_ms: i64,
    ) -> Result<bool, Error> {
        let adopted = sqlx::query!(
            "UPDATE activities SET intent_until_ms = ? \
             WHERE id = ? AND intent <> '' AND intent_until_ms < ?",
            until_ms,
            id,
            now_ms
        )
        .execute(&self.pool)
        .await?;
        Ok(adopted.rows_affected() == 1)
    }

    /// An intent that could not be finished is free for any replica.
    pub(crate) async fn leave_intent(&self, activity: &Activity, now_ms: i64) -> Result<(), Error> {
        sqlx::query!(
            "UPDATE activities SET intent_until_ms = ? \
             WHERE id = ? AND version = ? AND intent <> ''",
            now_ms - 1,
            activity.id.get(),
            activity.version
        )
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Activities whose intent has no worker.
    pub(crate) async fn abandoned_intents(&self, now_ms: i64) -> Result<Vec<i64>, Error> {
        Ok(sqlx::query_scalar!(
            "SELECT id FROM activities WHERE intent <> '' AND intent_until_ms < ? \
             ORDER BY intent_until_ms LIMIT 20",
            now_ms
        )
        .fetch_all(&self.pool)
        .await?)
    }

    /// Ends an intent with what came of it. A repeat changes nothing.
    pub(crate) async fn finish(
        &self,
        activity: &Activity,
        state: State,
        now_ms: i64,
    ) -> Result<(), Error> {
        sqlx::query!(
            "UPDATE activities SET state = ?, units = ?, start_ms = ?, end_ms = ?, intent = '', \
             updated_at_ms = ? WHERE id = ? AND version = ? AND intent <> ''",
            state.name(),
            activity.units,
            activity.start_ms,
            activity.end_ms,
            now_ms,
            activity.id.get(),
            activity.version
        )
        .execute(&self.pool)
        .await?;
        Ok(())
    }
}

async fn take_turn(tx: &mut Tx<'_>, product_id: i64) -> Result<(), Error> {
    sqlx::query!(
        "SELECT product_id FROM product_turns WHERE product_id = ? FOR UPDATE",
        product_id
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(())
}

/// Another activity of the product may not have the same window, nor one that it is being moved to.
async fn refuse_overlap(
    tx: &mut Tx<'_>,
    product_id: i64,
    id: i64,
    window: Window,
) -> Result<(), Error> {
    let Window { start_ms, end_ms } = window;
    let other = sqlx::query_scalar!(
        "SELECT id FROM activities WHERE product_id = ? AND id <> ? \
         AND state IN ('publishing', 'published') \
         AND ((start_ms < ? AND (end_ms = 0 OR end_ms > ?)) OR (intent = 'edit' \
         AND intent_start_ms < ? AND (intent_end_ms = 0 OR intent_end_ms > ?))) LIMIT 1",
        product_id,
        id,
        end_ms,
        start_ms,
        end_ms,
        start_ms
    )
    .fetch_optional(&mut **tx)
    .await?;
    match other {
        None => Ok(()),
        Some(_) => Err(Error::Overlaps(product_id)),
    }
}

async fn insert(
    tx: &mut Tx<'_>,
    draft: &Draft,
    product: &Product,
    now_ms: i64,
    until_ms: i64,
) -> Result<i64, Error> {
    let name = if draft.name.is_empty() {
        &product.name
    } else {
        &draft.name
    };
    let inserted = sqlx::query!(
        "INSERT INTO activities (product_id, name, description, product_name, product_image, \
         price_fen, original_price_fen, units, limit_per_user, payment_window_s, start_ms, \
         end_ms, state, version, intent, intent_units, intent_start_ms, intent_end_ms, \
         intent_until_ms, created_at_ms, updated_at_ms) \
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'publishing', 1, 'publish', 0, 0, 0, ?, ?, ?)",
        draft.product_id,
        name,
        draft.description,
        product.name,
        product.image,
        draft.price_fen,
        product.price_fen,
        draft.units,
        draft.limit_per_user,
        draft.payment_window_s,
        draft.start_ms,
        draft.end_ms,
        until_ms,
        now_ms,
        now_ms
    )
    .execute(&mut **tx)
    .await?;
    Ok(inserted.last_insert_id() as i64)
}

async fn record(
    executor: impl MySqlExecutor<'_>,
    activity: &Activity,
    intent: Intent,
    now_ms: i64,
    until_ms: i64,
) -> Result<bool, Error> {
    let (units, start_ms, end_ms) = match intent {
        Intent::Edit {
            units,
            start_ms,
            end_ms,
        } => (units, start_ms, end_ms),
        Intent::Publish | Intent::End | Intent::Cancel => (0, 0, 0),
    };
    let recorded = sqlx::query!(
        "UPDATE activities SET intent = ?, version = version + 1, intent_units = ?, \
         intent_start_ms = ?, intent_end_ms = ?, intent_until_ms = ?, updated_at_ms = ? \
         WHERE id = ? AND version = ? AND state = 'published' AND intent = ''",
        intent.name(),
        units,
        start_ms,
        end_ms,
        until_ms,
        now_ms,
        activity.id.get(),
        activity.version
    )
    .execute(executor)
    .await?;
    Ok(recorded.rows_affected() == 1)
}
