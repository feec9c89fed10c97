//! Releases that have not left the outbox.

use db::Pool;
use ids::ActivityId;
use mq::Message;
use prost::Message as _;
use proto::seckill::Released;

use crate::Error;

/// The orders of a sale whose slots seckill cannot have freed yet.
pub(crate) async fn pending(pool: &Pool, activity: ActivityId) -> Result<Vec<i64>, Error> {
    let bodies = sqlx::query_scalar!("SELECT body FROM outbox WHERE queue = ?", Released::QUEUE)
        .fetch_all(pool)
        .await?;
    let released = bodies
        .iter()
        .filter_map(|body| Released::decode(body.as_slice()).ok());
    Ok(released
        .filter(|released| released.activity_id == activity.get())
        .map(|released| released.order_id)
        .collect())
}
