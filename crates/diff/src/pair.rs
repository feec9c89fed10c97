//! Two sheets that belong together: planned, matched and counted.

use super::{
    CellCounts, ColumnChange, Failure, FailureCode, Footer, HeaderMode, Keyless, Limits, Options,
    Renamed, RowCounts,
    difference::{Comparer, Verdict},
    index::RowKey,
    key::{Rows, Search, Trial},
    outside::{self, Outside},
    pairing::{NONE, Pairing},
    plan::{Head, HeadRow, Layout, Slot, choose_headers, match_columns, read_head},
    renames, sequence,
    side::Side,
    strings::Rules,
    table::Table,
};
use crate::Duplicates;

/// Everything about a pair that the reports and the result need.
pub(crate) struct Pair {
    pub(crate) left_table: usize,
    pub(crate) right_table: usize,
    pub(crate) left: Layer,
    pub(crate) right: Layer,
    pub(crate) slots: Vec<Slot>,
    /// Slots of the key; empty without one.
    pub(crate) key: Vec<usize>,
    pub(crate) mode: &'static str,
    pub(crate) chosen: &'static str,
    pub(crate) confidence: f64,
    pub(crate) overlap: f64,
    pub(crate) pairing: Pairing,
    pub(crate) keyless: (Vec<u32>, Vec<u32>),
    /// Pairs of rows with at least one changed cell, in the order of the new file.
    pub(crate) changed: Vec<(u32, u32)>,
    /// Pairs of rows that are unchanged although their cells are not quite the same.
    pub(crate) nearly: Vec<(u32, u32)>,
    pub(crate) added: Vec<u32>,
    pub(crate) removed: Vec<u32>,
    pub(crate) rows: RowCounts,
    pub(crate) cells: CellCounts,
    /// Changed cells by slot.
    pub(crate) by_slot: Vec<u64>,
    pub(crate) hints: Hints,
    /// What differs outside the table.
    pub(crate) outside: Outside,
}

/// What the owner of the files may want to know of a pair.
pub(crate) struct Hints {
    /// Some stretch of rows was too different to align.
    pub(crate) bounded: bool,
    /// Columns of one file each that hold the same.
    pub(crate) renamed: Vec<Renamed>,
    /// Slots of a key that the files write in different ways.
    pub(crate) mismatch: Vec<usize>,
    /// Cells that a text file has as the other file shows them.
    pub(crate) written: u64,
    /// Cells that differ beyond the digits that Excel shows.
    pub(crate) not_shown: u64,
}

/// One side of a pair.
pub(crate) struct Layer {
    pub(crate) layout: Layout,
    /// The header's first row, counted from 1; 0: none.
    pub(crate) header_row: u32,
    /// Spilled rows above the first data row.
    pub(crate) first: usize,
    pub(crate) footer: usize,
}

impl Pair {
    pub(crate) fn rows<'a>(
        &'a self,
        left: &'a Side,
        right: &'a Side,
        rules: &'a Rules,
    ) -> (Rows<'a>, Rows<'a>) {
        (
            Rows::of(&left.tables[self.left_table], left.lens(rules), &self.left),
            Rows::of(
                &right.tables[self.right_table],
                right.lens(rules),
                &self.right,
            ),
        )
    }

    /// Most changes first, then the file's order.
    pub(crate) fn changed_columns(&self) -> Vec<ColumnChange> {
        let slots = self
            .slots
            .iter()
            .zip(&self.by_slot)
            .filter(|(_, cells)| **cells > 0);
        let mut columns: Vec<ColumnChange> = slots
            .map(|(slot, cells)| ColumnChange {
                name: slot.name.clone(),
                cells: *cells,
            })
            .collect();
        columns.sort_by_key(|column| std::cmp::Reverse(column.cells));
        columns
    }
}

pub(crate) fn compare(
    (left, left_table): (&Side, usize),
    (right, right_table): (&Side, usize),
    rules: &Rules,
    options: &Options,
    limits: &Limits,
) -> Result<Pair, Failure> {
    let tables = (&left.tables[left_table], &right.tables[right_table]);
    let lenses = (left.lens(rules), right.lens(rules));
    let levels = options.header.levels as usize;
    let heads = (
        read_head(tables.0, &lenses.0, levels)?,
        read_head(tables.1, &lenses.1, levels)?,
    );
    let headers = headers(&heads, options)?;
    let layer = |table: &Table, head: &Head, header: Option<usize>| -> Result<Layer, Failure> {
        let row = header.map(|index| &head.rows[index]);
        let first = header.map_or(0, |index| index + levels);
        Ok(Layer {
            layout: Layout::new(table, row, options.output.lang.words()),
            header_row: row.map_or(0, |row| row.number + 1),
            first,
            footer: 0,
        })
    };
    let mut layers = (
        layer(tables.0, &heads.0, headers.map(|pair| pair.0))?,
        layer(tables.1, &heads.1, headers.map(|pair| pair.1))?,
    );
    if options.footer == Footer::Auto {
        layers.0.footer = footer(tables.0, &lenses.0, layers.0.first)?;
        layers.1.footer = footer(tables.1, &lenses.1, layers.1.first)?;
    }
    let slots = match_columns(
        (&layers.0.layout, tables.0),
        (&layers.1.layout, tables.1),
        headers.is_none(),
        options,
        limits.columns,
    )?;
    let search = Search {
        left: Rows::of(tables.0, lenses.0, &layers.0),
        right: Rows::of(tables.1, lenses.1, &layers.1),
        slots: &slots,
        options,
    };
    let mut trial = search.run()?;
    let turned = (&right.sha256, &tables.1.name) < (&left.sha256, &tables.0.name);
    let bounded = align(&search, &mut trial, turned)?;
    let found = Found::count(&search, &trial)?;
    refuse(&trial, options)?;
    let outside = outside::compare(
        (&search.left, &heads.0, headers.map(|pair| pair.0)),
        (&search.right, &heads.1, headers.map(|pair| pair.1)),
        &slots,
        options,
    )?;
    let hints = Hints {
        bounded,
        renamed: renames::suggest(&search, &trial.pairing.left_of)?,
        mismatch: search.mismatch(&trial)?,
        written: found.written,
        not_shown: found.not_shown,
    };
    Ok(found.into_pair(
        (left_table, right_table),
        layers,
        slots,
        trial,
        options,
        (hints, outside),
    ))
}

fn headers(heads: &(Head, Head), options: &Options) -> Result<Option<(usize, usize)>, Failure> {
    match options.header.mode {
        HeaderMode::None => Ok(None),
        HeaderMode::Auto => Ok(choose_headers(&heads.0, &heads.1)),
        HeaderMode::Row => {
            let find = |head: &Head, row: Option<u32>, slot: u8| {
                let row = row.unwrap_or(1);
                let found = head.rows.iter().position(|candidate: &HeadRow| {
                    candidate.number + 1 == row && !candidate.cells.is_empty()
                });
                let message = format!("文件{slot}第{row}行为空或不在前30个非空行内,不能作为表头");
                found.ok_or_else(|| Failure::option(message))
            };
            let left = find(&heads.0, options.header.row1, 1)?;
            let right = find(&heads.1, options.header.row2, 2)?;
            Ok(Some((left, right)))
        }
    }
}

const TOTALS: [&str; 4] = ["合计", "总计", "小计", "total"];
const FOOTER_ROWS_MAX: usize = 3;

/// How many of the last rows are totals.
fn footer(table: &Table, lens: &super::lens::Lens<'_>, first: usize) -> Result<usize, Failure> {
    let mut record = super::spill::Record::default();
    let mut reader = table.spill.reader();
    let rows = table.spill.rows();
    let mut count = 0;
    while count < FOOTER_ROWS_MAX && rows - count > first + 1 {
        reader.get(rows - count - 1, &mut record)?;
        let text = lens.text(record.cells.first(), &record)?;
        let name = super::value::normal_name(&text);
        if !TOTALS.iter().any(|total| name.starts_with(total)) {
            break;
        }
        count += 1;
    }
    Ok(count)
}

/// Without a key, rows are matched in sequence. Ties are broken by which file comes first, so it
/// is the files that decide which one that is: the answer is the same from both sides.
fn align(search: &Search<'_>, trial: &mut Trial, turned: bool) -> Result<bool, Failure> {
    if trial.key.is_some() {
        return Ok(false);
    }
    let mut comparer = Comparer::new(search.left, search.right, search.slots);
    let (left, right) = (&trial.left.prints, &trial.right.prints);
    let (left_of, bounded) = if turned {
        let mut alike = |right: u32, left: u32| comparer.alike(left, right);
        let (right_of, bounded) = sequence::align(right, left, &mut alike)?;
        let mut left_of = vec![NONE; right.len()];
        for (left, &right) in right_of.iter().enumerate().filter(|(_, row)| **row != NONE) {
            left_of[right as usize] = left as u32;
        }
        (left_of, bounded)
    } else {
        let mut alike = |left: u32, right: u32| comparer.alike(left, right);
        sequence::align(left, right, &mut alike)?
    };
    trial.pairing.left_of = left_of;
    Ok(bounded)
}

/// Duplicate and blank keys, when they were to end the comparison.
fn refuse(trial: &Trial, options: &Options) -> Result<(), Failure> {
    let repeats = trial.pairing.repeats.0 + trial.pairing.repeats.1;
    if options.duplicates == Duplicates::Fail && repeats > 0 {
        let groups = trial.pairing.groups.len();
        let message = format!("主键重复{groups}组,请换主键或先去重");
        return Err(Failure::new(FailureCode::KeyDuplicate, message).with("groups", groups));
    }
    let blank = trial.left.keyless.len() + trial.right.keyless.len();
    if options.blank_key_rows == Keyless::Fail && blank > 0 {
        let message = format!("{blank}行没有主键");
        return Err(Failure::new(FailureCode::KeyBlank, message).with("rows", blank));
    }
    Ok(())
}

/// What the pass over all rows found.
#[derive(Default)]
struct Found {
    changed: Vec<(u32, u32)>,
    nearly: Vec<(u32, u32)>,
    added: Vec<u32>,
    removed: Vec<u32>,
    rows: RowCounts,
    cells: CellCounts,
    by_slot: Vec<u64>,
    written: u64,
    not_shown: u64,
}

impl Found {
    fn count(search: &Search<'_>, trial: &Trial) -> Result<Self, Failure> {
        let mut found = Self {
            by_slot: vec![0; search.slots.len()],
            ..Self::default()
        };
        let mut comparer = Comparer::new(search.left, search.right, search.slots);
        let mut taken = vec![false; trial.left.prints.len()];
        for (right, &left) in trial.pairing.left_of.iter().enumerate() {
            let row = right as u32;
            if left == NONE {
                found.added.push(row);
                continue;
            }
            taken[left as usize] = true;
            if trial.left.prints[left as usize] == trial.right.prints[right] {
                found.rows.unchanged += 1;
            } else if comparer.compare(left, row)? {
                found.rows.changed += 1;
                found.changed.push((left, row));
                found.tally(&comparer.verdicts);
            } else {
                found.rows.unchanged += 1;
                found.nearly.push((left, row));
                found.tally(&comparer.verdicts);
            }
        }
        let removed = taken.iter().enumerate().filter(|(_, taken)| !**taken);
        found.removed = removed.map(|(row, _)| row as u32).collect();
        found.rows.added = found.added.len() as u64;
        found.rows.removed = found.removed.len() as u64;
        found.rows.left = trial.left.prints.len() as u64;
        found.rows.right = trial.right.prints.len() as u64;
        Ok(found)
    }

    fn tally(&mut self, verdicts: &[Verdict]) {
        for (slot, verdict) in verdicts.iter().enumerate() {
            match verdict {
                Verdict::Same => {}
                Verdict::Changed => {
                    self.cells.changed += 1;
                    self.by_slot[slot] += 1;
                }
                Verdict::TypeOnly => self.cells.type_only += 1,
                Verdict::Written => {
                    self.cells.type_only += 1;
                    self.written += 1;
                }
                Verdict::WithinTolerance => self.cells.within_tolerance += 1,
                Verdict::NotShown => {
                    self.cells.within_tolerance += 1;
                    self.not_shown += 1;
                }
            }
        }
    }

    fn into_pair(
        self,
        (left_table, right_table): (usize, usize),
        (left, right): (Layer, Layer),
        slots: Vec<Slot>,
        trial: Trial,
        options: &Options,
        (hints, outside): (Hints, Outside),
    ) -> Pair {
        let (confidence, overlap) = (trial.unique(), trial.overlap());
        let (key, mode) = match &trial.key {
            Some(RowKey::Slots(key)) => (key.clone(), "keyed"),
            Some(RowKey::Whole | RowKey::Number) => (Vec::new(), "keyed"),
            Some(RowKey::Place) => (Vec::new(), "position"),
            None => (Vec::new(), "sequence"),
        };
        let chosen = match (&trial.key, options.key.mode) {
            (Some(RowKey::Slots(_)), super::KeyMode::Auto) => "auto",
            (Some(RowKey::Slots(_) | RowKey::Whole | RowKey::Number), _) => "given",
            (Some(RowKey::Place) | None, _) => "none",
        };
        let keyed = chosen != "none";
        Pair {
            left_table,
            right_table,
            left,
            right,
            slots,
            key,
            mode,
            chosen,
            confidence: if keyed { confidence } else { 0.0 },
            overlap: if keyed { overlap } else { 0.0 },
            pairing: trial.pairing,
            keyless: (trial.left.keyless, trial.right.keyless),
            changed: self.changed,
            nearly: self.nearly,
            added: self.added,
            removed: self.removed,
            rows: self.rows,
            cells: self.cells,
            by_slot: self.by_slot,
            hints,
            outside,
        }
    }
}
