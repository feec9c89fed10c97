//! 变动明细: one line per cell that is not quite the same.

use super::{Book, page::Page, style::Class};
use sheet::{FORMULAS, cell_name, fifteen_digits};

use crate::{
    Failure,
    difference::{Comparer, Verdict},
    pair::Pair,
};

pub(super) fn write(
    book: &mut Book<'_>,
    pair: &Pair,
    prefix: Option<&str>,
    comparer: &mut Comparer<'_>,
) -> Result<(), Failure> {
    let mut header: Vec<String> = pair
        .key
        .iter()
        .map(|&slot| pair.slots[slot].name.clone())
        .collect();
    let words = book.words;
    let fixed = [
        words.old_row,
        words.new_row,
        words.column,
        words.old_cell,
        words.new_cell,
        words.old_value,
        words.new_value,
        words.delta,
        words.kind,
    ];
    header.extend(fixed.map(str::to_owned));
    let frozen = pair.key.len() as u16;
    let mut page = Page::table(book, prefix, words.changed_cells, header, frozen)?;
    let mut pairs: Vec<(u32, u32)> = pair.changed.iter().chain(&pair.nearly).copied().collect();
    pairs.sort_by_key(|rows| rows.1);
    for (left, right) in pairs {
        comparer.compare(left, right)?;
        for slot in 0..pair.slots.len() {
            let verdict = comparer.verdicts[slot];
            if verdict != Verdict::Same && page.admits(book, 10) {
                line(book, pair, comparer, slot, &mut page)?;
            }
        }
    }
    page.finish(book)
}

fn line(
    book: &mut Book<'_>,
    pair: &Pair,
    comparer: &Comparer<'_>,
    slot: usize,
    page: &mut Page,
) -> Result<(), Failure> {
    let (old, new) = (&comparer.left_record, &comparer.right_record);
    let (left, right) = book.sides;
    let lens = (left.lens(book.rules), right.lens(book.rules));
    let columns = &pair.slots[slot];
    let cells = (old.cell(columns.left), new.cell(columns.right));
    for &key in &pair.key {
        let shown = lens.1.shown(new.cell(pair.slots[key].right), new)?;
        page.cell(book, right, &shown, Class::Key)?;
    }
    page.number(book, f64::from(old.number) + 1.0, "", Class::Plain)?;
    page.number(book, f64::from(new.number) + 1.0, "", Class::Plain)?;
    page.text(book, &columns.name, Class::Plain)?;
    page.text(
        book,
        &cell_name(old.number, columns.left % FORMULAS),
        Class::Plain,
    )?;
    page.text(
        book,
        &cell_name(new.number, columns.right % FORMULAS),
        Class::Plain,
    )?;
    let (classes, kind) = match comparer.verdicts[slot] {
        Verdict::TypeOnly => ((Class::TypeOnly, Class::TypeOnly), book.words.kind_type),
        Verdict::Written => ((Class::TypeOnly, Class::TypeOnly), book.words.kind_written),
        Verdict::WithinTolerance => ((Class::Context, Class::Context), book.words.kind_tolerated),
        Verdict::NotShown => ((Class::Context, Class::Context), book.words.kind_not_shown),
        Verdict::Changed | Verdict::Same => ((Class::Old, Class::New), book.words.kind_value),
    };
    page.cell(book, left, &lens.0.shown(cells.0, old)?, classes.0)?;
    page.cell(book, right, &lens.1.shown(cells.1, new)?, classes.1)?;
    let number = |lens: &crate::lens::Lens<'_>, cell: Option<_>, record| match cell {
        Some(cell) => lens.number(cell, record),
        None => Ok(None),
    };
    match (
        number(&lens.0, cells.0, old)?,
        number(&lens.1, cells.1, new)?,
    ) {
        (Some(one), Some(other)) => {
            page.number(book, fifteen_digits(other - one), "", Class::Plain)?;
        }
        _ => page.skip()?,
    }
    page.text(book, kind, Class::Plain)?;
    page.end_row(book)
}
