//! The comparison itself: two spreadsheets in, a result workbook, a summary and a preview out.
//!
//! Pure and blocking: no server, no runtime, no clock. Callers run it in a child process, because a
//! hostile file may take the whole process with it.

mod difference;
mod index;
mod key;
mod lens;
mod notice;
mod options;
mod outside;
mod pair;
mod pairing;
mod plan;
mod progress;
mod renames;
mod report;
mod result;
mod run;
mod sequence;
mod side;
mod spill;
mod strings;
mod table;
mod value;
mod words;

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
pub use sheet::{Failure, FailureCode, Formula, Limits};

pub use options::{
    ColumnMatch, Columns, Duplicates, Footer, Header, HeaderMode, Key, KeyMode, Keyless, Lang,
    Layout, Mode, NumberText, Options, Output, SheetMatch, SheetPair, Sheets, TextCase, Tolerance,
    Values, ZeroPrefix,
};
pub use progress::{Progress, Stage};
pub use report::{
    CellCounts, ColumnChange, ColumnReport, FileReport, KeyReport, Meter, MeterSide, Notice,
    NoticeCode, OutputReport, OutsideCell, OutsideReport, PairReport, Preview, PreviewCell,
    PreviewPair, PreviewRow, Renamed, RowCounts, SheetReport, Summary, Timing,
};

/// The version that goes into every summary and result.
pub const VERSION: &str = "1.0.0";

/// One comparison: everything it reads, writes and must keep to.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    pub left: Input,
    pub right: Input,
    #[serde(default)]
    pub options: Options,
    /// Where the result workbook goes; with `output.csv`, a zip of it and its sheets as text.
    pub result: PathBuf,
    /// Where the preview (JSON) goes.
    pub preview: PathBuf,
    /// A folder of this comparison's own for what does not fit in memory; the caller removes it.
    pub scratch: PathBuf,
    #[serde(default)]
    pub limits: Limits,
    /// When the job was made, in Unix milliseconds: the result says so.
    #[serde(default)]
    pub created_ms: i64,
}

/// One of the two files.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Input {
    pub path: PathBuf,
    /// What its owner calls it; the path means nothing to them.
    pub name: String,
}

/// Compares the two files and writes the result workbook and the preview.
pub fn compare(request: &Request, progress: &mut dyn FnMut(Progress)) -> Result<Summary, Failure> {
    request.options.validate()?;
    run::compare(request, progress)
}

/// Counts what a comparison would read, without comparing: what a price is made from.
pub fn quote(request: &Request) -> Result<Meter, Failure> {
    request.options.validate()?;
    run::quote(request)
}
