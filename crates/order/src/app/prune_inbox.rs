use super::App;
use crate::Error;

impl App {
    /// Forgets receipts that no repeat can still meet.
    pub async fn prune_inbox(&self) -> Result<(), Error> {
        const KEEP_MS: i64 = 7 * 86_400_000;
        const ROWS_MAX: u32 = 1_000;
        outbox::prune_inbox(&self.pool, self.now_ms() - KEEP_MS, ROWS_MAX).await?;
        Ok(())
    }
}
