//! What a case needs before its first request: activities that sell, and a past.

use std::time::Duration;

use anyhow::{Result, ensure};
use futures_util::{StreamExt, TryStreamExt, stream};

use crate::{
    api::{Account, Api, poll},
    audit::Auditor,
    sale,
};

/// An activity of a thousand is open within.
const OPEN: Duration = Duration::from_secs(120);
/// Activities that are made at the same time, and how often another one begins: it takes two requests, and an
/// administrator has twenty a second.
const AT_ONCE: usize = 8;
const EACH: Duration = Duration::from_millis(110);
/// A day: no order lapses while something is measured.
const PAYMENT_WINDOW_S: i64 = 86_400;

/// Opens `count` activities of `units` each and waits until they sell.
pub(super) async fn activities(
    api: &Api,
    admin: &Account,
    count: usize,
    units: i64,
) -> Result<Vec<i64>> {
    let pace = stream::unfold(tokio::time::interval(EACH), async |mut pace| {
        pace.tick().await;
        Some(((), pace))
    });
    let activities: Vec<i64> = pace
        .take(count)
        .map(|()| sale::open(api, admin, units, PAYMENT_WINDOW_S))
        .buffered(AT_ONCE)
        .try_collect()
        .await?;
    for activity in &activities {
        let path = format!("/api/v1/seckill/activities/{activity}");
        poll(OPEN, async || {
            let view = api.get(&path, None).await?.ok()?;
            Ok((view["open"] == true).then_some(()))
        })
        .await?;
    }
    // A moment for the limits of buyers who come again, and for what is still running.
    tokio::time::sleep(Duration::from_secs(2)).await;
    Ok(activities)
}

/// Puts `rows` closed orders of unknown users into order's table: copies of `activity`'s
/// first one, doubled until there are enough.
pub(super) async fn past(auditor: &Auditor, activity: i64, rows: u64) -> Result<()> {
    // Far below the ids of these users, and far above the ids of orders to come.
    const FIRST_ID: i64 = 1 << 50;
    let copy = "INSERT INTO orders \
        SELECT ? + ROW_NUMBER() OVER (ORDER BY id), activity_id, 5000000 + id % 1000003, 'closed', \
            'lapsed', epoch, at_ms - id % 86400000, '', '', quantity, product_id, product_name, \
            product_image, price_fen, 0, 0, '', 0, NULL, NULL \
        FROM orders WHERE activity_id = ? LIMIT ?";
    let mut there: u64 = 1;
    while there < rows {
        let these = there.min(rows - there);
        let done = sqlx::query(copy)
            .bind(FIRST_ID + i64::try_from(there)?)
            .bind(activity)
            .bind(i64::try_from(these)?)
            .execute(&auditor.order)
            .await?;
        ensure!(done.rows_affected() > 0, "no order of {activity} to copy");
        there += done.rows_affected();
    }
    Ok(())
}
