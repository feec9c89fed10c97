use auth::Principal;

use super::App;
use crate::{domain::Job, error::Error};

/// A page of somebody's jobs, newest first.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Page {
    pub jobs: Vec<Job>,
    pub total: i64,
}

/// As many as one answer holds.
const PAGE_SIZE_MAX: u32 = 100;

impl App {
    /// `page` counts from 1; an empty `state` means any.
    pub(crate) async fn list(
        &self,
        caller: &Principal,
        state: &str,
        page: u32,
        page_size: u32,
    ) -> Result<Page, Error> {
        let size = page_size.clamp(1, PAGE_SIZE_MAX);
        let offset = page.max(1).saturating_sub(1).saturating_mul(size);
        let total = self.store.count_jobs_of(caller.user, state).await?;
        let jobs = self.store.jobs_of(caller.user, state, offset, size).await?;
        Ok(Page { jobs, total })
    }
}
