use super::App;
use crate::Error;

/// Rows of each kind in one run, so that a run is short.
const ROWS_MAX: i64 = 1_000;

impl App {
    /// Deletes login attempts whose window is past and sessions whose last token has expired.
    #[tracing::instrument(name = "user.prune", skip_all)]
    pub async fn prune(&self) -> Result<(), Error> {
        let now_ms = self.clock.now_ms();
        let window_ms = i64::from(self.logins.window_s) * 1_000;
        // Sessions stay another longest life: a token that was revoked at the very end is still refused.
        let longest_ms = self.lives.longest_access().as_millis() as i64;
        self.store
            .prune(now_ms - 2 * window_ms, now_ms - longest_ms, ROWS_MAX)
            .await
    }
}
