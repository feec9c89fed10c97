use super::App;
use crate::error::Error;

impl App {
    /// Forgets receipts that no repeat can still meet.
    pub(crate) async fn prune_inbox(&self) -> Result<(), Error> {
        const KEEP_MS: i64 = 7 * 86_400_000;
        const ROWS_MAX: u32 = 1_000;
        outbox::prune_inbox(self.store.pool(), self.now_ms() - KEEP_MS, ROWS_MAX).await?;
        Ok(())
    }
}
