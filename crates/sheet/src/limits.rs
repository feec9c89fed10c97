use serde::{Deserialize, Serialize};

const MIB: u64 = 1024 * 1024;

/// What one comparison may cost. Everything beyond is refused with a coded answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Of one file as uploaded, in bytes.
    pub file_bytes: u64,
    /// Of everything inside one file, unpacked, in bytes.
    pub inflated_bytes: u64,
    /// Filled cells of one file.
    pub cells: u64,
    /// Rows of one sheet of a workbook; the formats themselves end there.
    pub sheet_rows: u64,
    /// Rows of a text file.
    pub text_rows: u64,
    /// Columns that are compared.
    pub columns: u32,
    /// Pairs of sheets.
    pub pairs: u32,
    /// Longest text of one cell, in bytes.
    pub cell_bytes: u64,
    /// Parts of one zip container.
    pub zip_entries: u32,
    /// Cells of the result before context columns are dropped.
    pub output_cells: u64,
    /// Changed rows of a pair of sheets that the preview shows.
    pub preview_rows: u32,
    /// Of the whole preview, in bytes.
    pub preview_bytes: u64,
    /// Address space of the child process, in bytes.
    pub memory_bytes: u64,
    /// Wall time of the child process, in seconds.
    pub wall_s: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            file_bytes: 128 * MIB,
            inflated_bytes: 2048 * MIB,
            cells: 60_000_000,
            sheet_rows: 1_048_576,
            text_rows: 5_000_000,
            columns: 16_384,
            pairs: 256,
            cell_bytes: 256 * 1024,
            zip_entries: 65_535,
            output_cells: 20_000_000,
            preview_rows: 20,
            preview_bytes: 64 * 1024,
            memory_bytes: 1536 * MIB,
            wall_s: 600,
        }
    }
}
