use super::App;
use crate::{Error, domain::Activity, store::Filter};

/// A larger page is cut to this.
const PAGE_SIZE_MAX: u32 = 100;

impl App {
    /// A page, newest first, and how many there are.
    pub(crate) async fn list_activities(
        &self,
        filter: Filter,
        page: u32,
        page_size: u32,
    ) -> Result<(Vec<Activity>, i64), Error> {
        let size = page_size.clamp(1, PAGE_SIZE_MAX);
        self.store
            .page(filter, self.now_ms(), page.max(1), size)
            .await
    }
}
