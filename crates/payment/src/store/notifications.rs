use db::Tx;

use super::Store;
use crate::error::Error;

/// A verified notification, with what came and what became of it.
#[derive(Debug)]
pub(crate) struct Received<'a> {
    pub provider: &'static str,
    pub id: &'a str,
    pub event_type: &'a str,
    pub subject_no: &'a str,
    pub outcome: &'static str,
    pub headers: &'a str,
    pub body: &'a [u8],
    pub at_ms: i64,
}

impl Store {
    /// Whether it was written: not when it came before.
    pub(crate) async fn insert_notification(
        &self,
        tx: &mut Tx<'_>,
        received: &Received<'_>,
    ) -> Result<bool, Error> {
        let inserted = sqlx::query!(
            "INSERT INTO notifications (provider, notification_id, event_type, subject_no, outcome,
                                        headers, body, received_at_ms)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            received.provider,
            received.id,
            received.event_type,
            received.subject_no,
            received.outcome,
            received.headers,
            received.body,
            received.at_ms,
        )
        .execute(&mut **tx)
        .await;
        match inserted {
            Ok(_) => Ok(true),
            Err(error) if db::hit_unique_key(&error, "PRIMARY") => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}
