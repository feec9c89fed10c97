//! Text as people read it: what does not show does not count.

use std::borrow::Cow;

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

#[derive(Debug, Clone, Copy)]
pub(super) struct Fold {
    pub(super) trim: bool,
    /// Runs of spaces become one.
    pub(super) collapse: bool,
    /// Full-width ASCII becomes ASCII. Not NFKC, which would also merge ① with 1.
    pub(super) width: bool,
    pub(super) case: bool,
}

impl Fold {
    pub(super) fn apply(self, raw: &str) -> Cow<'_, str> {
        if self.leaves_alone(raw) {
            return Cow::Borrowed(if self.trim {
                raw.trim_matches(' ')
            } else {
                raw
            });
        }
        let mut folded = String::with_capacity(raw.len());
        let mut characters = raw.chars().peekable();
        while let Some(character) = characters.next() {
            match character {
                '\r' => {
                    if characters.peek() != Some(&'\n') {
                        folded.push('\n');
                    }
                }
                // Zero-width characters and the byte order mark.
                '\u{200B}'..='\u{200D}' | '\u{2060}' | '\u{FEFF}' => {}
                '\u{FF01}'..='\u{FF5E}' if self.width => {
                    folded.extend(char::from_u32(character as u32 - 0xFEE0));
                }
                '\u{3000}' | '\u{00A0}' if self.width => folded.push(' '),
                other => folded.push(other),
            }
        }
        self.finish(folded)
    }

    fn finish(self, mut folded: String) -> Cow<'static, str> {
        if self.collapse {
            folded = collapse(&folded);
        }
        if self.case {
            folded = folded.to_lowercase();
        }
        // Last, because folding can bring a letter and its accent together.
        if is_nfc_quick(folded.chars()) != IsNormalized::Yes {
            folded = folded.nfc().collect();
        }
        if self.trim {
            let trimmed = folded.trim();
            if trimmed.len() != folded.len() {
                folded = trimmed.to_owned();
            }
        }
        Cow::Owned(folded)
    }

    /// Most text is plain ASCII or common Han and needs no work: decided without decoding it.
    fn leaves_alone(self, raw: &str) -> bool {
        if self.case || self.collapse {
            return false;
        }
        let bytes = raw.as_bytes();
        let mut at = 0;
        while let Some(&byte) = bytes.get(at) {
            match byte {
                // Line ends, tabs and other controls may need trimming or folding.
                0x20..=0x7E => at += 1,
                // U+4000 to U+9FFF: three bytes, all letters.
                0xE4..=0xE9 => at += 3,
                _ => return false,
            }
        }
        true
    }
}

fn collapse(text: &str) -> String {
    let mut collapsed = String::with_capacity(text.len());
    let mut in_space = false;
    for character in text.chars() {
        let space = character.is_whitespace();
        if !space {
            collapsed.push(character);
        } else if !in_space {
            collapsed.push(' ');
        }
        in_space = space;
    }
    collapsed
}
