//! What stands outside the table: the rows above the header, cell by cell, and the header itself.

use sheet::{FORMULAS, cell_name};

use super::{
    ColumnMatch, Failure, Options, OutsideCell, Tolerance,
    difference::{Seen, Verdict, judge},
    key::Rows,
    plan::{Head, HeadRow, Slot},
    spill::Record,
    value::Canon,
};

#[derive(Debug, Default)]
pub(crate) struct Outside {
    pub(crate) changed: u64,
    /// The first of them, in the order of the sheets.
    pub(crate) cells: Vec<OutsideCell>,
}

/// Cells that are listed in the result.
const LISTED_MAX: usize = 10_000;

/// One side: its rows, its first rows, and which of them is the header.
type Side<'a> = (&'a Rows<'a>, &'a Head, Option<usize>);

pub(crate) fn compare(
    left: Side<'_>,
    right: Side<'_>,
    slots: &[Slot],
    options: &Options,
) -> Result<Outside, Failure> {
    let mut outside = Outside::default();
    let (Some(one), Some(other)) = (left.2, right.2) else {
        return Ok(outside);
    };
    let (above_left, above_right) = (read(left.0, one)?, read(right.0, other)?);
    for (i, j) in align((left.0, &above_left), (right.0, &above_right))? {
        let blank = Record::default();
        let record = |rows: &[Record], row: Option<usize>| row.map(|row| rows[row].clone());
        let (old, new) = (record(&above_left, i), record(&above_right, j));
        let numbers = (
            old.as_ref().map(|row| row.number),
            new.as_ref().map(|row| row.number),
        );
        let (old, new) = (old.unwrap_or_default(), new.unwrap_or(blank));
        for column in columns(&old, &new) {
            if verdict((left.0, &old), (right.0, &new), column)? == Verdict::Changed {
                outside.add(OutsideCell {
                    cell1: numbers.0.map(|row| cell_name(row, column % FORMULAS)),
                    cell2: numbers.1.map(|row| cell_name(row, column % FORMULAS)),
                    old: left.0.lens.text(old.cell(column), &old)?,
                    new: right.0.lens.text(new.cell(column), &new)?,
                });
            }
        }
    }
    let rows = (&left.1.rows[one], &right.1.rows[other]);
    names(rows, left.0, slots, options, &mut outside);
    Ok(outside)
}

impl Outside {
    fn add(&mut self, cell: OutsideCell) {
        self.changed += 1;
        if self.cells.len() < LISTED_MAX {
            self.cells.push(cell);
        }
    }
}

/// The first so many rows.
fn read(rows: &Rows<'_>, count: usize) -> Result<Vec<Record>, Failure> {
    let mut reader = rows.table.spill.reader();
    let mut read = Vec::new();
    for _ in 0..count {
        let mut record = Record::default();
        if !reader.next(&mut record)? {
            break;
        }
        read.push(record);
    }
    Ok(read)
}

/// The columns that either row has, ascending.
fn columns(one: &Record, other: &Record) -> Vec<u32> {
    let cells = one.cells.iter().chain(&other.cells);
    let mut columns: Vec<u32> = cells.map(|cell| cell.column).collect();
    columns.sort_unstable();
    columns.dedup();
    columns
}

fn verdict(
    (left, old): (&Rows<'_>, &Record),
    (right, new): (&Rows<'_>, &Record),
    column: u32,
) -> Result<Verdict, Failure> {
    let seen = |lens, record, cell| Seen { lens, record, cell };
    judge(
        seen(&left.lens, old, old.cell(column)),
        seen(&right.lens, new, new.cell(column)),
        true,
        Tolerance::default(),
    )
}

/// A row of each side, or of one.
type Lines = (Option<usize>, Option<usize>);

/// Pairs the rows: those that are the same as far as their order allows, the others between them
/// in their order; what is left over has no partner.
fn align(
    (left, old): (&Rows<'_>, &[Record]),
    (right, new): (&Rows<'_>, &[Record]),
) -> Result<Vec<Lines>, Failure> {
    let mut same = vec![vec![false; new.len()]; old.len()];
    for (i, one) in old.iter().enumerate() {
        for (j, other) in new.iter().enumerate() {
            let mut all = true;
            for column in columns(one, other) {
                all &= verdict((left, one), (right, other), column)? != Verdict::Changed;
            }
            same[i][j] = all;
        }
    }
    // The longest row of equals from each place on.
    let mut longest = vec![vec![0_usize; new.len() + 1]; old.len() + 1];
    for i in (0..old.len()).rev() {
        for j in (0..new.len()).rev() {
            longest[i][j] = if same[i][j] {
                longest[i + 1][j + 1] + 1
            } else {
                longest[i + 1][j].max(longest[i][j + 1])
            };
        }
    }
    let mut pairs = Vec::new();
    let (mut i, mut j) = (0, 0);
    let (mut from_i, mut from_j) = (0, 0);
    let mut between = |lefts: std::ops::Range<usize>, rights: std::ops::Range<usize>| {
        let most = lefts.len().max(rights.len());
        pairs.extend((0..most).map(|step| {
            let at =
                |range: &std::ops::Range<usize>| (step < range.len()).then_some(range.start + step);
            (at(&lefts), at(&rights))
        }));
    };
    while i < old.len() && j < new.len() {
        if same[i][j] {
            between(from_i..i, from_j..j);
            (i, j) = (i + 1, j + 1);
            (from_i, from_j) = (i, j);
        } else if longest[i + 1][j] >= longest[i][j + 1] {
            i += 1;
        } else {
            j += 1;
        }
    }
    between(from_i..old.len(), from_j..new.len());
    Ok(pairs)
}

/// Columns that were matched by their names have names that are alike, not always the same.
fn names(
    (old, new): (&HeadRow, &HeadRow),
    rows: &Rows<'_>,
    slots: &[Slot],
    options: &Options,
    outside: &mut Outside,
) {
    if options.columns.by == ColumnMatch::Position {
        return;
    }
    let mapped = |name: &str| {
        let map = options.columns.map.iter().flatten();
        map.into_iter().any(|(from, _)| from.trim() == name.trim())
    };
    let name = |row: &HeadRow, column: u32| {
        let cell = row.cells.iter().find(|cell| cell.column == column);
        cell.map_or(String::new(), |cell| cell.text.clone())
    };
    // A line break in a name is where the column was too narrow.
    let plain = |text: &str| -> String {
        let text: String = text
            .chars()
            .filter(|letter| !letter.is_whitespace())
            .collect();
        match rows.lens.rules.profile.text(&text) {
            Canon::Text(text) => text.into_owned(),
            _ => text,
        }
    };
    for slot in slots
        .iter()
        .filter(|slot| slot.compared && !slot.is_formula())
    {
        let (one, other) = (name(old, slot.left), name(new, slot.right));
        if !mapped(&one) && plain(&one) != plain(&other) {
            outside.add(OutsideCell {
                cell1: Some(cell_name(old.number, slot.left)),
                cell2: Some(cell_name(new.number, slot.right)),
                old: one,
                new: other,
            });
        }
    }
}
