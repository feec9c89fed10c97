use super::App;
use crate::Error;

/// An activity that is over is kept in sight so long, for its buyers' last questions.
const OVER_MS: i64 = 24 * 3_600_000;

/// Rows that one query brings.
const PAGE: u32 = 2_000;

impl App {
    /// Reads which activities there are.
    pub async fn refresh(&self) -> Result<(), Error> {
        let since = self.sales.begin_reading();
        let activities = self.store.recent(self.now_ms() - OVER_MS, PAGE).await?;
        self.sales.refresh(since, activities);
        Ok(())
    }
}
