use auth::Role;
use ids::UserId;

use super::{Invalid, Username};

/// An account, without its password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    pub id: UserId,
    pub username: Option<String>,
    pub email: Option<String>,
    pub mobile: Option<String>,
    pub nickname: String,
    pub avatar: String,
    pub sex: i8,
    pub info: String,
    pub role: Role,
    pub active: bool,
    pub created_at_ms: i64,
    pub updated_at_ms: i64,
}

impl Account {
    /// What tokens call the holder. Never a mobile number or an address: tokens are logged by others.
    pub fn display_name(&self) -> String {
        self.username
            .clone()
            .unwrap_or_else(|| format!("user_{}", self.id))
    }
}

/// What an account is found by; at least one of them.
#[derive(Debug, Clone)]
pub struct Names {
    pub username: Option<Username>,
    pub email: Option<Email>,
    pub mobile: Option<Mobile>,
}

impl Names {
    /// Empty texts are absent names.
    pub fn new(username: String, email: String, mobile: String) -> Result<Self, Invalid> {
        let names = Self {
            username: given(username).map(Username::try_from).transpose()?,
            email: given(email).map(Email::try_from).transpose()?,
            mobile: given(mobile).map(Mobile::try_from).transpose()?,
        };
        let none = names.username.is_none() && names.email.is_none() && names.mobile.is_none();
        if none {
            Err(Invalid::NoName)
        } else {
            Ok(names)
        }
    }
}

fn given(text: String) -> Option<String> {
    if text.trim().is_empty() {
        None
    } else {
        Some(text)
    }
}

/// An account that is to be.
#[derive(Debug, Clone)]
pub struct NewAccount {
    pub names: Names,
    pub nickname: Nickname,
    pub role: Role,
}

/// What is to change about a profile; `None` stays.
#[derive(Debug, Clone, Default)]
pub struct Change {
    pub nickname: Option<Nickname>,
    pub avatar: Option<Avatar>,
    pub sex: Option<Sex>,
    pub info: Option<Info>,
    /// `Some(None)` takes the address away.
    pub email: Option<Option<Email>>,
}

macro_rules! text {
    ($($(#[$doc:meta])* $name:ident if $fits:expr;)+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub struct $name(String);

        impl $name {
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = Invalid;

            fn try_from(text: String) -> Result<Self, Invalid> {
                let text = text.trim();
                let fits: fn(&str) -> bool = $fits;
                if fits(text) { Ok(Self(text.to_owned())) } else { Err(Invalid::$name) }
            }
        }
    )+};
}

text! {
    Email if is_email;
    Mobile if is_mobile;
    Nickname if |text| one_line(text, 64);
    /// Shown by browsers, so no scheme that runs code.
    Avatar if |text| text.is_empty() || (one_line(text, 1_024) && is_web_address(text));
    Info if |text| text.chars().count() <= 1_000;
}

pub(super) fn is_mobile(text: &str) -> bool {
    let digits = text.strip_prefix('+').unwrap_or(text);
    (5..=20).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit())
}

/// The addresses that mail really goes to: no quotes, no comments, a domain with a dot.
fn is_email(text: &str) -> bool {
    const BYTES_MAX: usize = 254;
    const LOCAL_MAX: usize = 64;
    let Some((local, domain)) = text.split_once('@') else {
        return false;
    };
    let local_letter = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~.".contains(&b);
    let dots = |text: &str| text.split('.').all(|part| !part.is_empty());
    let label = |part: &str| {
        let plain = part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        plain && part.len() <= 63 && !part.starts_with('-') && !part.ends_with('-')
    };
    text.len() <= BYTES_MAX
        && local.len() <= LOCAL_MAX
        && local.bytes().all(local_letter)
        && dots(local)
        && domain.contains('.')
        && dots(domain)
        && domain.split('.').all(label)
}

fn one_line(text: &str, chars_max: usize) -> bool {
    text.chars().count() <= chars_max && !text.chars().any(char::is_control)
}

fn is_web_address(text: &str) -> bool {
    // Browsers read a backslash as a slash: `/\\host` is another site's.
    let local = text.starts_with('/') && !text.starts_with("//") && !text.contains('\\');
    let scheme = text
        .split_once("://")
        .map(|(scheme, _)| scheme.to_ascii_lowercase());
    local || matches!(scheme.as_deref(), Some("http" | "https"))
}

/// 0 male or not said, 1 female.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sex(i8);

impl Sex {
    pub fn get(self) -> i8 {
        self.0
    }
}

impl TryFrom<i32> for Sex {
    type Error = Invalid;

    fn try_from(value: i32) -> Result<Self, Invalid> {
        match value {
            0 => Ok(Self(0)),
            1 => Ok(Self(1)),
            _ => Err(Invalid::Sex),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_told_from_other_texts() {
        for fine in [
            "a@b.cn",
            "first.last+tag@mail.example.com",
            "o'neil@x-y.org",
        ] {
            assert!(Email::try_from(fine.to_owned()).is_ok(), "{fine}");
        }
        let long = format!("{}@b.cn", "a".repeat(65));
        for bad in [
            "a",
            "@b.cn",
            "a@",
            "a@b",
            "a@b.",
            "a@.cn",
            "a b@c.cn",
            "a@b@c.cn",
            "a..b@c.cn",
            "a@-b.cn",
            "a@b.cn\n.x",
            "<a@b.cn>",
            "\"a\"@b.cn",
            &long,
        ] {
            assert!(Email::try_from(bad.to_owned()).is_err(), "{bad}");
        }
    }

    #[test]
    fn mobiles_are_digits() {
        for fine in ["12345", "+8613800138000", "12345678901234567890"] {
            assert!(Mobile::try_from(fine.to_owned()).is_ok(), "{fine}");
        }
        for bad in [
            "1234",
            "123456789012345678901",
            "1380013800x",
            "++12345",
            "１２３４５",
        ] {
            assert!(Mobile::try_from(bad.to_owned()).is_err(), "{bad}");
        }
    }

    #[test]
    fn avatars_are_on_the_web_or_here() {
        for fine in [
            "",
            "/a.png",
            "https://cdn.shop.test/a.png",
            "HTTP://x.test/",
        ] {
            assert!(Avatar::try_from(fine.to_owned()).is_ok(), "{fine}");
        }
        for bad in [
            "//x.test/a",
            "/\\x.test/a",
            "\\\\x.test",
            "javascript:x",
            "a.png",
        ] {
            assert!(Avatar::try_from(bad.to_owned()).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_account_has_a_name() {
        let names = |username: &str, mobile: &str| {
            Names::new(username.to_owned(), String::new(), mobile.to_owned()).map(|_| ())
        };
        assert_eq!(names("", " "), Err(Invalid::NoName));
        assert_eq!(names("", "12345"), Ok(()));
        assert_eq!(names("x", "12345"), Err(Invalid::Username));
    }
}
