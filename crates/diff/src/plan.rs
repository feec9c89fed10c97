//! What is compared with what: sheets, header rows, columns. Decided from the first rows and the
//! column facts, the same way whichever file is the old one.

mod columns;
mod header;
mod sheets;

pub(crate) use columns::{Layout, Slot, column_missing, match_columns};
pub(crate) use header::{Head, HeadRow, choose_headers, read_head};
pub(crate) use sheets::{SheetPairs, pair_sheets};
