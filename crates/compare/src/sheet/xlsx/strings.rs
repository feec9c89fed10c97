//! Shared strings: plain text of each, in order.

use std::io::Read;

use super::super::{
    Budget, StringSink,
    container::{Container, corrupt},
    xml::{Tag, Token, Xml, decode_controls, unescape},
};
use crate::engine::Failure;

pub(super) fn read(
    container: &mut Container,
    part: &str,
    budget: &Budget,
    each: StringSink<'_>,
) -> Result<(), Failure> {
    let mut xml = Xml::new(container.part(part)?, budget.limits.cell_bytes);
    let mut text = String::new();
    loop {
        match xml.next()? {
            Token::Open(tag) if tag.name == b"si" => {
                text.clear();
                if !tag.empty {
                    read_text(&mut xml, b"si", &mut text)?;
                }
                each(&text)?;
            }
            Token::Close(b"sst") => return Ok(()),
            Token::End => return Err(corrupt("the shared strings end too early")),
            _ => {}
        }
    }
}

/// The plain text inside a string item: runs joined, phonetic readings left out.
pub(super) fn read_text<R: Read>(
    xml: &mut Xml<R>,
    closing: &[u8],
    text: &mut String,
) -> Result<(), Failure> {
    let mut phonetic = false;
    loop {
        match xml.next()? {
            Token::Open(tag) if tag.name == b"rPh" => phonetic = !tag.empty,
            Token::Close(b"rPh") => phonetic = false,
            Token::Open(tag) if tag.name == b"t" && !tag.empty && !phonetic => {
                let preserve = keeps_space(&tag);
                read_run(xml, preserve, text)?;
            }
            Token::Close(name) if name == closing => return Ok(()),
            Token::End => return Err(corrupt("it ends inside a string")),
            _ => {}
        }
    }
}

fn keeps_space(tag: &Tag<'_>) -> bool {
    tag.attribute("space") == Some(b"preserve")
}

fn read_run<R: Read>(xml: &mut Xml<R>, preserve: bool, text: &mut String) -> Result<(), Failure> {
    let mut pieces = String::new();
    loop {
        match xml.next()? {
            Token::Text(raw) => pieces.push_str(&unescape(raw)?),
            Token::Plain(raw) => pieces.push_str(std::str::from_utf8(raw).map_err(corrupt)?),
            Token::Close(b"t") => break,
            Token::End => return Err(corrupt("it ends inside a string")),
            Token::Open(_) | Token::Close(_) => {}
        }
    }
    let pieces = if preserve {
        pieces.as_str()
    } else {
        pieces.trim_matches([' ', '\t', '\r', '\n'])
    };
    text.push_str(&decode_controls(pieces));
    Ok(())
}
