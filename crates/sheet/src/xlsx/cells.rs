//! The cells of a sheet, row by row.

use std::io::Read;

use formula::Formulas;

use super::strings::{keeps_space, read_text};
use crate::{
    Budget, Facts, Failure, FailureCode, Formula, ROW_LAST, Row, RowSink, Value,
    container::corrupt,
    formats::Formats,
    grid::{cell_name, parse_cell},
    parse_date, parse_decimal,
    xml::{Tag, Token, Xml, decode_controls, unescape},
};

pub(super) struct Reader<'a, R> {
    xml: Xml<R>,
    styles: &'a Formats,
    row: Row,
    /// Where a cell without a reference stands.
    next_row: u32,
    next_column: u32,
    /// What a cell holds, reused.
    value: Vec<u8>,
    text: String,
    facts: Facts,
    formulas: Formulas,
    /// What an element around says of white space.
    keep: bool,
}

#[derive(Clone, Copy)]
struct Head {
    column: u32,
    format: u16,
    kind: CellType,
}

#[derive(Clone, Copy, PartialEq)]
enum CellType {
    /// `t` is absent.
    Untold,
    Number,
    Shared,
    Text,
    Inline,
    Bool,
    Error,
    Date,
    /// Not in the standard: its text is all that is known.
    Other,
}

impl<'a, R: Read> Reader<'a, R> {
    pub(super) fn new(part: R, styles: &'a Formats, budget: &Budget, formulas: Formula) -> Self {
        Self {
            xml: Xml::new(part, budget.limits.cell_bytes),
            styles,
            row: Row::default(),
            next_row: 0,
            next_column: 0,
            value: Vec::new(),
            text: String::new(),
            facts: Facts::default(),
            formulas: Formulas::new(formulas),
            keep: false,
        }
    }

    pub(super) fn read(&mut self, each: RowSink<'_>) -> Result<Facts, Failure> {
        let mut in_data = false;
        loop {
            match self.xml.next()? {
                Token::Open(tag) if tag.name == b"c" && in_data => {
                    let empty = tag.empty;
                    let facts = tag_facts(&tag);
                    let head = self.head(&facts, each)?;
                    if !empty {
                        self.cell(head)?;
                    }
                    self.next_column = head.column + 1;
                }
                Token::Open(tag) if tag.name == b"row" && in_data => {
                    let number = tag.attribute("r");
                    let number = number.map_or(Place::Untold, |digits| {
                        parse_row(digits).map_or(Place::Nowhere, Place::At)
                    });
                    let empty = tag.empty;
                    self.start_row(number, each)?;
                    if empty {
                        self.next_row += 1;
                    }
                }
                Token::Close(b"row") => {
                    self.flush(each)?;
                    self.next_row += 1;
                    self.next_column = 0;
                }
                Token::Open(tag) if tag.name == b"worksheet" => {
                    self.keep = keeps_space(&tag, false);
                }
                Token::Open(tag) if tag.name == b"sheetData" => {
                    in_data = !tag.empty;
                    if tag.empty {
                        return Ok(self.facts);
                    }
                }
                Token::Close(b"sheetData") => {
                    self.flush(each)?;
                    return Ok(self.facts);
                }
                Token::End => return Err(corrupt("the sheet ends too early")),
                _ => {}
            }
        }
    }

    fn start_row(&mut self, number: Place<u32>, each: RowSink<'_>) -> Result<(), Failure> {
        self.flush(each)?;
        match number {
            Place::Untold => {}
            Place::Nowhere => return Err(unreadable("行号超出范围", self.next_row, 0)),
            Place::At(number) => self.next_row = number,
        }
        self.row.start(self.next_row);
        self.next_column = 0;
        Ok(())
    }

    fn flush(&mut self, each: RowSink<'_>) -> Result<(), Failure> {
        if self.row.cells.is_empty() {
            return Ok(());
        }
        self.facts.repeated_cells += self.row.tidy();
        each(&mut self.row)?;
        self.row.start(self.next_row);
        Ok(())
    }
}

/// Where a row or a cell says that it stands.
#[derive(Clone, Copy)]
enum Place<T> {
    /// After the one before.
    Untold,
    /// Beyond the grid, or not readable.
    Nowhere,
    At(T),
}

/// A cell's attributes, free of the token that had them.
struct CellFacts {
    place: Place<(u32, u32)>,
    style: usize,
    kind: CellType,
}

fn tag_facts(tag: &Tag<'_>) -> CellFacts {
    let mut facts = CellFacts {
        place: Place::Untold,
        style: 0,
        kind: CellType::Untold,
    };
    for (name, value) in tag.attributes() {
        match name {
            b"r" => facts.place = parse_cell(value).map_or(Place::Nowhere, Place::At),
            b"s" => facts.style = parse_index(value).map_or(0, |style| style as usize),
            b"t" => {
                facts.kind = match value {
                    b"s" => CellType::Shared,
                    b"n" => CellType::Number,
                    b"str" => CellType::Text,
                    b"inlineStr" | b"is" => CellType::Inline,
                    b"b" => CellType::Bool,
                    b"e" => CellType::Error,
                    b"d" => CellType::Date,
                    _ => CellType::Other,
                }
            }
            _ => {}
        }
    }
    facts
}

fn parse_index(digits: &[u8]) -> Option<u32> {
    if digits.is_empty() || digits.len() > 9 {
        return None;
    }
    digits.iter().try_fold(0_u32, |number, byte| {
        byte.is_ascii_digit()
            .then(|| number * 10 + u32::from(byte - b'0'))
    })
}

fn parse_row(digits: &[u8]) -> Option<u32> {
    let row = parse_index(digits)?.checked_sub(1)?;
    (row <= ROW_LAST).then_some(row)
}

fn unreadable(what: &str, row: u32, column: u32) -> Failure {
    Failure::new(FailureCode::ParseError, what).with("cell", cell_name(row, column))
}

mod formula;
mod value;
