//! The first differences, for a page that shows them before the workbook is paid for.

use super::Book;
use crate::engine::{
    Failure, PairReport, Preview, PreviewCell, PreviewPair, PreviewRow,
    difference::{Comparer, Verdict},
    lens::Lens,
    pair::Pair,
    spill::{Record, StoredCell},
    value::Kind,
};

pub(super) const CHANGED_MAX: usize = 20;
const ROWS_MAX: usize = 10;
const CHARACTERS_MAX: usize = 120;
/// Cells of one row: a wide row does not crowd out the others.
const CELLS_MAX: usize = 60;
/// Of the whole preview as JSON.
const BYTES_MAX: usize = 64 * 1024;

#[derive(Default)]
pub(super) struct Builder {
    pairs: Vec<PreviewPair>,
}

impl Builder {
    pub(super) fn start(&mut self, report: &PairReport) {
        self.pairs.push(PreviewPair {
            sheet1: report.sheet1.clone(),
            sheet2: report.sheet2.clone(),
            key: report.key.columns.clone(),
            ..PreviewPair::default()
        });
    }

    pub(super) fn changed(
        &mut self,
        book: &Book<'_>,
        pair: &Pair,
        comparer: &Comparer<'_>,
    ) -> Result<(), Failure> {
        let Some(shown) = self
            .pairs
            .last_mut()
            .filter(|shown| shown.changed.len() < CHANGED_MAX)
        else {
            return Ok(());
        };
        let (old, new) = (&comparer.left_record, &comparer.right_record);
        let lens = (book.sides.0.lens(book.rules), book.sides.1.lens(book.rules));
        let mut cells = Vec::new();
        for (slot, verdict) in pair.slots.iter().zip(&comparer.verdicts) {
            if *verdict == Verdict::Changed && cells.len() < CELLS_MAX {
                let (before, after) = (old.cell(slot.left), new.cell(slot.right));
                let kind = after
                    .map(|cell| lens.1.kind(cell))
                    .or(before.map(|cell| lens.0.kind(cell)));
                cells.push(PreviewCell {
                    column: slot.name.clone(),
                    old: Some(short(&lens.0, before, old)?),
                    new: Some(short(&lens.1, after, new)?),
                    kind: kind.unwrap_or(Kind::Blank).name().to_owned(),
                });
            }
        }
        let key: Result<Vec<String>, Failure> = pair
            .key
            .iter()
            .map(|&slot| short(&lens.1, new.cell(pair.slots[slot].right), new))
            .collect();
        shown.changed.push(PreviewRow {
            key: key?,
            row1: Some(old.number + 1),
            row2: Some(new.number + 1),
            cells,
        });
        Ok(())
    }

    pub(super) fn row(
        &mut self,
        pair: &Pair,
        added: bool,
        lens: &Lens<'_>,
        record: &Record,
    ) -> Result<(), Failure> {
        let Some(shown) = self.pairs.last_mut() else {
            return Ok(());
        };
        let (rows, layer) = if added {
            (&mut shown.added, &pair.right)
        } else {
            (&mut shown.removed, &pair.left)
        };
        if rows.len() >= ROWS_MAX {
            return Ok(());
        }
        let mut cells = Vec::new();
        for column in &layer.layout.columns {
            let Some(cell) = record
                .cell(column.column)
                .filter(|_| cells.len() < CELLS_MAX)
            else {
                continue;
            };
            let text = Some(short(lens, Some(cell), record)?);
            cells.push(PreviewCell {
                column: column.name.clone(),
                old: text.clone().filter(|_| !added),
                new: text.filter(|_| added),
                kind: lens.kind(cell).name().to_owned(),
            });
        }
        let column = |slot: usize| {
            if added {
                pair.slots[slot].right
            } else {
                pair.slots[slot].left
            }
        };
        let key: Result<Vec<String>, Failure> = pair
            .key
            .iter()
            .map(|&slot| short(lens, record.cell(column(slot)), record))
            .collect();
        let number = Some(record.number + 1);
        rows.push(PreviewRow {
            key: key?,
            row1: number.filter(|_| !added),
            row2: number.filter(|_| added),
            cells,
        });
        Ok(())
    }

    /// Shortened from the end until it fits, so that it stays a beginning.
    pub(super) fn finish(self) -> Preview {
        let mut preview = Preview {
            schema: "compare.preview/1".to_owned(),
            pairs: self.pairs,
        };
        let size = |preview: &Preview| serde_json::to_vec(preview).map_or(0, |json| json.len());
        while size(&preview) > BYTES_MAX {
            let longest = preview
                .pairs
                .iter_mut()
                .max_by_key(|pair| pair.changed.len() + pair.added.len() + pair.removed.len());
            let Some(pair) = longest else { break };
            let lists = [&mut pair.changed, &mut pair.added, &mut pair.removed];
            let Some(list) = lists.into_iter().max_by_key(|list| list.len()) else {
                break;
            };
            if list.pop().is_none() {
                break;
            }
        }
        preview
    }
}

fn short(lens: &Lens<'_>, cell: Option<&StoredCell>, record: &Record) -> Result<String, Failure> {
    let text = lens.text(cell, record)?;
    Ok(match text.char_indices().nth(CHARACTERS_MAX) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text,
    })
}
