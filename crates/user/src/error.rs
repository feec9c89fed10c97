use auth::TokenError;
use fault::{Fault, Reason};
use ids::UserId;

use crate::{domain::Invalid, passwords};

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Invalid(#[from] Invalid),
    #[error("the username is taken")]
    UsernameTaken,
    #[error("the e-mail address is taken")]
    EmailTaken,
    #[error("the mobile number is taken")]
    MobileTaken,
    /// Also when nobody has the name: a caller cannot tell which names exist.
    #[error("name and password do not belong together")]
    WrongPassword,
    #[error("account {0} is disabled")]
    Disabled(UserId),
    #[error("too many attempts, locked for {retry_after_s} s")]
    Locked { retry_after_s: u32 },
    #[error("there is no account {0}")]
    NotFound(UserId),
    #[error(transparent)]
    Token(#[from] TokenError),
    /// Used before, of a session that was revoked, or of none.
    #[error("the refresh token is spent")]
    RefreshSpent,
    #[error("the caller's session is over")]
    SessionOver,
    #[error("a row cannot be read: {0}")]
    Unreadable(&'static str),
    #[error(transparent)]
    Passwords(#[from] passwords::Error),
    #[error("the accounts' database failed")]
    Database(#[from] sqlx::Error),
    #[error(transparent)]
    Rows(#[from] db::Error),
}

impl Error {
    /// A unique key of `users` that was hit says which name is taken.
    pub(crate) fn from_insert(error: sqlx::Error) -> Self {
        let name = ["users_username", "users_username_canonical"];
        if name.iter().any(|key| db::hit_unique_key(&error, key)) {
            Self::UsernameTaken
        } else if db::hit_unique_key(&error, "users_email") {
            Self::EmailTaken
        } else if db::hit_unique_key(&error, "users_mobile") {
            Self::MobileTaken
        } else {
            Self::Database(error)
        }
    }
}

impl Fault for Error {
    fn reason(&self) -> Reason {
        match self {
            Self::Invalid(Invalid::Mobile) => Reason::MobileFormat,
            Self::Invalid(
                Invalid::NoName
                | Invalid::Username
                | Invalid::Email
                | Invalid::Lookalike
                | Invalid::Password
                | Invalid::CommonPassword
                | Invalid::SamePassword
                | Invalid::Nickname
                | Invalid::Avatar
                | Invalid::Sex
                | Invalid::Info,
            ) => Reason::UserParameter,
            Self::UsernameTaken | Self::EmailTaken => Reason::UserExists,
            Self::MobileTaken => Reason::MobileTaken,
            Self::WrongPassword => Reason::WrongPassword,
            Self::Disabled(_) => Reason::UserDisabled,
            Self::Locked { .. } => Reason::LoginLocked,
            Self::NotFound(_) => Reason::UserNotFound,
            Self::Token(error) => error.reason(),
            Self::RefreshSpent => Reason::RefreshReused,
            Self::SessionOver => Reason::TokenInvalid,
            Self::Unreadable(_) => Reason::Internal,
            Self::Passwords(error) => error.reason(),
            Self::Database(error) => db::reason(error),
            Self::Rows(error) => error.reason(),
        }
    }

    fn public_message(&self) -> String {
        let message = self.reason().message();
        match self {
            Self::Invalid(invalid) => format!("{message}: {invalid}"),
            Self::EmailTaken => "邮箱已被注册".to_owned(),
            _ => message.to_owned(),
        }
    }

    fn retry_after_s(&self) -> Option<u32> {
        match self {
            Self::Locked { retry_after_s } => Some(*retry_after_s),
            Self::Passwords(error) => error.retry_after_s(),
            _ if self.reason() == Reason::Unavailable => Some(1),
            _ => None,
        }
    }
}

impl db::Retryable for Error {
    fn sqlx(&self) -> Option<&sqlx::Error> {
        match self {
            Self::Database(error) => Some(error),
            Self::Rows(error) => error.sqlx(),
            _ => None,
        }
    }
}
