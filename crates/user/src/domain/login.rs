use std::{fmt, net::IpAddr};

use ids::UserId;
use secrecy::SecretString;

use super::{Invalid, account::is_mobile, digest::sha256};

/// A password that is to be set.
#[derive(Debug, Clone)]
pub struct NewPassword(SecretString);

impl NewPassword {
    pub fn secret(&self) -> &SecretString {
        &self.0
    }
}

impl TryFrom<String> for NewPassword {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        // 72 bytes is all that bcrypt, which older systems use, would look at.
        let fits = (6..=72).contains(&text.len());
        let secret = SecretString::from(text);
        if fits {
            Ok(Self(secret))
        } else {
            Err(Invalid::Password)
        }
    }
}

/// What somebody types to say who they are.
#[derive(Debug, Clone)]
pub struct LoginName(String);

impl LoginName {
    pub fn new(text: &str) -> Self {
        Self(text.trim().to_owned())
    }

    pub fn as_email(&self) -> Option<&str> {
        Some(self.0.as_str()).filter(|text| text.contains('@'))
    }

    /// A number may be a username, too.
    pub fn as_username(&self) -> Option<&str> {
        Some(self.0.as_str()).filter(|text| !text.contains('@'))
    }

    pub fn as_mobile(&self) -> Option<&str> {
        Some(self.0.as_str()).filter(|text| is_mobile(text))
    }
}

/// Where a login comes from: an address, of IPv6 its /64.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Network(Option<IpAddr>);

impl Network {
    /// What is no address is an unknown one.
    pub fn new(text: &str) -> Self {
        Self(text.parse().ok())
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(address) => address.fmt(f),
            None => f.write_str("unknown"),
        }
    }
}

/// Whose login attempts are counted together: an account's, or a name's, from one network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject(String);

impl Subject {
    pub fn account(user: UserId, network: &Network) -> Self {
        Self(format!("user/{user}@{network}"))
    }

    /// A name that nobody has locks like one that somebody has.
    pub fn stranger(name: &LoginName, network: &Network) -> Self {
        let subject = format!("{}@{network}", name.0.to_lowercase());
        Self(format!("name/{}", sha256(subject.as_bytes())))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_looked_for_where_it_can_be() {
        let name = LoginName::new(" a@b.cn ");
        assert_eq!(
            (name.as_email(), name.as_username(), name.as_mobile()),
            (Some("a@b.cn"), None, None)
        );
        let name = LoginName::new("13800138000");
        assert_eq!(name.as_username(), Some("13800138000"));
        assert_eq!(name.as_mobile(), Some("13800138000"));
    }

    #[test]
    fn passwords_are_counted_in_bytes() {
        assert!(NewPassword::try_from("x".repeat(5)).is_err());
        assert!(NewPassword::try_from("密码".to_owned()).is_ok());
        assert!(NewPassword::try_from("x".repeat(72)).is_ok());
        assert!(NewPassword::try_from("密".repeat(25)).is_err());
    }

    #[test]
    fn strangers_are_counted_without_regard_to_case() {
        let subject = |name: &str| Subject::stranger(&LoginName::new(name), &Network::default());
        assert_eq!(subject("Bob"), subject("bob "));
        assert_ne!(subject("bob"), subject("bob2"));
    }
}
