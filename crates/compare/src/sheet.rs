//! Spreadsheets as files have them: one reader per format behind one trait, each streaming.

mod budget;
mod container;
mod delimited;
#[cfg(test)]
mod differential;
mod encoding;
mod formula;
mod grid;
mod library;
mod preflight;
mod sniff;
mod xlsx;
mod xml;

use std::path::Path;

pub(crate) use budget::Budget;
pub(crate) use formula::relative;
pub(crate) use grid::{cell_name, column_name};
use preflight::count;
pub(crate) use preflight::measure;
pub(crate) use sniff::{FileFormat, sniff};

use crate::engine::{Failure, Formula};

/// The last row and column a workbook can have, counted from 0.
pub(crate) const ROW_LAST: u32 = 1_048_575;
pub(crate) const COLUMN_LAST: u32 = 16_383;
/// Where a formula is kept beside its value, it stands so many columns further on.
pub(crate) const FORMULAS: u32 = COLUMN_LAST + 1;

/// One row: cells in ascending columns, each column once.
#[derive(Debug, Default)]
pub(crate) struct Row {
    /// Counted from 0.
    pub(crate) number: u32,
    pub(crate) cells: Vec<Cell>,
    /// The texts that spans point into.
    pub(crate) text: String,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Cell {
    /// Counted from 0.
    pub(crate) column: u32,
    pub(crate) value: Value,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Value {
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
pub(crate) struct Span {
    start: u32,
    end: u32,
}

impl Row {
    pub(crate) fn start(&mut self, number: u32) {
        self.number = number;
        self.cells.clear();
        self.text.clear();
    }

    pub(crate) fn slice(&self, span: Span) -> &str {
        self.text
            .get(span.start as usize..span.end as usize)
            .unwrap_or_default()
    }

    /// Adds text and says where it is.
    pub(crate) fn keep(&mut self, text: &str) -> Span {
        let start = self.text.len() as u32;
        self.text.push_str(text);
        Span {
            start,
            end: self.text.len() as u32,
        }
    }

    pub(crate) fn push(&mut self, column: u32, value: Value) {
        self.cells.push(Cell { column, value });
    }

    /// Puts cells that came in any order into theirs; of a repeated cell the last counts.
    /// Returns how many were repeated.
    pub(crate) fn tidy(&mut self) -> u64 {
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
pub(crate) struct SheetName {
    pub(crate) name: String,
    pub(crate) visible: bool,
}

/// How a number is shown.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct NumberFormat {
    /// As Excel writes it; empty: general.
    pub(crate) code: String,
    pub(crate) is_date: bool,
}

/// What was met while reading a sheet, beyond its rows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Facts {
    pub(crate) formulas_without_value: u64,
    /// Formulas were wanted, and these could not be read.
    pub(crate) formulas_without_text: u64,
    pub(crate) repeated_cells: u64,
}

/// Takes rows as they come.
pub(crate) type RowSink<'a> = &'a mut dyn FnMut(&mut Row) -> Result<(), Failure>;
/// Takes shared strings in the order of their numbers.
pub(crate) type StringSink<'a> = &'a mut dyn FnMut(&str) -> Result<(), Failure>;

/// A file that has sheets of rows.
pub(crate) trait RowSource {
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
pub(crate) fn open(
    path: &Path,
    format: FileFormat,
    budget: &Budget,
) -> Result<Box<dyn RowSource>, Failure> {
    match format {
        FileFormat::Xlsx => match xlsx::Workbook::open(path, budget) {
            Ok(workbook) => Ok(Box::new(workbook)),
            Err(xlsx::Refusal::Uncommon) => {
                count(path, format, budget)?;
                library::open(path, format)
            }
            Err(xlsx::Refusal::Failed(failure)) => Err(failure),
        },
        FileFormat::Xlsb | FileFormat::Ods => {
            // The library trusts the counts in a file; this finds out first whether they hold.
            count(path, format, budget)?;
            library::open(path, format)
        }
        FileFormat::Xls => library::open(path, format),
        FileFormat::Delimited => Ok(Box::new(delimited::TextFile::open(path, budget)?)),
    }
}
