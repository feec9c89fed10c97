//! 问题: what should be looked at, only if there is anything.

use super::{Book, page::Page, style::Class};
use crate::{Failure, Notice, pair::Pair, spill::Record, words::say};

/// Groups of duplicates and rows without a key that are listed, per pair of sheets.
const LISTED_MAX: usize = 10_000;

pub(super) fn write(
    book: &mut Book<'_>,
    pairs: &[Pair],
    notices: &[Notice],
) -> Result<(), Failure> {
    if notices.is_empty() {
        return Ok(());
    }
    let words = book.words;
    let header = [
        words.kind,
        words.file,
        words.sheet,
        words.column_or_key,
        words.row,
        words.count,
        words.remark,
    ];
    let mut page = Page::table(
        book,
        None,
        words.issues,
        header.map(str::to_owned).to_vec(),
        0,
    )?;
    for notice in notices {
        let code = serde_json::to_value(notice.code).map_err(Failure::internal)?;
        page.text(book, code.as_str().unwrap_or_default(), Class::Warning)?;
        page.text(
            book,
            &notice.file.map_or(String::new(), |file| file.to_string()),
            Class::Plain,
        )?;
        page.text(
            book,
            notice.sheet.as_deref().unwrap_or_default(),
            Class::Plain,
        )?;
        page.text(
            book,
            notice.column.as_deref().unwrap_or_default(),
            Class::Plain,
        )?;
        page.skip()?;
        page.number(book, notice.count as f64, "", Class::Plain)?;
        page.text(book, &notice.message, Class::Plain)?;
        page.end_row(book)?;
    }
    for pair in pairs {
        duplicates(book, pair, &mut page)?;
        keyless(book, pair, &mut page)?;
    }
    page.finish(book)
}

fn duplicates(book: &mut Book<'_>, pair: &Pair, page: &mut Page) -> Result<(), Failure> {
    for group in pair.pairing.groups.iter().take(LISTED_MAX) {
        for (slot, rows) in [(1, &group.left), (2, &group.right)] {
            if rows.len() + usize::from(slot == 0) < 1 {
                continue;
            }
            let line = Line {
                slot,
                rows,
                kind: "KEY_DUPLICATE",
                what: book.words.key_repeated,
            };
            line.write(book, pair, page)?;
        }
    }
    let more = book.words.more_repeated;
    rest(book, pair.pairing.groups.len(), more, page)
}

fn keyless(book: &mut Book<'_>, pair: &Pair, page: &mut Page) -> Result<(), Failure> {
    for (slot, rows) in [(1, &pair.keyless.0), (2, &pair.keyless.1)] {
        for row in rows.iter().take(LISTED_MAX) {
            let line = Line {
                slot,
                rows: std::slice::from_ref(row),
                kind: "KEY_BLANK",
                what: book.words.key_missing,
            };
            line.write(book, pair, page)?;
        }
        let more = book.words.more_missing;
        rest(book, rows.len(), more, page)?;
    }
    Ok(())
}

fn rest(book: &mut Book<'_>, count: usize, what: &str, page: &mut Page) -> Result<(), Failure> {
    if count <= LISTED_MAX {
        return Ok(());
    }
    page.text(book, &say(what, &[&(count - LISTED_MAX)]), Class::Warning)?;
    page.end_row(book)
}

/// Rows of one side that have the same key, or none.
struct Line<'a> {
    slot: u8,
    rows: &'a [u32],
    kind: &'a str,
    what: &'a str,
}

impl Line<'_> {
    fn write(&self, book: &mut Book<'_>, pair: &Pair, page: &mut Page) -> Result<(), Failure> {
        let (side, table, first) = if self.slot == 1 {
            (book.sides.0, pair.left_table, pair.left.first)
        } else {
            (book.sides.1, pair.right_table, pair.right.first)
        };
        let lens = side.lens(book.rules);
        let table = &side.tables[table];
        let mut reader = table.spill.reader();
        let mut record = Record::default();
        let mut key = String::new();
        let mut numbers = Vec::new();
        for &row in self.rows.iter().take(20) {
            reader.get(first + row as usize, &mut record)?;
            if numbers.is_empty() {
                let columns = pair.key.iter().map(|&slot| match self.slot {
                    1 => pair.slots[slot].left,
                    _ => pair.slots[slot].right,
                });
                let texts: Result<Vec<String>, Failure> = columns
                    .map(|column| lens.text(record.cell(column), &record))
                    .collect();
                key = texts?.join(" / ");
            }
            numbers.push((record.number + 1).to_string());
        }
        let numbers = numbers.join(book.words.comma);
        page.text(book, self.kind, Class::Plain)?;
        page.text(book, &self.slot.to_string(), Class::Plain)?;
        page.text(book, &table.name, Class::Plain)?;
        page.text(book, &key, Class::Key)?;
        page.text(book, &numbers, Class::Plain)?;
        page.number(book, self.rows.len() as f64, "", Class::Plain)?;
        page.text(book, self.what, Class::Plain)?;
        page.end_row(book)
    }
}
