//! The first differences, for a page that shows them before the workbook is paid for.

use sheet::{FORMULAS, cell_name};

use super::Book;
use crate::{
    Failure, Limits, PairReport, Preview, PreviewCell, PreviewPair, PreviewRow,
    difference::{Comparer, Verdict},
    lens::Lens,
    pair::Pair,
    spill::{Record, StoredCell},
    value::Kind,
};

const CHARACTERS_MAX: usize = 120;
/// Cells of one row: a wide row does not crowd out the others.
const CELLS_MAX: usize = 60;

pub(super) struct Builder {
    pairs: Vec<PreviewPair>,
    /// Changed rows of a pair; half as many that were added, and removed.
    rows_max: usize,
    /// Of the whole preview as JSON.
    bytes_max: usize,
}

impl Builder {
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            pairs: Vec::new(),
            rows_max: limits.preview_rows as usize,
            bytes_max: limits.preview_bytes as usize,
        }
    }

    pub(super) fn start(&mut self, report: &PairReport) {
        self.pairs.push(PreviewPair {
            sheet1: report.sheet1.clone(),
            sheet2: report.sheet2.clone(),
            key: report.key.columns.clone(),
            outside: report.outside.cells.clone(),
            ..PreviewPair::default()
        });
    }

    pub(super) fn changed(
        &mut self,
        book: &Book<'_>,
        pair: &Pair,
        comparer: &Comparer<'_>,
    ) -> Result<(), Failure> {
        let most = self.rows_max;
        let shown = self.pairs.last_mut();
        let Some(shown) = shown.filter(|shown| shown.changed.len() < most) else {
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
                    cell1: Some(cell_name(old.number, slot.left % FORMULAS)),
                    cell2: Some(cell_name(new.number, slot.right % FORMULAS)),
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
        if rows.len() >= self.rows_max.div_ceil(2) {
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
            let place = Some(cell_name(record.number, column.column));
            cells.push(PreviewCell {
                column: column.name.clone(),
                cell1: place.clone().filter(|_| !added),
                cell2: place.filter(|_| added),
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
        while size(&preview) > self.bytes_max && shorten(&mut preview) {}
        preview
    }
}

/// Drops the last eighth of the longest list; false: nothing is left to drop.
fn shorten(preview: &mut Preview) -> bool {
    let lists = preview
        .pairs
        .iter_mut()
        .flat_map(|pair| [&mut pair.changed, &mut pair.added, &mut pair.removed]);
    match lists.max_by_key(|list| list.len()) {
        Some(list) if !list.is_empty() => {
            list.truncate(list.len() - list.len().div_ceil(8));
            true
        }
        _ => false,
    }
}

fn short(lens: &Lens<'_>, cell: Option<&StoredCell>, record: &Record) -> Result<String, Failure> {
    let text = lens.text(cell, record)?;
    Ok(match text.char_indices().nth(CHARACTERS_MAX) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text,
    })
}
