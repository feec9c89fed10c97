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
    claims::{ACCESS, ISSUER, REFRESH, Read},
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
    /// Genuine, and it is not known whether its session was revoked.
    #[error("the token cannot be checked now")]
    Unchecked,
}

impl Fault for TokenError {
    fn reason(&self) -> Reason {
        match self {
            Self::Expired => Reason::TokenExpired,
            Self::Invalid => Reason::TokenInvalid,
            Self::Unchecked => Reason::Unavailable,
        }
    }
}

pub struct Verifier {
    ring: Vec<Key>,
    access_life_max_s: i64,
    accept_sessionless: bool,
}

impl Verifier {
    /// Builds the ring, and makes the token library prove that it works: without a crypto backend it would
    /// panic at the first token.
    pub fn new(config: &Config) -> Result<Self, KeyError> {
        let verifier = Self {
            ring: config.ring()?,
            access_life_max_s: i64::try_from(config.access_life_max_s).unwrap_or(i64::MAX),
            accept_sessionless: config.accept_sessionless,
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
            Some(ACCESS) if is_ours(&read) => {}
            // Signed by an older system with our key.
            None if read.iss.is_none() || is_ours(&read) => {}
            _ => return Err(TokenError::Invalid),
        }
        let life_s = read.exp.saturating_sub(now_s);
        if life_s > self.access_life_max_s.saturating_add(LEEWAY_S) {
            return Err(TokenError::Invalid);
        }
        // Without a type the session is somebody else's word.
        let session = read.sid.filter(|_| read.kind.is_some());
        let session = session
            .map(SessionId::try_from)
            .transpose()
            .map_err(|_| TokenError::Invalid)?;
        if session.is_none() && !self.accept_sessionless {
            return Err(TokenError::Invalid);
        }
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
        if read.kind.as_deref() != Some(REFRESH) || !is_ours(&read) || read.jti.is_empty() {
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

fn is_ours(read: &Read) -> bool {
    read.iss.as_deref() == Some(ISSUER)
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
    use crate::{Issuer, KeyConfig, KeyState, Subject};

    const KEY: &str = "a-key-of-thirty-two-bytes-at-least";
    const NOW_S: i64 = 1_800_000_000;

    /// The first of them signs.
    fn config(keys: &[(&str, &str)]) -> Config {
        let key = |(at, (kid, secret)): (usize, &(&str, &str))| {
            let state = if at == 0 {
                KeyState::Signing
            } else {
                KeyState::Verifying
            };
            let secret = (*secret).into();
            ((*kid).to_owned(), KeyConfig { state, secret })
        };
        Config {
            keys: keys.iter().enumerate().map(key).collect(),
            ..Config::of_one_key("unused", KEY)
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

    const OTHER: &str = "another-key-of-thirty-two-bytes-or-so";

    #[test]
    fn a_key_is_rotated_without_a_moment_of_refusals() {
        let accepts = |ring: &Config, token: &str| {
            let verifier = Verifier::new(ring).unwrap();
            verifier.verify_access(token, NOW_S).is_ok()
        };
        let alone = config(&[("old", KEY)]);
        let before = token(&alone);
        let announced = config(&[("old", KEY), ("new", OTHER)]);
        let switched = config(&[("new", OTHER), ("old", KEY)]);
        let (announced_token, after) = (token(&announced), token(&switched));
        // Processes are a step apart while a rotation is rolled out.
        for ring in [&announced, &switched] {
            for token in [&before, &announced_token, &after] {
                assert!(accepts(ring, token));
            }
        }
        assert!(accepts(&alone, &announced_token));
        let mut retired = switched.clone();
        retired.keys.get_mut("old").unwrap().state = KeyState::Retired;
        assert!(!accepts(&retired, &before), "a retired key is not believed");
        assert!(accepts(&retired, &after));
        retired.keys.get_mut("old").unwrap().secret = "".into();
        assert!(accepts(&retired, &after), "nor is its secret needed");
        assert!(!accepts(&config(&[("new", OTHER)]), &before));
    }

    #[test]
    fn exactly_one_key_signs() {
        let mut ring = config(&[("a", KEY), ("b", OTHER)]);
        ring.keys.get_mut("b").unwrap().state = KeyState::Signing;
        assert!(ring.validate().unwrap_err().contains("2 keys"));
        for key in ring.keys.values_mut() {
            key.state = KeyState::Verifying;
        }
        assert!(ring.validate().unwrap_err().contains("0 keys"));
        ring.keys.clear();
        assert!(ring.validate().unwrap_err().contains("MALL_AUTH__KEYS"));
        let short = config(&[("a", KEY), ("b", "short")]);
        assert!(short.validate().unwrap_err().contains("key b"));
    }

    #[test]
    fn no_token_lives_longer_than_is_allowed_or_comes_from_elsewhere() {
        let config = config(&[("a", KEY)]);
        let verifier = Verifier::new(&config).unwrap();
        let day_s = 86_400;
        let access = |exp: i64, iss: Option<&str>, kind: Option<&str>| {
            let claims = json!({"user_id": 7, "exp": exp, "iss": iss, "type": kind, "sid": 3});
            let token = foreign(&claims, &jsonwebtoken::Header::default(), KEY);
            verifier.verify_access(&token, NOW_S)
        };
        for kind in [None, Some("access")] {
            assert!(access(NOW_S + day_s, Some("mall"), kind).is_ok());
            for exp in [NOW_S + day_s + 6, 1 << 62, i64::MAX] {
                assert_eq!(access(exp, Some("mall"), kind), Err(TokenError::Invalid));
            }
            assert_eq!(
                access(NOW_S + 60, Some("other"), kind),
                Err(TokenError::Invalid)
            );
        }
        assert_eq!(
            access(NOW_S + 60, None, Some("access")),
            Err(TokenError::Invalid)
        );
        let minimal = access(NOW_S + 60, None, None).unwrap();
        assert_eq!(
            minimal.principal.session, None,
            "it names no session of ours"
        );
    }

    #[test]
    fn a_token_of_no_session_needs_the_switch() {
        let mut config = config(&[("a", KEY)]);
        let mut subject = subject();
        subject.principal.session = None;
        let now = DateTime::from_timestamp(NOW_S, 0).unwrap();
        let issuer = Issuer::new(&config).unwrap();
        let token = issuer.issue_access(&subject, Duration::from_secs(900), now);
        let verify = |config: &Config| Verifier::new(config).unwrap().verify_access(&token, NOW_S);
        assert!(verify(&config).is_ok());
        config.accept_sessionless = false;
        assert_eq!(verify(&config), Err(TokenError::Invalid));
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
        config.accept_sessionless = false;
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
