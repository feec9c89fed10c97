use super::App;
use crate::error::Error;

/// No message is repeated after a week.
const KEEP_MS: i64 = 7 * 24 * 3600 * 1000;
const ROWS_MAX: u32 = 1_000;

impl App {
    /// Forgets receipts of messages that cannot come again.
    pub(crate) async fn prune_inbox(&self) -> Result<(), Error> {
        let before_ms = self.clock.now_ms() - KEEP_MS;
        while outbox::prune_inbox(self.store.pool(), before_ms, ROWS_MAX).await? >= ROWS_MAX.into()
        {
        }
        Ok(())
    }
}
