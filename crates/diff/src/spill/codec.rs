//! How a row is written: a tag per cell, small numbers in few bytes.

use crate::value::Digest;

/// One row as it was spilled.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Record {
    /// In its sheet, counted from 0.
    pub(crate) number: u32,
    pub(crate) cells: Vec<StoredCell>,
    /// The texts that cells point into.
    pub(crate) text: String,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct StoredCell {
    pub(crate) column: u32,
    pub(crate) value: Stored,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Stored {
    Number {
        value: f64,
        exact: bool,
        format: u16,
    },
    Shared(u32),
    /// From `start` to `end` of the row's text, and its fingerprint.
    Text {
        start: u32,
        end: u32,
        digest: Digest,
        note: TextNote,
    },
    Bool(bool),
}

/// What a text turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum TextNote {
    Plain,
    /// It can be read as a date, if its column holds dates.
    Date,
    /// It came without a type and is a number.
    Number,
    NumberOrDate,
    Bool,
    /// An error code, not a text.
    Error,
    Image,
}

impl TextNote {
    const ALL: [Self; 7] = [
        Self::Plain,
        Self::Date,
        Self::Number,
        Self::NumberOrDate,
        Self::Bool,
        Self::Error,
        Self::Image,
    ];
}

impl Record {
    pub(crate) fn clear(&mut self) {
        self.cells.clear();
        self.text.clear();
    }

    pub(crate) fn slice(&self, start: u32, end: u32) -> &str {
        self.text
            .get(start as usize..end as usize)
            .unwrap_or_default()
    }

    pub(crate) fn cell(&self, column: u32) -> Option<&StoredCell> {
        let found = self.cells.binary_search_by_key(&column, |cell| cell.column);
        found.ok().map(|at| &self.cells[at])
    }
}

const KIND: u8 = 0b111;
const INTEGER: u8 = 0;
const FLOAT: u8 = 1;
const SHARED: u8 = 2;
const TEXT: u8 = 3;
const FALSE: u8 = 4;
const TRUE: u8 = 5;
/// The column is the one after the last cell's.
const NEXT: u8 = 0b1000;
const FORMATTED: u8 = 0b1_0000;
const EXACT: u8 = 0b10_0000;

const INTEGER_MAX: f64 = 9_007_199_254_740_992.0;

pub(super) fn encode(record: &Record, bytes: &mut Vec<u8>) {
    bytes.extend(record.number.to_le_bytes());
    let mut next = 0;
    for cell in &record.cells {
        let mut tag = match cell.value {
            Stored::Number {
                value,
                exact,
                format,
            } => {
                let integer = value.fract() == 0.0 && value.abs() < INTEGER_MAX;
                let kind = if integer && value.to_bits() != (-0.0_f64).to_bits() {
                    INTEGER
                } else {
                    FLOAT
                };
                kind | if format > 0 { FORMATTED } else { 0 } | if exact { EXACT } else { 0 }
            }
            Stored::Shared(_) => SHARED,
            Stored::Text { .. } => TEXT,
            Stored::Bool(value) => FALSE + u8::from(value),
        };
        if cell.column == next {
            tag |= NEXT;
        }
        bytes.push(tag);
        if tag & NEXT == 0 {
            varint(u64::from(cell.column), bytes);
        }
        next = cell.column + 1;
        match cell.value {
            Stored::Number { value, format, .. } => {
                if format > 0 {
                    varint(u64::from(format), bytes);
                }
                if tag & KIND == INTEGER {
                    let value = value as i64;
                    varint(((value << 1) ^ (value >> 63)) as u64, bytes);
                } else {
                    bytes.extend(value.to_le_bytes());
                }
            }
            Stored::Shared(index) => varint(u64::from(index), bytes),
            Stored::Text {
                start,
                end,
                digest,
                note,
            } => {
                bytes.push(note as u8);
                bytes.extend(digest.to_le_bytes());
                let text = record.slice(start, end);
                varint(text.len() as u64, bytes);
                bytes.extend(text.as_bytes());
            }
            Stored::Bool(_) => {}
        }
    }
}

fn varint(mut value: u64, bytes: &mut Vec<u8>) {
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
}

/// `None`: these bytes were not written by [`encode`].
pub(super) fn decode(bytes: &[u8], record: &mut Record) -> Option<()> {
    record.clear();
    let mut input = Input(bytes);
    record.number = u32::from_le_bytes(input.array()?);
    let mut next = 0;
    while let Some(tag) = input.byte() {
        let column = if tag & NEXT != 0 {
            next
        } else {
            input.varint()? as u32
        };
        next = column + 1;
        let value = match tag & KIND {
            kind @ (INTEGER | FLOAT) => {
                let format = if tag & FORMATTED != 0 {
                    input.varint()? as u16
                } else {
                    0
                };
                let value = if kind == INTEGER {
                    let zigzag = input.varint()?;
                    ((zigzag >> 1) as i64 ^ -((zigzag & 1) as i64)) as f64
                } else {
                    f64::from_le_bytes(input.array()?)
                };
                Stored::Number {
                    value,
                    exact: tag & EXACT != 0,
                    format,
                }
            }
            SHARED => Stored::Shared(input.varint()? as u32),
            TEXT => {
                let note = *TextNote::ALL.get(usize::from(input.byte()?))?;
                let digest = Digest::from_le_bytes(input.array()?);
                let length = input.varint()? as usize;
                let start = record.text.len() as u32;
                record
                    .text
                    .push_str(std::str::from_utf8(input.take(length)?).ok()?);
                Stored::Text {
                    start,
                    end: record.text.len() as u32,
                    digest,
                    note,
                }
            }
            FALSE => Stored::Bool(false),
            TRUE => Stored::Bool(true),
            _ => return None,
        };
        record.cells.push(StoredCell { column, value });
    }
    Some(())
}

struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    fn byte(&mut self) -> Option<u8> {
        let (&byte, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(byte)
    }

    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }

    fn varint(&mut self) -> Option<u64> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7F) << shift;
            if byte < 0x80 {
                return Some(value);
            }
        }
        None
    }
}
