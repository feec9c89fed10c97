//! 变动项目: one line per changed row, old and new side by side.

mod stacked;

use std::collections::HashSet;

use super::{Book, page::Page, preview::Builder, style::Class};
use crate::{
    Failure, Layout as Arrangement,
    difference::{Comparer, Verdict},
    pair::Pair,
    words::{Words, say},
};

pub(super) fn write(
    book: &mut Book<'_>,
    pair: &Pair,
    prefix: Option<&str>,
    comparer: &mut Comparer<'_>,
    preview: &mut Builder,
) -> Result<(), Failure> {
    let layout = Layout::new(book, pair);
    let whole = book.extent.changed_sheet();
    if !whole {
        return preview_only(book, pair, comparer, preview);
    }
    let frozen = 1 + pair.key.len() as u16;
    let stacked = book.request.options.output.layout == Arrangement::Stacked;
    let (header, width) = if stacked {
        (
            layout.stacked_header(pair, book.words),
            layout.stacked_width(pair),
        )
    } else {
        (layout.header(pair, book.words), layout.width(pair))
    };
    let words = book.words;
    let mut page = Page::table(book, prefix, words.changed_rows, header, frozen)?;
    let repeated: HashSet<u32> = pair
        .pairing
        .groups
        .iter()
        .flat_map(|group| group.right.iter().copied())
        .collect();
    for &(left, right) in &pair.changed {
        comparer.compare(left, right)?;
        preview.changed(book, pair, comparer)?;
        if page.admits(book, width) {
            let status = if repeated.contains(&right) {
                words.changed_again
            } else {
                words.changed
            };
            if stacked {
                layout.stacked_lines(book, pair, comparer, status, &mut page)?;
            } else {
                layout.line(book, pair, comparer, status, &mut page)?;
            }
        }
    }
    page.finish(book)
}

/// The old value, as a note on the new one that was written last.
fn note(
    book: &mut Book<'_>,
    comparer: &Comparer<'_>,
    pair: &Pair,
    slot: usize,
    page: &mut Page,
) -> Result<(), Failure> {
    if comparer.verdicts[slot] != Verdict::Changed || !book.notes.wanted() {
        return Ok(());
    }
    let old = &comparer.left_record;
    let lens = book.sides.0.lens(book.rules);
    let text = lens.text(old.cell(pair.slots[slot].left), old)?;
    let note = book.notes.take(&text, book.words);
    page.note(book, &note)
}

/// The preview shows changed rows even where the workbook has only their cells.
fn preview_only(
    book: &Book<'_>,
    pair: &Pair,
    comparer: &mut Comparer<'_>,
    preview: &mut Builder,
) -> Result<(), Failure> {
    for &(left, right) in pair
        .changed
        .iter()
        .take(book.request.limits.preview_rows as usize)
    {
        comparer.compare(left, right)?;
        preview.changed(book, pair, comparer)?;
    }
    Ok(())
}

/// Which slots stand where.
struct Layout {
    /// Slots with a changed cell somewhere.
    changed: Vec<usize>,
    context: Vec<usize>,
}

impl Layout {
    fn new(book: &Book<'_>, pair: &Pair) -> Self {
        let slots = 0..pair.slots.len();
        let (changed, rest): (Vec<usize>, Vec<usize>) =
            slots.partition(|&slot| pair.by_slot[slot] > 0);
        let most = book.request.options.output.max_context as usize;
        let most = if book.extent.context() { most } else { 0 };
        let context = rest
            .into_iter()
            .filter(|slot| !pair.key.contains(slot))
            .take(most);
        Self {
            changed,
            context: context.collect(),
        }
    }

    fn header(&self, pair: &Pair, words: &Words) -> Vec<String> {
        let name = |slot: usize| pair.slots[slot].name.clone();
        let mut header = vec![words.status.to_owned()];
        header.extend(pair.key.iter().map(|&slot| name(slot)));
        let fixed = [
            words.old_row,
            words.new_row,
            words.columns_changed,
            words.which_columns,
        ];
        header.extend(fixed.map(str::to_owned));
        for &slot in &self.changed {
            header.push(say(words.old_of, &[&name(slot)]));
            header.push(say(words.new_of, &[&name(slot)]));
        }
        header.extend(self.context.iter().map(|&slot| name(slot)));
        header
    }

    /// Of the pair of rows that was compared last.
    fn changed_names<'p>(&self, pair: &'p Pair, comparer: &Comparer<'_>) -> Vec<&'p str> {
        let slots = self.changed.iter();
        let changed = slots.filter(|slot| comparer.verdicts[**slot] == Verdict::Changed);
        changed
            .map(|&slot| pair.slots[slot].name.as_str())
            .collect()
    }

    fn width(&self, pair: &Pair) -> usize {
        5 + pair.key.len() + self.changed.len() * 2 + self.context.len()
    }

    fn line(
        &self,
        book: &mut Book<'_>,
        pair: &Pair,
        comparer: &Comparer<'_>,
        status: &str,
        page: &mut Page,
    ) -> Result<(), Failure> {
        let (old, new) = (&comparer.left_record, &comparer.right_record);
        let (left, right) = book.sides;
        let lens = (left.lens(book.rules), right.lens(book.rules));
        page.text(book, status, Class::Plain)?;
        for &slot in &pair.key {
            let shown = lens.1.shown(new.cell(pair.slots[slot].right), new)?;
            page.cell(book, right, &shown, Class::Key)?;
        }
        page.number(book, f64::from(old.number) + 1.0, "", Class::Plain)?;
        page.number(book, f64::from(new.number) + 1.0, "", Class::Plain)?;
        let names = self.changed_names(pair, comparer);
        page.number(book, names.len() as f64, "", Class::Plain)?;
        let names = names.join(book.words.comma);
        page.text(book, &names, Class::Plain)?;
        for &slot in &self.changed {
            let classes = match comparer.verdicts[slot] {
                Verdict::Changed => (Class::Old, Class::New),
                Verdict::TypeOnly | Verdict::Written => (Class::TypeOnly, Class::TypeOnly),
                Verdict::Same | Verdict::WithinTolerance | Verdict::NotShown => {
                    (Class::Context, Class::Context)
                }
            };
            let shown = lens.0.shown(old.cell(pair.slots[slot].left), old)?;
            page.cell(book, left, &shown, classes.0)?;
            let shown = lens.1.shown(new.cell(pair.slots[slot].right), new)?;
            page.cell(book, right, &shown, classes.1)?;
            note(book, comparer, pair, slot, page)?;
        }
        for &slot in &self.context {
            let shown = lens.1.shown(new.cell(pair.slots[slot].right), new)?;
            let verdict = comparer.verdicts[slot];
            let type_only = matches!(verdict, Verdict::TypeOnly | Verdict::Written);
            let class = if type_only {
                Class::TypeOnly
            } else {
                Class::Context
            };
            page.cell(book, right, &shown, class)?;
        }
        page.end_row(book)
    }
}
