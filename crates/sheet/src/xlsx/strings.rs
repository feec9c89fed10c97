//! Shared strings: plain text of each, in order.

use std::io::Read;

use crate::{
    Budget, Failure, StringSink,
    container::{Container, corrupt},
    xml::{Tag, Token, Xml, decode_controls, unescape},
};

pub(super) fn read(
    container: &mut Container,
    part: &str,
    budget: &Budget,
    each: StringSink<'_>,
) -> Result<(), Failure> {
    let mut xml = Xml::new(container.xml(part)?, budget.limits.cell_bytes);
    let mut text = String::new();
    let mut keep = false;
    loop {
        match xml.next()? {
            Token::Open(tag) if tag.name == b"sst" && tag.empty => return Ok(()),
            Token::Open(tag) if tag.name == b"sst" => keep = keeps_space(&tag, false),
            Token::Open(tag) if tag.name == b"si" => {
                text.clear();
                let keep = keeps_space(&tag, keep);
                if !tag.empty {
                    read_text(&mut xml, b"si", keep, &mut text)?;
                }
                each(&text)?;
            }
            Token::Close(b"sst") => return Ok(()),
            Token::End => return Err(corrupt("the shared strings end too early")),
            _ => {}
        }
    }
}

/// The plain text inside a string item: runs joined, phonetic readings left out. `keep`: what an
/// element around it says of white space.
pub(super) fn read_text<R: Read>(
    xml: &mut Xml<R>,
    closing: &[u8],
    keep: bool,
    text: &mut String,
) -> Result<(), Failure> {
    let mut phonetic = false;
    // What the run around a text says.
    let mut run = None;
    loop {
        match xml.next()? {
            Token::Open(tag) if tag.name == b"r" => run = Some(keeps_space(&tag, keep)),
            Token::Close(b"r") => run = None,
            Token::Open(tag) if tag.name == b"rPh" => phonetic = !tag.empty,
            Token::Close(b"rPh") => phonetic = false,
            Token::Open(tag) if tag.name == b"t" && !tag.empty && !phonetic => {
                let keep = keeps_space(&tag, run.unwrap_or(keep));
                read_run(xml, keep, text)?;
            }
            Token::Close(name) if name == closing => return Ok(()),
            Token::End => return Err(corrupt("it ends inside a string")),
            _ => {}
        }
    }
}

/// What an element says of the white space in it, or what was said around it.
pub(super) fn keeps_space(tag: &Tag<'_>, around: bool) -> bool {
    match tag.attribute("space") {
        Some(b"preserve") => true,
        Some(b"default") => false,
        _ => around,
    }
}

fn read_run<R: Read>(xml: &mut Xml<R>, keep: bool, text: &mut String) -> Result<(), Failure> {
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
    let trimmed = pieces.trim_matches([' ', '\t', '\r', '\n']);
    // Excel shows a run that is nothing but spaces.
    let spaces = trimmed.is_empty() && !pieces.contains(['\r', '\n']);
    let pieces = if keep || spaces {
        pieces.as_str()
    } else {
        trimmed
    };
    text.push_str(&decode_controls(pieces));
    Ok(())
}
