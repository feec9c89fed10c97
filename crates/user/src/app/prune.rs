use super::App;
use crate::Error;

/// Rows that one statement deletes, so that it is short.
const ROWS_MAX: u64 = 1_000;
/// Statements of one run: together more than logins can make in a minute.
const ROUNDS_MAX: u32 = 200;

impl App {
    /// Deletes login attempts whose window is past and sessions whose last token has expired, until none is
    /// left.
    #[tracing::instrument(name = "user.prune", skip_all)]
    pub async fn prune(&self) -> Result<(), Error> {
        let now_ms = self.clock.now_ms();
        let window_ms = i64::from(self.logins.window_s) * 1_000;
        let attempts_before_ms = now_ms - 2 * window_ms;
        // Sessions stay another longest life: a token that was revoked at the very end is still refused.
        let sessions_before_ms = now_ms - self.access_life_max_ms;
        for _ in 0..ROUNDS_MAX {
            if self
                .store
                .prune_attempts(attempts_before_ms, ROWS_MAX)
                .await?
                < ROWS_MAX
            {
                break;
            }
        }
        for _ in 0..ROUNDS_MAX {
            if self
                .store
                .prune_sessions(sessions_before_ms, ROWS_MAX)
                .await?
                < ROWS_MAX
            {
                break;
            }
        }
        Ok(())
    }
}
