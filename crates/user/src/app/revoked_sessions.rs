use super::App;
use crate::Error;

/// Sessions that ended, and where to go on asking.
#[derive(Debug, Clone)]
pub struct Revocations {
    pub session_ids: Vec<i64>,
    pub next: Cursor,
    /// There are more at once.
    pub more: bool,
}

/// A place in the order of revocations: the last one that was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    pub at_ms: i64,
    pub id: i64,
}

/// Rows of one answer: some 80 KB.
const ROWS_MAX: u32 = 10_000;
/// A revocation carries the time at which its transaction began, by its replica's clock, and can be read only
/// later: a drained reader begins again so far back. Longer than a statement may wait for a lock.
const OVERLAP_MS: i64 = 10_000;
/// Tokens are accepted for some seconds more (auth's leeway).
const LEEWAY_MS: i64 = 60_000;

impl App {
    /// Sessions that were revoked after this one and whose access tokens might still be accepted. The same
    /// session may come more than once.
    #[tracing::instrument(name = "user.revoked_sessions", skip_all)]
    pub async fn revoked_sessions(&self, after: Cursor) -> Result<Revocations, Error> {
        let now_ms = self.clock.now_ms();
        let oldest_ms = now_ms - self.access_life_max_ms - LEEWAY_MS;
        let after = if after.at_ms < oldest_ms {
            Cursor {
                at_ms: oldest_ms,
                id: 0,
            }
        } else {
            after
        };
        let rows = self.store.revoked_after(after, ROWS_MAX).await?;
        let (more, next) = match rows.last() {
            Some(last) if rows.len() >= ROWS_MAX as usize => (
                true,
                Cursor {
                    at_ms: last.at_ms,
                    id: last.id,
                },
            ),
            _ => (
                false,
                Cursor {
                    at_ms: now_ms - OVERLAP_MS,
                    id: 0,
                },
            ),
        };
        Ok(Revocations {
            session_ids: rows.iter().map(|row| row.id).collect(),
            next,
            more,
        })
    }
}
