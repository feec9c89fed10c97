use std::time::Duration;

use auth::Role;
use ids::{SessionId, UserId};
use rand::RngCore;
use serde::Deserialize;

use super::digest::{hex, sha256};

/// A login, as long as it lasts.
#[derive(Debug, Clone)]
pub struct Session {
    pub id: SessionId,
    pub user: UserId,
    pub life: Life,
    /// What the account was at the login: no token of the session says more.
    pub role: Role,
    pub created_at_ms: i64,
    pub revoked: bool,
}

/// Whose habits a session's tokens follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Life {
    Canonical,
    Gomall,
}

impl Life {
    /// As rows write it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Canonical => "canonical",
            Self::Gomall => "gomall",
        }
    }

    /// An unknown word gets the shorter life.
    pub fn from_word(word: &str) -> Self {
        if word == Self::Gomall.word() {
            Self::Gomall
        } else {
            Self::Canonical
        }
    }
}

/// How long tokens live, in seconds.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lives {
    pub canonical_access_s: u64,
    pub gomall_access_s: u64,
    pub refresh_s: u64,
    /// Of a session, however often its tokens are renewed.
    pub session_s: u64,
    /// Of one account at a time: the oldest ends when one more begins.
    pub sessions_max: u32,
}

impl Lives {
    pub fn access(self, life: Life) -> Duration {
        Duration::from_secs(match life {
            Life::Canonical => self.canonical_access_s,
            Life::Gomall => self.gomall_access_s,
        })
    }

    pub fn refresh(self) -> Duration {
        Duration::from_secs(self.refresh_s)
    }

    /// When a session ends that nobody renews: it outlives the tokens that are made for it now.
    pub fn session_ends_at_ms(self, life: Life, created_at_ms: i64, now_ms: i64) -> i64 {
        let longest = self.refresh().max(self.access(life));
        let idle_ms = now_ms.saturating_add_unsigned(longest.as_millis() as u64);
        idle_ms.min(self.session_over_at_ms(created_at_ms))
    }

    /// When it ends all the same.
    pub fn session_over_at_ms(self, created_at_ms: i64) -> i64 {
        created_at_ms.saturating_add_unsigned(self.session_s.saturating_mul(1_000))
    }
}

/// The secret part of one refresh token; only its hash is kept.
#[derive(Clone)]
pub struct RefreshSecret(String);

impl RefreshSecret {
    pub fn random() -> Self {
        let mut bytes = [0; 16];
        rand::rng().fill_bytes(&mut bytes);
        Self(hex(&bytes))
    }

    pub fn from_token(id: String) -> Self {
        Self(id)
    }

    pub fn expose(&self) -> &str {
        &self.0
    }

    pub fn hash(&self) -> String {
        sha256(self.0.as_bytes())
    }
}

impl std::fmt::Debug for RefreshSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RefreshSecret")
    }
}
