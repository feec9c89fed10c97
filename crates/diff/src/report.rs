//! What comes out beside the workbook: the summary (`compare.summary/1`), the preview
//! (`compare.preview/1`) and the meter a price is made from.

use serde::{Deserialize, Serialize};

mod build;

pub(super) use build::{pair_report, resolved};

use super::Options;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    pub schema: String,
    pub engine: String,
    pub profile: String,
    pub identical: bool,
    pub files: Vec<FileReport>,
    pub pairs: Vec<PairReport>,
    /// Sheets that have no partner.
    pub sheets: SheetReport,
    pub notices: Vec<Notice>,
    pub output: OutputReport,
    /// The options with every automatic choice filled in: posted back, they repeat the job.
    pub resolved: Options,
    pub timing_ms: Timing,
}

#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct FileReport {
    /// 1 is the old file, 2 the new one.
    pub slot: u8,
    pub name: String,
    pub bytes: u64,
    pub format: String,
    pub sheets: u32,
    /// Filled rows of the sheets that were read.
    pub rows: u64,
    pub cells: u64,
    pub sha256: String,
}

#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct SheetReport {
    pub added: Vec<String>,
    pub removed: Vec<String>,
    pub skipped: Vec<String>,
    /// Of the same name on both sides, without a column in common.
    #[serde(default)]
    pub apart: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct PairReport {
    pub sheet1: String,
    pub sheet2: String,
    /// keyed, sequence or position.
    pub mode: String,
    /// Counted from 1; 0: there is none.
    pub header_row1: u32,
    pub header_row2: u32,
    pub key: KeyReport,
    pub rows: RowCounts,
    pub cells: CellCounts,
    pub columns: ColumnReport,
    /// What differs outside the table.
    #[serde(default)]
    pub outside: OutsideReport,
}

/// Cells in the header and above it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct OutsideReport {
    pub changed: u64,
    /// The first of them.
    pub cells: Vec<OutsideCell>,
}

/// Absent on a side: the row has no partner there.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct OutsideCell {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cell1: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cell2: Option<String>,
    pub old: String,
    pub new: String,
}

#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct KeyReport {
    pub columns: Vec<String>,
    /// auto, given or none.
    pub chosen: String,
    pub confidence: f64,
    pub overlap: f64,
    /// Rows beyond the first of their key.
    pub dup1: u64,
    pub dup2: u64,
    pub blank1: u64,
    pub blank2: u64,
}

/// left = unchanged + changed + removed and right = unchanged + changed + added: keyless and
/// duplicate rows are among them, not beside them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RowCounts {
    pub left: u64,
    pub right: u64,
    pub unchanged: u64,
    pub changed: u64,
    pub added: u64,
    pub removed: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct CellCounts {
    pub changed: u64,
    /// Equal values of different kinds: 1 and "1".
    pub type_only: u64,
    pub within_tolerance: u64,
}

#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct ColumnReport {
    pub common: u32,
    pub added: Vec<String>,
    pub removed: Vec<String>,
    pub renamed: Vec<Renamed>,
    /// Most changes first.
    pub changed: Vec<ColumnChange>,
}

/// A suggestion only: both columns are reported as removed and added.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Renamed {
    pub from: String,
    pub to: String,
    pub agreement: f64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ColumnChange {
    pub name: String,
    pub cells: u64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Notice {
    pub code: NoticeCode,
    pub message: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<u8>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sheet: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    #[serde(default)]
    pub count: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum NoticeCode {
    HeaderNotFound,
    KeyNotFound,
    KeyNoOverlap,
    KeyDuplicate,
    KeyBlank,
    KeyFormatMismatch,
    PrecisionLossSuspected,
    FormulaWithoutCache,
    FormulaWithoutText,
    ImageNotCompared,
    SheetAdded,
    SheetRemoved,
    SheetSkipped,
    EncodingGuessed,
    FooterSeparate,
    CellsRepeated,
    OutsideChanged,
    SheetApart,
    WrittenDifferently,
    DifferenceNotShown,
    TextTruncated,
    OutputReduced,
    OutputTruncated,
    ColumnRenameSuggested,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct OutputReport {
    pub bytes: u64,
    pub sheets: u32,
    pub truncated: bool,
}

/// Wall time by stage, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Timing {
    pub preflight: u64,
    pub parse: u64,
    pub join: u64,
    pub write: u64,
}

/// What a comparison of these two files would read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Meter {
    pub schema: String,
    pub sides: Vec<MeterSide>,
}

#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct MeterSide {
    pub slot: u8,
    pub bytes: u64,
    pub inflated_bytes: u64,
    pub format: String,
    pub rows: u64,
    pub cells: u64,
    pub sha256: String,
}

/// The first differences of each pair, in the order of the workbook.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Preview {
    pub schema: String,
    pub pairs: Vec<PreviewPair>,
}

#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct PreviewPair {
    pub sheet1: String,
    pub sheet2: String,
    pub key: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub outside: Vec<OutsideCell>,
    pub changed: Vec<PreviewRow>,
    pub added: Vec<PreviewRow>,
    pub removed: Vec<PreviewRow>,
}

#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct PreviewRow {
    /// The key's values, or empty without a key.
    pub key: Vec<String>,
    /// Row numbers counted from 1; absent on the side that lacks the row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub row1: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub row2: Option<u32>,
    pub cells: Vec<PreviewCell>,
}

/// A changed cell has both values, a cell of an added or removed row one.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct PreviewCell {
    pub column: String,
    /// Where it stands, on the sides that have it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cell1: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cell2: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub old: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new: Option<String>,
    /// blank, number, date, text, bool or error: of the new value, else of the old.
    pub kind: String,
}
