use sqlx::MySqlConnection;
use tracing::{info, warn};

use crate::metrics;

/// Says whether a commit survives a power cut. Never fails: some servers hide their settings.
pub(crate) async fn check(connection: &mut MySqlConnection, schema: &str) {
    let settings: Result<(i64, i64), sqlx::Error> = sqlx::query_as(
        "SELECT CAST(@@GLOBAL.innodb_flush_log_at_trx_commit AS SIGNED), \
         CAST(@@GLOBAL.sync_binlog AS SIGNED)",
    )
    .fetch_one(connection)
    .await;
    match settings {
        Ok((1, 1)) => metrics::durable(schema, true),
        Ok((flush, sync)) => {
            metrics::durable(schema, false);
            warn!(
                db.schema = schema,
                db.innodb_flush_log_at_trx_commit = flush,
                db.sync_binlog = sync,
                "a power cut can lose committed transactions: both settings should be 1"
            );
        }
        Err(error) => {
            info!(db.schema = schema, error = %error, "the server does not tell how durable it is");
        }
    }
}
