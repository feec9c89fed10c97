//! Who somebody is, how they prove it, and how long that lasts.

mod account;
mod digest;
mod login;
mod password;
mod session;
mod username;

pub use account::{Account, Avatar, Change, Email, Info, Mobile, Names, NewAccount, Nickname, Sex};
pub use login::{LoginName, Network, Subject};
pub use password::NewPassword;
pub use session::{Life, Lives, RefreshSecret, Session};
pub use username::{Username, canonical};

/// Why something is no account, name or password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Invalid {
    #[error("one of username, email and mobile is needed")]
    NoName,
    #[error("username: 3 to 50 letters, digits, and . _ -")]
    Username,
    #[error("email: not an e-mail address")]
    Email,
    #[error("mobile: 5 to 20 digits, with or without a + before them")]
    Mobile,
    #[error("username: it looks like another name")]
    Lookalike,
    #[error("password: 8 to 128 characters")]
    Password,
    #[error("password: too many people have this one")]
    CommonPassword,
    #[error("password: the new one is the old one")]
    SamePassword,
    #[error("nickname: at most 64 characters")]
    Nickname,
    #[error("avatar: http://, https:// or a path on this site, at most 1024 characters")]
    Avatar,
    #[error("sex: 0 or 1")]
    Sex,
    #[error("info: at most 1000 characters")]
    Info,
}
