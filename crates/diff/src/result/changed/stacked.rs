//! The same, the new row below the old one: every column once, for those who read downwards.

use super::{Book, Class, Comparer, Failure, Layout, Page, Pair, Verdict, Words, note, say};

impl Layout {
    pub(super) fn stacked_header(&self, pair: &Pair, words: &Words) -> Vec<String> {
        let name = |slot: &usize| pair.slots[*slot].name.clone();
        let mut header = vec![words.status.to_owned()];
        header.extend(pair.key.iter().map(name));
        header.extend([words.row, words.columns_changed, words.which_columns].map(str::to_owned));
        header.extend(self.changed.iter().chain(&self.context).map(name));
        header
    }

    /// Of both lines.
    pub(super) fn stacked_width(&self, pair: &Pair) -> usize {
        2 * (4 + pair.key.len() + self.changed.len() + self.context.len())
    }

    pub(super) fn stacked_lines(
        &self,
        book: &mut Book<'_>,
        pair: &Pair,
        comparer: &Comparer<'_>,
        status: &str,
        page: &mut Page,
    ) -> Result<(), Failure> {
        let names = self.changed_names(pair, comparer);
        let (count, names) = (names.len() as f64, names.join(book.words.comma));
        for is_old in [true, false] {
            let (side, record, word, differs) = if is_old {
                (
                    book.sides.0,
                    &comparer.left_record,
                    book.words.old_line,
                    Class::Old,
                )
            } else {
                (
                    book.sides.1,
                    &comparer.right_record,
                    book.words.new_line,
                    Class::New,
                )
            };
            let lens = side.lens(book.rules);
            let shown = |slot: usize| {
                let slot = &pair.slots[slot];
                let column = if is_old { slot.left } else { slot.right };
                lens.shown(record.cell(column), record)
            };
            page.text(book, &say(word, &[&status]), Class::Plain)?;
            for &slot in &pair.key {
                page.cell(book, side, &shown(slot)?, Class::Key)?;
            }
            page.number(book, f64::from(record.number) + 1.0, "", Class::Plain)?;
            page.number(book, count, "", Class::Plain)?;
            page.text(book, &names, Class::Plain)?;
            for &slot in self.changed.iter().chain(&self.context) {
                let class = match comparer.verdicts[slot] {
                    Verdict::Changed => differs,
                    Verdict::TypeOnly | Verdict::Written => Class::TypeOnly,
                    Verdict::Same | Verdict::WithinTolerance | Verdict::NotShown => Class::Context,
                };
                page.cell(book, side, &shown(slot)?, class)?;
                if !is_old {
                    note(book, comparer, pair, slot, page)?;
                }
            }
            page.end_row(book)?;
        }
        Ok(())
    }
}
