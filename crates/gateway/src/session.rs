//! Sessions that were revoked: pulled from user each second, so a revoked token works for two at
//! most.

use std::{
    collections::HashMap,
    sync::{
        PoisonError, RwLock,
        atomic::{AtomicI64, Ordering},
    },
};

use ids::SessionId;
use proto::user::{RevokedSessionsRequest, user_client::UserClient};

/// No access token lives longer: what was revoked before then has expired by itself.
const ACCESS_LIFE_MAX_MS: i64 = 31 * 24 * 3_600_000;
/// Clocks and transactions overlap by less.
const OVERLAP_MS: i64 = 10_000;

#[derive(Debug, Default)]
pub(crate) struct RevokedSessions {
    /// By session, when we heard of it.
    sessions: RwLock<HashMap<i64, i64>>,
    since_ms: AtomicI64,
}

impl RevokedSessions {
    pub(crate) fn contains(&self, session: SessionId) -> bool {
        self.sessions
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .contains_key(&session.get())
    }

    /// Hears what is new. While user does not answer, what was heard before still counts.
    pub(crate) async fn pull(
        &self,
        mut user: UserClient<rpc::Channel>,
        now_ms: i64,
    ) -> Result<(), rpc::PeerError> {
        let heard = self.since_ms.load(Ordering::SeqCst);
        let since_ms = if heard == 0 {
            now_ms - ACCESS_LIFE_MAX_MS
        } else {
            heard - OVERLAP_MS
        };
        let asked = RevokedSessionsRequest { since_ms };
        let revoked = user.revoked_sessions(asked).await?.into_inner();
        let mut sessions = self
            .sessions
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        sessions.retain(|_, at_ms| *at_ms > now_ms - ACCESS_LIFE_MAX_MS);
        sessions.extend(
            revoked
                .session_ids
                .into_iter()
                .map(|session| (session, now_ms)),
        );
        self.since_ms.store(revoked.now_ms, Ordering::SeqCst);
        Ok(())
    }
}
