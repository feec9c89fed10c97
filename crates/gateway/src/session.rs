//! Sessions that were revoked: pulled from user each second, so a revoked token works for two at
//! most. Before the first pull, and when the last one is too long ago, no session is trusted.

use std::{
    collections::HashMap,
    sync::{
        Mutex, PoisonError, RwLock,
        atomic::{AtomicI64, Ordering},
    },
};

use ids::SessionId;
use proto::user::{RevokedSessionsRequest, user_client::UserClient};

/// While user does not answer, what was pulled before counts for so long: as long as a restart takes.
pub(crate) const STALE_MS: i64 = 60_000;
/// Tokens are accepted for some seconds after their end, and clocks differ.
const LEEWAY_MS: i64 = 60_000;

#[derive(Debug)]
pub(crate) struct RevokedSessions {
    /// By session, when it was pulled.
    sessions: RwLock<HashMap<i64, i64>>,
    /// User's own place in its order of revocations.
    cursor: Mutex<RevokedSessionsRequest>,
    /// When the last one was pulled that there was; 0: never.
    drained_at_ms: AtomicI64,
    /// As long as a token can live: then it is refused as expired.
    keep_ms: i64,
}

impl RevokedSessions {
    pub(crate) fn new(access_life_max_s: u64) -> Self {
        let life_ms = i64::try_from(access_life_max_s.saturating_mul(1_000)).unwrap_or(i64::MAX);
        Self {
            sessions: RwLock::default(),
            cursor: Mutex::default(),
            drained_at_ms: AtomicI64::new(0),
            keep_ms: life_ms.saturating_add(LEEWAY_MS),
        }
    }

    pub(crate) fn contains(&self, session: SessionId) -> bool {
        self.sessions
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .contains_key(&session.get())
    }

    /// Whether what was pulled can be relied on.
    pub(crate) fn is_fresh(&self, now_ms: i64) -> bool {
        let drained_at_ms = self.drained_at_ms.load(Ordering::Relaxed);
        drained_at_ms > 0 && now_ms.saturating_sub(drained_at_ms) <= STALE_MS
    }

    /// For readiness.
    pub(crate) fn probe(&self, now_ms: i64) -> Result<(), String> {
        if self.is_fresh(now_ms) {
            Ok(())
        } else {
            Err(format!(
                "user was not asked for {STALE_MS} ms which sessions are revoked"
            ))
        }
    }

    /// Pulls what is new, to the end. While user does not answer, what was pulled before still counts.
    pub(crate) async fn pull(
        &self,
        mut user: UserClient<rpc::Channel>,
        now_ms: i64,
    ) -> Result<(), rpc::PeerError> {
        loop {
            let after = *self.cursor.lock().unwrap_or_else(PoisonError::into_inner);
            let page = user.revoked_sessions(after).await?.into_inner();
            {
                let mut sessions = self
                    .sessions
                    .write()
                    .unwrap_or_else(PoisonError::into_inner);
                sessions.extend(page.session_ids.iter().map(|session| (*session, now_ms)));
                if !page.more {
                    sessions.retain(|_, at_ms| now_ms.saturating_sub(*at_ms) <= self.keep_ms);
                }
            }
            *self.cursor.lock().unwrap_or_else(PoisonError::into_inner) = RevokedSessionsRequest {
                since_ms: page.now_ms,
                after_id: page.after_id,
            };
            if !page.more {
                self.drained_at_ms.store(now_ms, Ordering::Relaxed);
                return Ok(());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn before_the_first_pull_and_long_after_the_last_nothing_is_trusted() {
        let revoked = RevokedSessions::new(86_400);
        assert!(!revoked.is_fresh(1_000) && revoked.probe(1_000).is_err());
        revoked.drained_at_ms.store(1_000, Ordering::Relaxed);
        assert!(revoked.is_fresh(1_000 + STALE_MS) && revoked.probe(1_000).is_ok());
        assert!(!revoked.is_fresh(1_001 + STALE_MS));
        assert!(revoked.probe(1_001 + STALE_MS).is_err());
    }
}
