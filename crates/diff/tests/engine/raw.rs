//! Files written byte by byte: what real writers do and libraries for writing do not.

pub(crate) mod ods;
pub(crate) mod xls;
pub(crate) mod xlsb;
pub(crate) mod xlsx;

use super::support::Cell;

/// A table's cells with their places, blanks left out.
fn cells(row: &[Cell]) -> impl Iterator<Item = (u32, &Cell)> {
    (0..).zip(row).filter(|(_, cell)| **cell != Cell::Blank)
}

fn wide(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}
