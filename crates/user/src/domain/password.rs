//! Passwords that are to be set: long enough, and not one of those that are tried first.

use secrecy::SecretString;

use super::Invalid;

/// One a line, in lower case: what leaked most often, of eight letters and more.
const COMMON: &str = include_str!("common_passwords.txt");
const CHARS_MIN: usize = 8;
const CHARS_MAX: usize = 128;

/// A password that is to be set. Older, shorter ones still log in.
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
        let fits = (CHARS_MIN..=CHARS_MAX).contains(&text.chars().count());
        let common = is_common(&text);
        let secret = SecretString::from(text);
        match (fits, common) {
            (false, _) => Err(Invalid::Password),
            (true, true) => Err(Invalid::CommonPassword),
            (true, false) => Ok(Self(secret)),
        }
    }
}

/// Listed, one letter again and again, or letters that follow each other.
fn is_common(text: &str) -> bool {
    let text = text.trim().to_lowercase();
    let step = |by: i64| {
        let codes = text.chars().map(|c| i64::from(u32::from(c)));
        codes
            .clone()
            .zip(codes.skip(1))
            .all(|(one, next)| next - one == by)
    };
    COMMON.lines().any(|line| line == text) || [-1, 0, 1].into_iter().any(step)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> Option<Invalid> {
        NewPassword::try_from(text.to_owned()).err()
    }

    #[test]
    fn passwords_are_counted_in_letters_and_have_no_other_rules() {
        assert_eq!(refused("x7#pQw1"), Some(Invalid::Password));
        assert_eq!(refused("correct horse"), None);
        assert_eq!(refused("密码密码密码密马"), None);
        assert_eq!(refused(&"密码".repeat(64)), None);
        assert_eq!(refused(&"ab".repeat(65)), Some(Invalid::Password));
    }

    #[test]
    fn what_is_tried_first_is_refused() {
        for bad in [
            "password",
            "Password1",
            "12345678",
            "87654321",
            "88888888",
            "abcdefgh",
            "QWERTYUIOP",
            "5201314520",
            "woaini1314",
            "iloveyou",
            "1q2w3e4r",
            "zzzzzzzzzzzzzzzz",
        ] {
            assert_eq!(refused(bad), Some(Invalid::CommonPassword), "{bad}");
        }
        let mut lines: Vec<_> = COMMON.lines().collect();
        let listed = lines.len();
        lines.sort_unstable();
        lines.dedup();
        assert_eq!(lines.len(), listed, "each is listed once");
        let short = |line: &&str| line.chars().count() < CHARS_MIN || **line != line.to_lowercase();
        assert_eq!(lines.into_iter().find(short), None);
    }
}
