//! Spreadsheets as files have them: one reader per format behind one trait, each streaming.

mod biff;
mod budget;
mod compound;
mod container;
mod dates;
mod delimited;
#[cfg(test)]
mod differential;
mod encoding;
mod failure;
mod formats;
mod formula;
mod grid;
mod limits;
mod measure;
mod number;
mod ods;
mod package;
mod sniff;
mod xls;
mod xlsb;
mod xlsx;
mod xml;

use std::path::Path;

pub use budget::Budget;
pub use dates::{date_text, parse_date, parse_time, to_millisecond};
pub use failure::{Failure, FailureCode};
pub use formats::NumberFormat;
pub use formula::relative;
pub use grid::{cell_name, column_name};
pub use limits::Limits;
pub use measure::{Count, measure};
pub use number::{
    WHOLE_MAX, canonical, display, fifteen_digits, is_canonical, parse_decimal, parse_plain,
    parse_written,
};
use serde::{Deserialize, Serialize};
pub use sniff::{FileFormat, sniff};

/// Whether formulas are read as their values, as their texts, or as both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Formula {
    #[default]
    Value,
    Text,
    Both,
}

/// The last row and column a workbook can have, counted from 0.
pub const ROW_LAST: u32 = 1_048_575;
pub const COLUMN_LAST: u32 = 16_383;
/// Where a formula is kept beside its value, it stands so many columns further on.
pub const FORMULAS: u32 = COLUMN_LAST + 1;

/// One row: cells in ascending columns, each column once.
#[derive(Debug, Default)]
pub struct Row {
    /// Counted from 0.
    pub number: u32,
    pub cells: Vec<Cell>,
    /// The texts that spans point into.
    pub text: String,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cell {
    /// Counted from 0.
    pub column: u32,
    pub value: Value,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Value {
    Number {
        value: f64,
        /// It has at most 15 digits and needs no rounding.
        exact: bool,
        /// Into the source's formats.
        format: u16,
    },
    /// Into the source's shared strings.
    Shared(u32),
    Text(Span),
    /// Text of a source that knows no types.
    Untyped(Span),
    Bool(bool),
    Error(Span),
    /// As Excel shows it, with its equals sign.
    Formula(Span),
}

/// A piece of its row's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    start: u32,
    end: u32,
}

impl Row {
    pub fn start(&mut self, number: u32) {
        self.number = number;
        self.cells.clear();
        self.text.clear();
    }

    pub fn slice(&self, span: Span) -> &str {
        self.text
            .get(span.start as usize..span.end as usize)
            .unwrap_or_default()
    }

    /// Adds text and says where it is.
    pub fn keep(&mut self, text: &str) -> Span {
        let start = self.text.len() as u32;
        self.text.push_str(text);
        Span {
            start,
            end: self.text.len() as u32,
        }
    }

    pub fn push(&mut self, column: u32, value: Value) {
        self.cells.push(Cell { column, value });
    }

    /// Puts cells that came in any order into theirs; of a repeated cell the last counts.
    /// Returns how many were repeated.
    pub fn tidy(&mut self) -> u64 {
        let ordered = self
            .cells
            .windows(2)
            .all(|pair| pair[0].column < pair[1].column);
        if ordered {
            return 0;
        }
        let before = self.cells.len();
        self.cells.sort_by_key(|cell| cell.column);
        self.cells.reverse();
        self.cells.dedup_by_key(|cell| cell.column);
        self.cells.reverse();
        (before - self.cells.len()) as u64
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SheetName {
    pub name: String,
    pub visible: bool,
}

/// What was met while reading a sheet, beyond its rows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Facts {
    pub formulas_without_value: u64,
    /// Formulas were wanted, and these could not be read.
    pub formulas_without_text: u64,
    pub repeated_cells: u64,
}

/// Takes rows as they come.
pub type RowSink<'a> = &'a mut dyn FnMut(&mut Row) -> Result<(), Failure>;
/// Takes shared strings in the order of their numbers.
pub type StringSink<'a> = &'a mut dyn FnMut(&str) -> Result<(), Failure>;

/// A file that has sheets of rows.
pub trait RowSource {
    fn sheets(&self) -> &[SheetName];
    /// Complete after the sheets that use them were read.
    fn formats(&self) -> &[NumberFormat];
    /// Whether its texts may have been numbers: true of text files.
    fn is_typed(&self) -> bool;
    fn strings(&mut self, each: StringSink<'_>) -> Result<(), Failure>;
    fn rows(&mut self, sheet: usize, each: RowSink<'_>) -> Result<Facts, Failure>;
    /// Asks for formulas instead of their values, or beside them. False: it has none to give.
    fn keep_formulas(&mut self, wanted: Formula) -> bool {
        wanted == Formula::Value
    }
    /// The encoding that had to be assumed to read the file at all.
    fn assumed_encoding(&self) -> Option<&'static str> {
        None
    }
}

/// Opens a file whose format has been found out.
pub fn open(
    path: &Path,
    format: FileFormat,
    budget: &Budget,
) -> Result<Box<dyn RowSource>, Failure> {
    Ok(match format {
        FileFormat::Xlsx => Box::new(xlsx::Workbook::open(path, budget)?),
        FileFormat::Xlsb => Box::new(xlsb::Workbook::open(path, budget)?),
        FileFormat::Xls => Box::new(xls::Workbook::open(path)?),
        FileFormat::Ods => Box::new(ods::Workbook::open(path, budget)?),
        FileFormat::Delimited => Box::new(delimited::TextFile::open(path, budget)?),
    })
}
