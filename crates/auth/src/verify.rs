//! Tokens, read.
//!
//! Nearly all of them begin with the very header that we write: those are checked with a prepared key, which
//! costs a third of a general decode. Everything else goes through the library, and both ways have to agree
//! (there is a differential test).

use aws_lc_rs::hmac;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use fault::{Fault, Reason};
use ids::{SessionId, UserId};
use jsonwebtoken::{Algorithm, Validation};

use crate::{
    Config, KeyError, Principal, Role,
    claims::{ACCESS, REFRESH, Read},
    ring::Key,
};

/// How far clocks may be apart, seconds.
const LEEWAY_S: i64 = 5;
/// A token of ours has some 500 bytes.
const TOKEN_BYTES_MAX: usize = 4_096;

/// A valid access token's content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claims {
    pub principal: Principal,
    pub expires_at_s: i64,
}

/// A valid refresh token's content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefreshClaims {
    pub user: UserId,
    pub session: SessionId,
    pub token_id: String,
    pub expires_at_s: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    #[error("the token has expired")]
    Expired,
    /// Not one of ours, altered, of another kind, or not yet valid.
    #[error("the token is not valid")]
    Invalid,
}

impl Fault for TokenError {
    fn reason(&self) -> Reason {
        match self {
            Self::Expired => Reason::TokenExpired,
            Self::Invalid => Reason::TokenInvalid,
        }
    }
}

pub struct Verifier {
    ring: Vec<Key>,
    accept_minimal_claims: bool,
}

impl Verifier {
    /// Builds the ring, and makes the token library prove that it works: without a crypto backend it would
    /// panic at the first token.
    pub fn new(config: &Config) -> Result<Self, KeyError> {
        let verifier = Self {
            ring: config.ring()?,
            accept_minimal_claims: config.accept_minimal_claims,
        };
        verifier.self_test()?;
        Ok(verifier)
    }

    fn self_test(&self) -> Result<(), KeyError> {
        let Some(key) = self.ring.first() else {
            return Ok(());
        };
        let message = format!("{}.e30", key.header);
        let tag = URL_SAFE_NO_PAD.encode(hmac::sign(&key.hmac, message.as_bytes()));
        let mut lenient = validation();
        lenient.required_spec_claims.clear();
        let token = format!("{message}.{tag}");
        jsonwebtoken::decode::<serde_json::Value>(&token, &key.decoding, &lenient)
            .map(drop)
            .map_err(KeyError::SelfTest)
    }

    /// `now_s`: Unix seconds.
    pub fn verify_access(&self, token: &str, now_s: i64) -> Result<Claims, TokenError> {
        let read = self.read(token, now_s)?;
        match read.kind.as_deref() {
            Some(ACCESS) => {}
            None if self.accept_minimal_claims => {}
            _ => return Err(TokenError::Invalid),
        }
        let session = read
            .sid
            .map(SessionId::try_from)
            .transpose()
            .map_err(|_| TokenError::Invalid)?;
        Ok(Claims {
            principal: Principal {
                user: user(&read)?,
                // A token that somebody else made grants nothing but its user.
                role: if read.kind.is_some() {
                    read.role()
                } else {
                    Role::User
                },
                username: read.username,
                session,
            },
            expires_at_s: read.exp,
        })
    }

    pub fn verify_refresh(&self, token: &str, now_s: i64) -> Result<RefreshClaims, TokenError> {
        let read = self.read(token, now_s)?;
        if read.kind.as_deref() != Some(REFRESH) || read.jti.is_empty() {
            return Err(TokenError::Invalid);
        }
        let session = read.sid.and_then(|sid| SessionId::try_from(sid).ok());
        Ok(RefreshClaims {
            user: user(&read)?,
            session: session.ok_or(TokenError::Invalid)?,
            expires_at_s: read.exp,
            token_id: read.jti,
        })
    }

    fn read(&self, token: &str, now_s: i64) -> Result<Read, TokenError> {
        if token.len() > TOKEN_BYTES_MAX {
            return Err(TokenError::Invalid);
        }
        let read = match self.ours(token) {
            Some(key) => prepared(key, token),
            None => self.general(token),
        };
        let read = read.ok_or(TokenError::Invalid)?;
        if read.exp.saturating_add(LEEWAY_S) <= now_s {
            return Err(TokenError::Expired);
        }
        if read
            .nbf
            .is_some_and(|nbf| nbf > now_s.saturating_add(LEEWAY_S))
        {
            return Err(TokenError::Invalid);
        }
        Ok(read)
    }

    /// The key whose header this token carries to the letter.
    fn ours(&self, token: &str) -> Option<&Key> {
        let header = token.split('.').next()?;
        self.ring.iter().find(|key| key.header == header)
    }

    /// Any other HS256 token: under the key that it names, or under any if it names none.
    fn general(&self, token: &str) -> Option<Read> {
        let header = jsonwebtoken::decode_header(token).ok()?;
        let named = |key: &&Key| header.kid.as_ref().is_none_or(|kid| *kid == key.kid);
        self.ring
            .iter()
            .filter(named)
            .find_map(|key| general(key, token))
    }
}

fn prepared(key: &Key, token: &str) -> Option<Read> {
    let (message, tag) = token.rsplit_once('.')?;
    let (_, payload) = message.split_once('.')?;
    let tag = URL_SAFE_NO_PAD.decode(tag).ok()?;
    hmac::verify(&key.hmac, message.as_bytes(), &tag).ok()?;
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).ok()?).ok()
}

fn general(key: &Key, token: &str) -> Option<Read> {
    let data = jsonwebtoken::decode::<Read>(token, &key.decoding, &validation());
    data.ok().map(|data| data.claims)
}

/// The library checks algorithm, form and signature; times are judged once for both ways, by our clock.
fn validation() -> Validation {
    let mut validation = Validation::new(Algorithm::HS256);
    validation.set_required_spec_claims(&["exp"]);
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.validate_aud = false;
    validation
}

fn user(read: &Read) -> Result<UserId, TokenError> {
    read.user()
        .and_then(|id| UserId::try_from(id).ok())
        .ok_or(TokenError::Invalid)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use chrono::DateTime;
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::{Issuer, Subject};

    const KEY: &str = "a-key-of-thirty-two-bytes-at-least";
    const NOW_S: i64 = 1_800_000_000;

    fn config(keys: &[(&str, &str)]) -> Config {
        Config {
            keys: keys
                .iter()
                .map(|(kid, key)| ((*kid).to_owned(), (*key).into()))
                .collect(),
            active: keys[0].0.to_owned(),
            accept_minimal_claims: true,
        }
    }

    fn subject() -> Subject {
        let principal = Principal {
            user: UserId::try_from(7).unwrap(),
            username: "爱丽丝".into(),
            role: Role::Admin,
            session: SessionId::try_from(9).ok(),
        };
        Subject {
            principal,
            email: "a@b.cn".into(),
        }
    }

    fn token(config: &Config) -> String {
        let now = DateTime::from_timestamp(NOW_S, 0).unwrap();
        Issuer::new(config)
            .unwrap()
            .issue_access(&subject(), Duration::from_secs(900), now)
    }

    fn foreign(claims: &serde_json::Value, header: &jsonwebtoken::Header, key: &str) -> String {
        let key = jsonwebtoken::EncodingKey::from_secret(key.as_bytes());
        jsonwebtoken::encode(header, claims, &key).unwrap()
    }

    #[test]
    fn a_token_reads_back_until_it_expires() {
        let config = config(&[("a", KEY)]);
        let (verifier, token) = (Verifier::new(&config).unwrap(), token(&config));
        let claims = verifier.verify_access(&token, NOW_S).unwrap();
        assert_eq!(claims.principal, subject().principal);
        assert!(
            verifier.verify_access(&token, NOW_S + 904).is_ok(),
            "clocks may differ by 5 s"
        );
        assert_eq!(
            verifier.verify_access(&token, NOW_S + 905),
            Err(TokenError::Expired)
        );
        assert_eq!(
            verifier.verify_access(&token, NOW_S - 6),
            Err(TokenError::Invalid)
        );
        assert_eq!(
            verifier.verify_refresh(&token, NOW_S),
            Err(TokenError::Invalid)
        );
    }

    #[test]
    fn a_replaced_key_is_accepted_until_it_is_removed() {
        let old = token(&config(&[("old", KEY)]));
        let other = "another-key-of-thirty-two-bytes-or-so";
        let both = config(&[("new", other), ("old", KEY)]);
        assert!(
            Verifier::new(&both)
                .unwrap()
                .verify_access(&old, NOW_S)
                .is_ok()
        );
        let new = config(&[("new", other)]);
        assert_eq!(
            Verifier::new(&new).unwrap().verify_access(&old, NOW_S),
            Err(TokenError::Invalid)
        );
    }

    #[test]
    fn forgeries_are_refused() {
        let config = config(&[("a", KEY)]);
        let verifier = Verifier::new(&config).unwrap();
        let claims = json!({"user_id": 7, "exp": NOW_S + 60});
        let none = format!(
            "{}.{}.",
            URL_SAFE_NO_PAD.encode(r#"{"alg":"none"}"#),
            URL_SAFE_NO_PAD.encode(claims.to_string())
        );
        let hs512 = jsonwebtoken::Header::new(Algorithm::HS512);
        for forged in [
            none,
            foreign(
                &claims,
                &jsonwebtoken::Header::default(),
                "somebody-else's-key-of-enough-bytes",
            ),
            foreign(&claims, &hs512, KEY),
            foreign(
                &json!({"user_id": 7}),
                &jsonwebtoken::Header::default(),
                KEY,
            ),
            foreign(
                &json!({"user_id": 0, "exp": NOW_S + 60}),
                &jsonwebtoken::Header::default(),
                KEY,
            ),
            String::new(),
            "..".into(),
            "a".repeat(10_000),
        ] {
            assert_eq!(
                verifier.verify_access(&forged, NOW_S),
                Err(TokenError::Invalid),
                "{forged}"
            );
        }
    }

    #[test]
    fn a_minimal_token_names_its_user_and_nothing_more() {
        let mut config = config(&[("a", KEY)]);
        let claims = json!({"jwtUserId": 7, "role": "admin", "exp": NOW_S + 60});
        let token = foreign(&claims, &jsonwebtoken::Header::default(), KEY);
        let read = Verifier::new(&config)
            .unwrap()
            .verify_access(&token, NOW_S)
            .unwrap();
        assert_eq!(
            (read.principal.user.get(), read.principal.role),
            (7, Role::User)
        );
        config.accept_minimal_claims = false;
        let refused = Verifier::new(&config).unwrap().verify_access(&token, NOW_S);
        assert_eq!(refused, Err(TokenError::Invalid));
    }

    proptest! {
        /// Whatever is done to a token, the prepared key and the library say the same.
        #[test]
        fn both_ways_agree(at in 0_usize..600, to in any::<u8>()) {
            let config = config(&[("a", KEY)]);
            let verifier = Verifier::new(&config).unwrap();
            let mut bytes = token(&config).into_bytes();
            let at = at % bytes.len();
            bytes[at] = to;
            if let Ok(token) = String::from_utf8(bytes) && let Some(key) = verifier.ours(&token) {
                let (fast, slow) = (prepared(key, &token), general(key, &token));
                prop_assert_eq!(format!("{fast:?}"), format!("{slow:?}"));
            }
        }
    }
}
