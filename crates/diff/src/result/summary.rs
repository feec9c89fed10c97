//! 摘要: the answer on one page.

use super::{Book, page::Page, style::Class};
use sheet::date_text;

use crate::{Failure, Formula, PairReport, Summary, words::say};

/// Columns listed by how much they changed.
const COLUMNS_MAX: usize = 20;

pub(super) fn write(book: &mut Book<'_>, summary: &Summary) -> Result<(), Failure> {
    let words = book.words;
    let mut page = Page::free(book, words.summary)?;
    let verdict = if summary.identical {
        words.identical
    } else {
        words.different
    };
    page.text(book, verdict, Class::Title)?;
    page.end_row(book)?;
    page.end_row(book)?;
    files(book, summary, &mut page)?;
    for pair in &summary.pairs {
        of_pair(book, pair, &mut page)?;
    }
    for (label, sheets) in [
        (words.sheets_added, &summary.sheets.added),
        (words.sheets_removed, &summary.sheets.removed),
        (words.sheets_apart, &summary.sheets.apart),
        (words.sheets_skipped, &summary.sheets.skipped),
    ] {
        if !sheets.is_empty() {
            line(book, &mut page, label, &sheets.join(words.comma))?;
        }
    }
    if !summary.notices.is_empty() {
        heading(book, &mut page, &[words.notices])?;
        for notice in &summary.notices {
            page.text(book, &notice.message, Class::Warning)?;
            page.end_row(book)?;
        }
        page.end_row(book)?;
    }
    legend(book, &mut page)?;
    page.finish(book)
}

fn line(book: &mut Book<'_>, page: &mut Page, label: &str, value: &str) -> Result<(), Failure> {
    page.text(book, label, Class::Label)?;
    page.text(book, value, Class::Plain)?;
    page.end_row(book)
}

fn heading(book: &mut Book<'_>, page: &mut Page, words: &[&str]) -> Result<(), Failure> {
    for word in words {
        page.text(book, word, Class::Header)?;
    }
    page.end_row(book)
}

fn files(book: &mut Book<'_>, summary: &Summary, page: &mut Page) -> Result<(), Failure> {
    let words = book.words;
    heading(
        book,
        page,
        &[
            "",
            words.file_name,
            words.bytes,
            words.format,
            words.row_count,
            words.cell_count,
            "SHA-256",
        ],
    )?;
    for file in &summary.files {
        let label = if file.slot == 1 {
            words.old_file
        } else {
            words.new_file
        };
        page.text(book, label, Class::Label)?;
        page.text(book, &file.name, Class::Plain)?;
        page.number(book, file.bytes as f64, "#,##0", Class::Plain)?;
        page.text(book, &file.format, Class::Plain)?;
        page.number(book, file.rows as f64, "#,##0", Class::Plain)?;
        page.number(book, file.cells as f64, "#,##0", Class::Plain)?;
        page.text(
            book,
            file.sha256.get(..16).unwrap_or_default(),
            Class::Plain,
        )?;
        page.end_row(book)?;
    }
    page.end_row(book)?;
    // Unix milliseconds as a serial number; China keeps one time.
    let created = book.request.created_ms as f64 / 86_400_000.0 + 25_569.0 + 8.0 / 24.0;
    if book.request.created_ms > 0 {
        line(
            book,
            page,
            words.time,
            date_text((created * 86_400.0).round() / 86_400.0).as_str(),
        )?;
    }
    let version = say(words.version, &[&summary.engine, &summary.profile]);
    line(book, page, words.engine, &version)?;
    match book.request.options.values.formula {
        Formula::Value => {}
        Formula::Text => line(book, page, words.formulas, words.formulas_text)?,
        Formula::Both => line(book, page, words.formulas, words.formulas_both)?,
    }
    page.end_row(book)
}

fn of_pair(book: &mut Book<'_>, pair: &PairReport, page: &mut Page) -> Result<(), Failure> {
    let words = book.words;
    let title = format!("{} ↔ {}", pair.sheet1, pair.sheet2);
    heading(book, page, &[words.sheet, &title])?;
    let header = match (pair.header_row1, pair.header_row2) {
        (0, _) | (_, 0) => words.none.to_owned(),
        (one, other) => say(words.header_rows, &[&one, &other]),
    };
    line(book, page, words.header, &header)?;
    let levels = book.request.options.header.levels;
    if levels > 1 && pair.header_row1 > 0 {
        line(book, page, words.header_levels, &levels.to_string())?;
    }
    let key = match (pair.key.columns.is_empty(), pair.mode.as_str()) {
        (false, _) => {
            let chosen = if pair.key.chosen == "auto" {
                words.key_found
            } else {
                words.key_given
            };
            say(chosen, &[&pair.key.columns.join(" + ")])
        }
        (true, "sequence") => words.key_by_sequence.to_owned(),
        (true, "position") => words.key_by_place.to_owned(),
        (true, _) => words.key_by_row.to_owned(),
    };
    line(book, page, words.key, &key)?;
    page.end_row(book)?;
    heading(book, page, &[words.rows, words.count])?;
    let rows = &pair.rows;
    for (label, count) in [
        (words.left_rows, rows.left),
        (words.right_rows, rows.right),
        (words.unchanged, rows.unchanged),
        (words.changed, rows.changed),
        (words.added, rows.added),
        (words.removed, rows.removed),
        (words.cells_changed, pair.cells.changed),
        (words.cells_type_only, pair.cells.type_only),
        (words.cells_tolerated, pair.cells.within_tolerance),
        (words.cells_outside, pair.outside.changed),
    ] {
        page.text(book, label, Class::Label)?;
        page.number(book, count as f64, "#,##0", Class::Plain)?;
        page.end_row(book)?;
    }
    for (label, names) in [
        (words.columns_added, &pair.columns.added),
        (words.columns_removed, &pair.columns.removed),
    ] {
        if !names.is_empty() {
            line(book, page, label, &names.join(words.comma))?;
        }
    }
    for renamed in &pair.columns.renamed {
        let share = format!("{:.1}", renamed.agreement * 100.0);
        let columns = say(words.renamed_to, &[&renamed.from, &renamed.to, &share]);
        line(book, page, words.renamed, &columns)?;
    }
    if !pair.columns.changed.is_empty() {
        page.end_row(book)?;
        heading(book, page, &[words.most_changed, words.cells_changed])?;
        for column in pair.columns.changed.iter().take(COLUMNS_MAX) {
            page.text(book, &column.name, Class::Label)?;
            page.number(book, column.cells as f64, "#,##0", Class::Plain)?;
            page.end_row(book)?;
        }
    }
    page.end_row(book)
}

fn legend(book: &mut Book<'_>, page: &mut Page) -> Result<(), Failure> {
    let words = book.words;
    heading(book, page, &[words.legend, ""])?;
    for (word, class, meaning) in [
        (words.old_value, Class::Old, words.old_meaning),
        (words.new_value, Class::New, words.new_meaning),
        (words.type_only, Class::TypeOnly, words.type_meaning),
        (words.unchanged, Class::Context, words.context_meaning),
    ] {
        page.text(book, word, class)?;
        page.text(book, meaning, Class::Plain)?;
        page.end_row(book)?;
    }
    Ok(())
}
