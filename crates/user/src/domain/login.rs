use std::{fmt, net::IpAddr};

use ids::UserId;

use super::{account::is_mobile, canonical, digest::sha256};

/// What somebody types to say who they are.
#[derive(Debug, Clone)]
pub struct LoginName(
    /// Canonical, as names are found.
    String,
);

impl LoginName {
    pub fn new(text: &str) -> Self {
        Self(canonical(text))
    }

    pub fn as_email(&self) -> Option<&str> {
        // An address is plain ASCII; the column's collation would find it by letters with accents, too.
        Some(self.0.as_str()).filter(|text| text.contains('@') && text.is_ascii())
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
        let subject = format!("{}@{network}", name.0);
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
    fn strangers_are_counted_by_the_form_of_their_name() {
        let subject = |name: &str| Subject::stranger(&LoginName::new(name), &Network::default());
        assert_eq!(subject("Bob"), subject("bob "));
        assert_eq!(subject("bob"), subject("ｂｏｂ"));
        assert_ne!(subject("bob"), subject("bob2"));
        assert_eq!(LoginName::new("á@b.cn").as_email(), None);
    }
}
