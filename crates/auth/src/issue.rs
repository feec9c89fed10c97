use std::time::Duration;

use aws_lc_rs::hmac;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use ids::{SessionId, UserId};

use crate::{
    Config, KeyError, Subject,
    claims::{ACCESS, ISSUER, REFRESH, Written},
    ring::Key,
};

/// Signs tokens with the one key that does.
pub struct Issuer {
    key: Key,
}

impl Issuer {
    pub fn new(config: &Config) -> Result<Self, KeyError> {
        let key = config.ring()?.into_iter().next();
        key.map(|key| Self { key }).ok_or(KeyError::Signing(0))
    }

    pub fn issue_access(&self, subject: &Subject, life: Duration, now: DateTime<Utc>) -> String {
        let principal = &subject.principal;
        self.sign(&Written {
            sub: principal.user.to_string(),
            user_id: principal.user.get(),
            jwt_user_id: principal.user.get(),
            username: &principal.username,
            email: &subject.email,
            role: principal.role.name(),
            kind: ACCESS,
            sid: principal.session.map(SessionId::get),
            iss: ISSUER,
            iat: now.timestamp(),
            nbf: now.timestamp(),
            exp: expiry(now, life),
            jti: "",
        })
    }

    /// `token_id` names this one rotation of the session.
    pub fn issue_refresh(
        &self,
        user: UserId,
        session: SessionId,
        token_id: &str,
        life: Duration,
        now: DateTime<Utc>,
    ) -> String {
        self.sign(&Written {
            sub: user.to_string(),
            user_id: user.get(),
            jwt_user_id: user.get(),
            username: "",
            email: "",
            role: "",
            kind: REFRESH,
            sid: Some(session.get()),
            iss: ISSUER,
            iat: now.timestamp(),
            nbf: now.timestamp(),
            exp: expiry(now, life),
            jti: token_id,
        })
    }

    fn sign(&self, claims: &Written<'_>) -> String {
        // Numbers and strings always serialise.
        let payload = serde_json::to_vec(claims).unwrap_or_default();
        let mut token = format!("{}.{}", self.key.header, URL_SAFE_NO_PAD.encode(payload));
        let tag = hmac::sign(&self.key.hmac, token.as_bytes());
        token.push('.');
        token.push_str(&URL_SAFE_NO_PAD.encode(tag));
        token
    }
}

fn expiry(now: DateTime<Utc>, life: Duration) -> i64 {
    now.timestamp().saturating_add_unsigned(life.as_secs())
}
