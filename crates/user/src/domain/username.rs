//! Usernames: as typed, and in the one form by which they are found, unique, counted and reserved.

use unicode_normalization::UnicodeNormalization;
use unicode_security::{
    RestrictionLevel, RestrictionLevelDetection, confusable_detection::skeleton,
};

use super::Invalid;

/// A name that is no e-mail address and does not pass for another script's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Username {
    typed: String,
    canonical: String,
}

impl Username {
    pub fn as_str(&self) -> &str {
        &self.typed
    }

    pub fn canonical(&self) -> &str {
        &self.canonical
    }
}

/// NFKC, lower case, trimmed. NFKC twice, because lower case may undo it; trimmed last, because it makes
/// blanks of accents that stand alone.
pub fn canonical(text: &str) -> String {
    let lower: String = text.nfkc().collect::<String>().to_lowercase();
    let form: String = lower.nfkc().collect();
    form.trim().to_owned()
}

impl TryFrom<String> for Username {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        let typed = text.trim().to_owned();
        let canonical = canonical(&typed);
        let letter = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-');
        let fits = |text: &str| (3..=50).contains(&text.chars().count());
        if !fits(&typed) || !fits(&canonical) || !canonical.chars().all(letter) {
            return Err(Invalid::Username);
        }
        // In capitals as well, if it was typed so: that is what others see.
        let shown: String = typed.nfkc().collect();
        if looks_like_another(&canonical) || looks_like_another(&shown) {
            return Err(Invalid::Lookalike);
        }
        Ok(Self { typed, canonical })
    }
}

/// UTS 39: one script, or Chinese, Japanese or Korean with Latin letters; and no name whose letters all
/// look like plain ones, as Cyrillic `раураl` does.
fn looks_like_another(name: &str) -> bool {
    if name.is_ascii() {
        return false;
    }
    !name.check_restriction_level(RestrictionLevel::HighlyRestrictive)
        || skeleton(name).all(|c| c.is_ascii())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn username(text: &str) -> Result<String, Invalid> {
        Username::try_from(text.to_owned()).map(|name| name.canonical)
    }

    #[test]
    fn names_have_one_form() {
        for same in [
            "admin",
            " Admin ",
            "ADMIN",
            "ａｄｍｉｎ",
            "Ａdmin",
            "\u{2003}admin",
        ] {
            assert_eq!(username(same).as_deref(), Ok("admin"), "{same}");
        }
        assert_ne!(username("ádmin").as_deref(), Ok("admin"));
        assert_eq!(username("Séc_1"), username("se\u{301}c_1"));
        for fine in [
            "bob",
            "小明同学",
            "小明bob",
            "a.b-c_d",
            "13800138000",
            "さくら",
            "José",
        ] {
            assert!(username(fine).is_ok(), "{fine}");
        }
    }

    #[test]
    fn lookalikes_are_refused() {
        for bad in ["аdmin", "раураl", "ѕсоре", "pаypal", "αdmin", "ΒΟΒ"] {
            assert!(username(bad).is_err(), "{bad}");
        }
        for bad in [
            "ab",
            "a@b.cn",
            "a b c",
            "a\0bc",
            "<b>x",
            "a#1",
            &"x".repeat(51),
        ] {
            assert_eq!(username(bad), Err(Invalid::Username), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn the_canonical_form_is_its_own(text in any::<String>()) {
            let once = canonical(&text);
            prop_assert_eq!(canonical(&once), once.clone());
            if let Ok(name) = Username::try_from(text) {
                let again = Username::try_from(name.canonical).unwrap();
                prop_assert_eq!(again.canonical, once);
            }
        }
    }
}
