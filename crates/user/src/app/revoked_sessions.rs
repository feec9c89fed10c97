use super::App;
use crate::Error;

/// Sessions that ended, and from when to ask next.
#[derive(Debug, Clone)]
pub struct Revocations {
    pub session_ids: Vec<i64>,
    pub next_ms: i64,
}

/// Rows of one answer: some 400 KB.
const ROWS_MAX: u32 = 50_000;
/// A revocation carries the time at which its transaction began, by its replica's clock, and can be read only
/// later: answers overlap by this much. Longer than a statement may wait for a lock.
const OVERLAP_MS: i64 = 10_000;
/// Tokens are accepted for some seconds more (auth's leeway).
const LEEWAY_MS: i64 = 60_000;

impl App {
    /// Sessions that were revoked since then and whose access tokens might still be accepted. The same session
    /// may come more than once.
    #[tracing::instrument(name = "user.revoked_sessions", skip_all)]
    pub async fn revoked_sessions(&self, since_ms: i64) -> Result<Revocations, Error> {
        let now_ms = self.clock.now_ms();
        let longest_ms = self.lives.longest_access().as_millis() as i64;
        let since_ms = since_ms.max(now_ms - longest_ms - LEEWAY_MS);
        let rows = self.store.revoked_since(since_ms, ROWS_MAX).await?;
        let next_ms = match rows.last() {
            Some(last) if rows.len() >= ROWS_MAX as usize => last.at_ms,
            _ => now_ms - OVERLAP_MS,
        };
        Ok(Revocations {
            session_ids: rows.iter().map(|row| row.id).collect(),
            next_ms,
        })
    }
}
