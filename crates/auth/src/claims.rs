//! What is written in a token.

use serde::{Deserialize, Serialize};

use crate::{Principal, Role};

/// Whom an access token is for.
#[derive(Debug, Clone)]
pub struct Subject {
    pub principal: Principal,
    /// Empty: none.
    pub email: String,
}

pub(crate) const ISSUER: &str = "mall";
pub(crate) const ACCESS: &str = "access";
pub(crate) const REFRESH: &str = "refresh";

/// Every face's spelling of the same facts.
#[derive(Debug, Serialize)]
pub(crate) struct Written<'a> {
    pub(crate) sub: String,
    pub(crate) user_id: i64,
    #[serde(rename = "jwtUserId")]
    pub(crate) jwt_user_id: i64,
    pub(crate) username: &'a str,
    pub(crate) email: &'a str,
    pub(crate) role: &'static str,
    #[serde(rename = "type")]
    pub(crate) kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) sid: Option<i64>,
    pub(crate) iss: &'static str,
    pub(crate) iat: i64,
    pub(crate) nbf: i64,
    pub(crate) exp: i64,
    pub(crate) jti: &'a str,
}

/// What is read: others sign less.
#[derive(Debug, Deserialize)]
pub(crate) struct Read {
    pub(crate) sub: Option<serde_json::Value>,
    pub(crate) user_id: Option<i64>,
    #[serde(rename = "jwtUserId")]
    pub(crate) jwt_user_id: Option<i64>,
    #[serde(default)]
    pub(crate) username: String,
    #[serde(default)]
    pub(crate) role: String,
    #[serde(rename = "type")]
    pub(crate) kind: Option<String>,
    pub(crate) sid: Option<i64>,
    pub(crate) iss: Option<String>,
    pub(crate) nbf: Option<i64>,
    pub(crate) exp: i64,
    #[serde(default)]
    pub(crate) jti: String,
}

impl Read {
    /// The user, by whichever claim names one.
    pub(crate) fn user(&self) -> Option<i64> {
        let subject = self.sub.as_ref().and_then(|sub| {
            sub.as_i64()
                .or_else(|| sub.as_str().and_then(|text| text.parse().ok()))
        });
        self.user_id.or(self.jwt_user_id).or(subject)
    }

    pub(crate) fn role(&self) -> Role {
        if self.role == Role::Admin.name() {
            Role::Admin
        } else {
            Role::User
        }
    }
}
