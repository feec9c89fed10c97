//! A streaming XML tokenizer for what spreadsheets use of XML: no entities of their own, no
//! namespaces beyond a prefix. It never holds more than one token and refuses long ones.

use std::{borrow::Cow, io::Read};

use memchr::{memchr, memmem};

use super::container::{corrupt, failure_of};
use crate::{Failure, FailureCode};

const WINDOW: usize = 128 * 1024;

#[derive(Debug, PartialEq)]
pub(crate) enum Token<'a> {
    Open(Tag<'a>),
    /// The local name.
    Close(&'a [u8]),
    /// Still escaped.
    Text(&'a [u8]),
    /// Character data that is not escaped.
    Plain(&'a [u8]),
    End,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Tag<'a> {
    /// Without its prefix.
    pub(crate) name: &'a [u8],
    /// With it.
    pub(crate) qualified: &'a [u8],
    attributes: &'a [u8],
    /// It has no content and no closing tag.
    pub(crate) empty: bool,
}

pub(crate) struct Xml<R> {
    reader: R,
    buffer: Vec<u8>,
    at: usize,
    end: usize,
    done: bool,
    token_max: usize,
}

impl<R: Read> Xml<R> {
    /// `token_max`: the longest text or tag, in bytes.
    pub(crate) fn new(reader: R, token_max: u64) -> Self {
        Self {
            reader,
            buffer: vec![0; WINDOW],
            at: 0,
            end: 0,
            done: false,
            token_max: token_max as usize,
        }
    }

    pub(crate) fn next(&mut self) -> Result<Token<'_>, Failure> {
        loop {
            if self.at == self.end && !self.fill()? {
                return Ok(Token::End);
            }
            if self.buffer[self.at] != b'<' {
                let length = self.find(0, |bytes| memchr(b'<', bytes))?;
                let length = length.unwrap_or(self.end - self.at);
                let start = self.take(length);
                return Ok(Token::Text(&self.buffer[start..start + length]));
            }
            match self.peek(1)? {
                Some(b'/') => {
                    let length = self.tag_length()?;
                    let start = self.take(length);
                    let name = self.buffer[start + 2..start + length - 1].trim_ascii_end();
                    return Ok(Token::Close(local(name)));
                }
                Some(b'?') => self.skip_past(b"?>")?,
                Some(b'!') => {
                    if self.starts_with(b"<!--")? {
                        self.skip_past(b"-->")?;
                    } else if self.starts_with(b"<![CDATA[")? {
                        let length = self.find_past(b"]]>")?;
                        let start = self.take(length);
                        return Ok(Token::Plain(&self.buffer[start + 9..start + length - 3]));
                    } else {
                        return Err(corrupt("a document type declaration"));
                    }
                }
                Some(_) => {
                    let length = self.tag_length()?;
                    let start = self.take(length);
                    return Ok(Token::Open(
                        tag(&self.buffer[start + 1..start + length - 1]),
                    ));
                }
                None => return Err(corrupt("it ends inside a tag")),
            }
        }
    }

    fn take(&mut self, length: usize) -> usize {
        let start = self.at;
        self.at += length;
        start
    }

    /// Reads more behind what is there; false at the end of the input.
    fn fill(&mut self) -> Result<bool, Failure> {
        if self.done {
            return Ok(false);
        }
        if self.at > 0 {
            self.buffer.copy_within(self.at..self.end, 0);
            self.end -= self.at;
            self.at = 0;
        }
        if self.end > self.token_max {
            let message = "单元格文本异常地长,已拒绝";
            return Err(Failure::new(FailureCode::TextTooLong, message));
        }
        if self.end == self.buffer.len() {
            self.buffer.resize(self.buffer.len() * 2, 0);
        }
        let count = self
            .reader
            .read(&mut self.buffer[self.end..])
            .map_err(failure_of)?;
        self.end += count;
        self.done = count == 0;
        Ok(count > 0)
    }

    fn peek(&mut self, ahead: usize) -> Result<Option<u8>, Failure> {
        while self.end - self.at <= ahead {
            if !self.fill()? {
                return Ok(None);
            }
        }
        Ok(Some(self.buffer[self.at + ahead]))
    }

    fn starts_with(&mut self, prefix: &[u8]) -> Result<bool, Failure> {
        self.peek(prefix.len() - 1)?;
        Ok(self.buffer[self.at..self.end].starts_with(prefix))
    }

    /// Where `search` finds something, reading on until it does.
    fn find(
        &mut self,
        from: usize,
        search: impl Fn(&[u8]) -> Option<usize>,
    ) -> Result<Option<usize>, Failure> {
        let mut from = from;
        loop {
            if let Some(found) = search(&self.buffer[self.at + from..self.end]) {
                return Ok(Some(from + found));
            }
            from = self.end - self.at;
            if !self.fill()? {
                return Ok(None);
            }
        }
    }

    fn find_past(&mut self, mark: &[u8]) -> Result<usize, Failure> {
        loop {
            if let Some(found) = memmem::find(&self.buffer[self.at..self.end], mark) {
                return Ok(found + mark.len());
            }
            if !self.fill()? {
                return Err(corrupt("it ends inside a comment or instruction"));
            }
        }
    }

    fn skip_past(&mut self, mark: &[u8]) -> Result<(), Failure> {
        let length = self.find_past(mark)?;
        self.at += length;
        Ok(())
    }

    /// Reads on to the end of the element that was opened last.
    pub(crate) fn skip_element(&mut self) -> Result<(), Failure> {
        let mut depth = 1_u32;
        while depth > 0 {
            match self.next()? {
                Token::Open(tag) if !tag.empty => depth += 1,
                Token::Close(_) => depth -= 1,
                Token::End => return Err(corrupt("it ends inside an element")),
                _ => {}
            }
        }
        Ok(())
    }

    /// Up to and with the `>` that is not inside quotes.
    fn tag_length(&mut self) -> Result<usize, Failure> {
        let mut length = 1;
        let mut quote = 0_u8;
        loop {
            for &byte in &self.buffer[self.at + length..self.end] {
                length += 1;
                match byte {
                    b'>' if quote == 0 => return Ok(length),
                    b'"' | b'\'' if quote == 0 => quote = byte,
                    _ if byte == quote => quote = 0,
                    _ => {}
                }
            }
            if !self.fill()? {
                return Err(corrupt("it ends inside a tag"));
            }
        }
    }
}

fn tag(inner: &[u8]) -> Tag<'_> {
    let empty = inner.last() == Some(&b'/');
    let inner = if empty {
        &inner[..inner.len() - 1]
    } else {
        inner
    };
    let end = inner.iter().position(u8::is_ascii_whitespace);
    let (name, attributes) = inner.split_at(end.unwrap_or(inner.len()));
    Tag {
        name: local(name),
        qualified: name,
        attributes,
        empty,
    }
}

fn local(name: &[u8]) -> &[u8] {
    match name.iter().position(|&byte| byte == b':') {
        Some(colon) => &name[colon + 1..],
        None => name,
    }
}

impl<'a> Tag<'a> {
    /// Names with their prefixes, values still escaped.
    pub(crate) fn attributes(&self) -> Attributes<'a> {
        Attributes(self.attributes)
    }

    /// The value of the attribute with this name, whatever its prefix.
    pub(crate) fn attribute(&self, name: &str) -> Option<&'a [u8]> {
        let mut found = self
            .attributes()
            .filter(|(key, _)| local(key) == name.as_bytes());
        found.next().map(|(_, value)| value)
    }

    pub(crate) fn text(&self, name: &str) -> Result<Option<String>, Failure> {
        let value = self.attribute(name);
        value
            .map(|value| unescape(value).map(Cow::into_owned))
            .transpose()
    }
}

pub(crate) struct Attributes<'a>(&'a [u8]);

impl<'a> Iterator for Attributes<'a> {
    type Item = (&'a [u8], &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let rest = self.0.trim_ascii_start();
        let equals = rest.iter().position(|&byte| byte == b'=')?;
        let name = rest[..equals].trim_ascii_end();
        let value = rest[equals + 1..].trim_ascii_start();
        let (&quote, value) = value.split_first()?;
        let end = value.iter().position(|&byte| byte == quote)?;
        self.0 = &value[end + 1..];
        Some((name, &value[..end]))
    }
}

/// The text that escaped character data stands for, with line ends as XML wants them.
pub(crate) fn unescape(raw: &[u8]) -> Result<Cow<'_, str>, Failure> {
    let text = std::str::from_utf8(raw).map_err(corrupt)?;
    if !raw.iter().any(|byte| matches!(byte, b'&' | b'\r')) {
        return Ok(Cow::Borrowed(text));
    }
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['&', '\r']) {
        plain.push_str(&rest[..at]);
        let special = &rest[at..];
        if let Some(after) = special.strip_prefix('\r') {
            plain.push('\n');
            rest = after.strip_prefix('\n').unwrap_or(after);
            continue;
        }
        let end = special
            .find(';')
            .ok_or_else(|| corrupt("an entity without an end"))?;
        plain.push(entity(&special[1..end])?);
        rest = &special[end + 1..];
    }
    plain.push_str(rest);
    Ok(Cow::Owned(plain))
}

fn entity(name: &str) -> Result<char, Failure> {
    let number = |digits: &str, radix| {
        let code = u32::from_str_radix(digits, radix).ok();
        code.and_then(char::from_u32)
    };
    let character = match name {
        "lt" => Some('<'),
        "gt" => Some('>'),
        "amp" => Some('&'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => match name.strip_prefix('#') {
            Some(digits) => match digits.strip_prefix(['x', 'X']) {
                Some(hex) => number(hex, 16),
                None => number(digits, 10),
            },
            None => None,
        },
    };
    character.ok_or_else(|| corrupt(format!("unknown entity &{name};")))
}

/// Undoes Excel's own escape for what XML cannot hold: `_x000D_`.
pub(crate) fn decode_controls(text: &str) -> Cow<'_, str> {
    if !text.contains("_x") {
        return Cow::Borrowed(text);
    }
    let mut units: Vec<u16> = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("_x") {
        units.extend(rest[..at].encode_utf16());
        let code = rest
            .get(at + 2..at + 6)
            .filter(|_| rest[at + 6..].starts_with('_'));
        let code = code.filter(|code| code.bytes().all(|byte| byte.is_ascii_hexdigit()));
        match code.and_then(|code| u16::from_str_radix(code, 16).ok()) {
            Some(unit) => {
                units.push(unit);
                rest = &rest[at + 7..];
            }
            None => {
                units.extend("_x".encode_utf16());
                rest = &rest[at + 2..];
            }
        }
    }
    units.extend(rest.encode_utf16());
    Cow::Owned(String::from_utf16_lossy(&units))
}
