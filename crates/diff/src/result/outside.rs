//! 表外变动: cells in the header and above it, only if there are any.

use super::{Book, page::Page, style::Class};
use crate::{Failure, pair::Pair};

pub(super) fn write(book: &mut Book<'_>, pair: &Pair, prefix: Option<&str>) -> Result<(), Failure> {
    if pair.outside.cells.is_empty() {
        return Ok(());
    }
    let words = book.words;
    let header = [
        words.old_cell,
        words.new_cell,
        words.old_value,
        words.new_value,
    ];
    let header = header.map(str::to_owned).to_vec();
    let mut page = Page::table(book, prefix, words.outside, header, 0)?;
    for cell in &pair.outside.cells {
        page.text(
            book,
            cell.cell1.as_deref().unwrap_or_default(),
            Class::Plain,
        )?;
        page.text(
            book,
            cell.cell2.as_deref().unwrap_or_default(),
            Class::Plain,
        )?;
        page.text(book, &cell.old, Class::Old)?;
        page.text(book, &cell.new, Class::New)?;
        page.end_row(book)?;
    }
    page.finish(book)
}
