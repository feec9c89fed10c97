//! Sheet names: fixed words, never a file's name.

use std::collections::HashSet;

/// Excel's limit, in UTF-16 units.
const UNITS_MAX: usize = 31;

#[derive(Default)]
pub(super) struct Names {
    used: HashSet<String>,
}

impl Names {
    /// `变动项目`; with a prefix `Sheet2·变动项目`; a further part gets ` (2)`.
    pub(super) fn take(&mut self, prefix: Option<&str>, word: &str, part: u32) -> String {
        for again in 0_u32.. {
            let dot = prefix.map_or("", |_| "·");
            let nth = match again {
                0 => String::new(),
                _ => format!("~{}", again + 1),
            };
            let part = match part {
                0 | 1 => String::new(),
                _ => format!(" ({part})"),
            };
            let ending = format!("{dot}{word}{nth}{part}");
            let room = UNITS_MAX.saturating_sub(units(&ending));
            let name = format!("{}{ending}", cut(&legal(prefix.unwrap_or_default()), room));
            if self.used.insert(name.to_lowercase()) {
                return name;
            }
        }
        unreachable!("there are more numbers than sheets")
    }
}

fn units(text: &str) -> usize {
    text.encode_utf16().count()
}

fn legal(name: &str) -> String {
    let allowed = |character: char| match character {
        '[' | ']' | ':' | '*' | '?' | '/' | '\\' | '\'' => '_',
        character if character.is_control() => '_',
        character => character,
    };
    name.chars().map(allowed).collect()
}

fn cut(text: &str, room: usize) -> String {
    let mut kept = String::new();
    let mut used = 0;
    for character in text.chars() {
        used += character.len_utf16();
        if used > room {
            break;
        }
        kept.push(character);
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_legal_short_and_unique() {
        let mut names = Names::default();
        assert_eq!(names.take(None, "变动项目", 1), "变动项目");
        assert_eq!(names.take(None, "变动项目", 2), "变动项目 (2)");
        assert_eq!(names.take(Some("a/b'?"), "新增项", 1), "a_b__·新增项");
        assert_eq!(names.take(Some("A/B'?"), "新增项", 1), "A_B__·新增项~2");
        for part in 1..3 {
            let name = names.take(Some(&"😀".repeat(40)), "变动项目", part);
            assert!(units(&name) <= UNITS_MAX, "{name}");
            assert!(name.contains("变动项目"));
        }
    }
}
