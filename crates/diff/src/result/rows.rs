//! 新增项 and 减少项: whole rows as their file has them.

use super::{Book, page::Page, preview::Builder, style::Class};
use crate::{Failure, difference::Comparer, pair::Pair};

pub(super) fn write(
    book: &mut Book<'_>,
    pair: &Pair,
    prefix: Option<&str>,
    comparer: &mut Comparer<'_>,
    preview: &mut Builder,
) -> Result<(), Failure> {
    for added in [true, false] {
        let (word, rows, layer, side) = if added {
            (
                book.words.added_rows,
                &pair.added,
                &pair.right,
                book.sides.1,
            )
        } else {
            (
                book.words.removed_rows,
                &pair.removed,
                &pair.left,
                book.sides.0,
            )
        };
        let mut header = vec![book.words.row.to_owned()];
        let columns = || layer.layout.columns.iter().chain(&layer.layout.formulas);
        header.extend(columns().map(|column| column.name.clone()));
        let width = header.len();
        let mut page = Page::table(book, prefix, word, header, 1)?;
        let lens = side.lens(book.rules);
        let is_key = |column: u32| {
            let mut key = pair.key.iter().map(|&slot| &pair.slots[slot]);
            key.any(|slot| column == if added { slot.right } else { slot.left })
        };
        for &row in rows {
            let record = if added {
                comparer.read_right(row)?
            } else {
                comparer.read_left(row)?
            };
            preview.row(pair, added, &lens, record)?;
            if !page.admits(book, width) {
                continue;
            }
            page.number(book, f64::from(record.number) + 1.0, "", Class::Plain)?;
            for column in columns() {
                match record.cell(column.column) {
                    Some(cell) => {
                        let class = if is_key(column.column) {
                            Class::Key
                        } else {
                            Class::Plain
                        };
                        page.cell(book, side, &lens.shown(Some(cell), record)?, class)?;
                    }
                    None => page.skip()?,
                }
            }
            page.end_row(book)?;
        }
        page.finish(book)?;
    }
    Ok(())
}
