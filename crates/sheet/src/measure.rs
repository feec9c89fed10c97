//! What a comparison would read, counted without comparing.

use std::path::Path;

use super::{Budget, Failure, FileFormat, Row, open};

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Count {
    pub inflated_bytes: u64,
    pub rows: u64,
    pub cells: u64,
}

/// Rows and cells of the sheets that a comparison would read.
pub fn measure(
    path: &Path,
    format: FileFormat,
    include_hidden: bool,
    budget: &Budget,
) -> Result<Count, Failure> {
    let mut source = open(path, format, budget)?;
    let mut found = Count::default();
    for sheet in 0..source.sheets().len() {
        if !include_hidden && !source.sheets()[sheet].visible {
            continue;
        }
        let mut rows = 0;
        source.rows(sheet, &mut |row: &mut Row| {
            rows += 1;
            found.rows += 1;
            found.cells += row.cells.len() as u64;
            budget.check_size(rows, found.cells, format)
        })?;
    }
    found.inflated_bytes = budget.bytes();
    Ok(found)
}
