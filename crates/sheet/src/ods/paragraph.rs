//! The text of a cell: its paragraphs as lines, white space as the format wants it.

use std::io::Read;

use super::is_foreign;
use crate::{
    Failure,
    container::corrupt,
    xml::{Tag, Token, Xml, unescape},
};

/// Adds a paragraph, up to its closing tag, to a text that has others already.
pub(super) fn read<R: Read>(xml: &mut Xml<R>, text: &mut String) -> Result<(), Failure> {
    let mut line = Line::default();
    let mut depth = 1_u32;
    while depth > 0 {
        match xml.next()? {
            Token::Text(raw) => line.text(&unescape(raw)?),
            Token::Plain(raw) => line.text(std::str::from_utf8(raw).map_err(corrupt)?),
            Token::Open(tag) if is_foreign(&tag) => xml.skip_element()?,
            Token::Open(tag) => {
                line.element(&tag);
                depth += u32::from(!tag.empty);
            }
            Token::Close(_) => depth -= 1,
            Token::End => return Err(corrupt("it ends inside a text")),
        }
    }
    text.push_str(&line.text);
    Ok(())
}

/// White space of any length is one space, and none at the beginning; spaces that count are
/// elements.
#[derive(Default)]
struct Line {
    text: String,
    in_space: bool,
}

/// Spaces that one element may stand for.
const SPACES_MAX: usize = 32_767;

impl Line {
    fn text(&mut self, text: &str) {
        for character in text.chars() {
            if !matches!(character, ' ' | '\t' | '\r' | '\n') {
                if std::mem::take(&mut self.in_space) {
                    self.text.push(' ');
                }
                self.text.push(character);
            } else if !self.text.is_empty() {
                self.in_space = true;
            }
        }
    }

    fn element(&mut self, tag: &Tag<'_>) {
        let space = match tag.name {
            b"s" => {
                let count = tag.attribute("c").map(String::from_utf8_lossy);
                let count = count.and_then(|count| count.parse().ok()).unwrap_or(1);
                " ".repeat(count.min(SPACES_MAX))
            }
            b"tab" => "\t".to_owned(),
            b"line-break" => "\n".to_owned(),
            _ => return,
        };
        if std::mem::take(&mut self.in_space) {
            self.text.push(' ');
        }
        self.text.push_str(&space);
    }
}
