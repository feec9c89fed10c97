//! Who is calling, between services. Believed only in calls that carry the fleet's secret, which `rpc` checks.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use fault::{Fault, Reason};
use ids::{SessionId, UserId};
use tonic::{Request, metadata::MetadataMap};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    pub user: UserId,
    pub username: String,
    pub role: Role,
    /// Absent in tokens that others signed.
    pub session: Option<SessionId>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    User,
    Admin,
}

impl Role {
    pub const fn name(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Admin => "admin",
        }
    }
}

/// Metadata that says something impossible: the caller is not one of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("malformed principal in metadata")]
pub struct BadPrincipal;

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AuthError {
    #[error("nobody is logged in")]
    NotLoggedIn,
    #[error("the caller is not an administrator")]
    NotAdmin,
}

impl Fault for AuthError {
    fn reason(&self) -> Reason {
        match self {
            Self::NotLoggedIn => Reason::NotLoggedIn,
            Self::NotAdmin => Reason::NotAdmin,
        }
    }
}

const USER: &str = "mall-user";
/// Base64: names may be Chinese.
const USERNAME: &str = "mall-username";
const ROLE: &str = "mall-role";
const SESSION: &str = "mall-session";

impl Principal {
    pub fn attach(&self, metadata: &mut MetadataMap) {
        metadata.insert(USER, self.user.get().into());
        if let Ok(name) = URL_SAFE_NO_PAD.encode(&self.username).parse() {
            metadata.insert(USERNAME, name);
        }
        metadata.insert(
            ROLE,
            tonic::metadata::MetadataValue::from_static(self.role.name()),
        );
        if let Some(session) = self.session {
            metadata.insert(SESSION, session.get().into());
        }
    }

    /// `None`: the call is nobody's.
    pub fn read(metadata: &MetadataMap) -> Result<Option<Self>, BadPrincipal> {
        let Some(user) = text(metadata, USER)? else {
            return Ok(None);
        };
        let role = match text(metadata, ROLE)? {
            Some("admin") => Role::Admin,
            Some("user") => Role::User,
            _ => return Err(BadPrincipal),
        };
        let username = text(metadata, USERNAME)?.unwrap_or_default();
        let username = URL_SAFE_NO_PAD.decode(username).map_err(|_| BadPrincipal)?;
        let session = text(metadata, SESSION)?.map(str::parse).transpose();
        Ok(Some(Self {
            user: user.parse().map_err(|_| BadPrincipal)?,
            username: String::from_utf8(username).map_err(|_| BadPrincipal)?,
            role,
            session: session.map_err(|_| BadPrincipal)?,
        }))
    }

    pub fn is_admin(&self) -> bool {
        self.role == Role::Admin
    }
}

fn text<'a>(metadata: &'a MetadataMap, key: &str) -> Result<Option<&'a str>, BadPrincipal> {
    metadata
        .get(key)
        .map(|value| value.to_str().map_err(|_| BadPrincipal))
        .transpose()
}

/// The caller, who has to be somebody.
pub fn require(metadata: &MetadataMap) -> Result<Principal, AuthError> {
    Principal::read(metadata)
        .ok()
        .flatten()
        .ok_or(AuthError::NotLoggedIn)
}

/// The caller, who has to be an administrator.
pub fn require_admin(metadata: &MetadataMap) -> Result<Principal, AuthError> {
    let principal = require(metadata)?;
    if principal.is_admin() {
        Ok(principal)
    } else {
        Err(AuthError::NotAdmin)
    }
}

/// A call on behalf of `principal`.
pub fn request<T>(principal: &Principal, message: T) -> Request<T> {
    let mut request = Request::new(message);
    principal.attach(request.metadata_mut());
    request
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_principal_survives_the_way() {
        for session in [None, SessionId::try_from(3).ok()] {
            let principal = Principal {
                user: UserId::try_from(42).unwrap(),
                username: "买家 one".into(),
                role: Role::User,
                session,
            };
            let request = request(&principal, ());
            assert_eq!(require(request.metadata()), Ok(principal));
            assert_eq!(require_admin(request.metadata()), Err(AuthError::NotAdmin));
        }
    }

    #[test]
    fn nobody_and_nonsense_are_refused() {
        let mut metadata = MetadataMap::new();
        assert_eq!(Principal::read(&metadata), Ok(None));
        metadata.insert(USER, "-3".parse().unwrap());
        metadata.insert(ROLE, "user".parse().unwrap());
        assert_eq!(Principal::read(&metadata), Err(BadPrincipal));
        assert_eq!(require(&metadata), Err(AuthError::NotLoggedIn));
    }
}
