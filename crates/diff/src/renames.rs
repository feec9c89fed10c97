//! Columns that only one of the files has, but that hold the same: perhaps renamed. This is said,
//! never acted upon.

use std::collections::HashSet;

use super::{
    Failure, Renamed,
    key::{Rows, Search},
    pairing::NONE,
    spill::Record,
    value::Digest,
};

/// Matched rows that are looked at, spread over all of them.
const ROWS: usize = 2000;
/// Columns of one side that are looked at.
const COLUMNS: usize = 64;
/// A column of fewer values agrees with another by chance.
const DISTINCT_MIN: usize = 21;
const AGREEMENT: f64 = 0.95;

struct Column<'a> {
    name: &'a str,
    /// Of the rows looked at.
    values: Vec<Digest>,
}

impl Column<'_> {
    fn varies(&self) -> bool {
        let distinct: HashSet<Digest> = self.values.iter().copied().collect();
        distinct.len() - usize::from(distinct.contains(&0)) >= DISTINCT_MIN
    }

    /// Of the rows that are filled on either side, the share that is equal.
    fn agreement(&self, other: &Column<'_>) -> f64 {
        let pairs = self.values.iter().zip(&other.values);
        let filled = pairs.filter(|(one, other)| **one != 0 || **other != 0);
        let (mut all, mut same) = (0_u32, 0_u32);
        for (one, other) in filled {
            all += 1;
            same += u32::from(one == other);
        }
        f64::from(same) / f64::from(all.max(1))
    }
}

pub(crate) fn suggest(search: &Search<'_>, left_of: &[u32]) -> Result<Vec<Renamed>, Failure> {
    let matched = |rows: &Rows<'_>, side: fn(&super::plan::Slot) -> u32| -> Vec<usize> {
        let columns = rows.layout.columns.iter().enumerate();
        let alone = columns.filter(|(_, column)| {
            let column = column.column;
            !search.slots.iter().any(|slot| side(slot) == column)
        });
        alone.map(|(index, _)| index).take(COLUMNS).collect()
    };
    let lonely = (
        matched(&search.left, |slot| slot.left),
        matched(&search.right, |slot| slot.right),
    );
    if !search.options.columns.suggest_renames || lonely.0.is_empty() || lonely.1.is_empty() {
        return Ok(Vec::new());
    }
    let pairs = sample(left_of);
    let left = read(&search.left, &lonely.0, pairs.iter().map(|pair| pair.0))?;
    let right = read(&search.right, &lonely.1, pairs.iter().map(|pair| pair.1))?;
    Ok(best(&left, &right))
}

/// Pairs of rows, spread evenly.
fn sample(left_of: &[u32]) -> Vec<(u32, u32)> {
    let pairs = || {
        let rows = left_of.iter().zip(0..);
        rows.filter(|(left, _)| **left != NONE)
    };
    let step = pairs().count().div_ceil(ROWS).max(1);
    pairs()
        .step_by(step)
        .map(|(&left, right)| (left, right))
        .collect()
}

fn read<'a>(
    rows: &Rows<'a>,
    columns: &[usize],
    numbers: impl Iterator<Item = u32>,
) -> Result<Vec<Column<'a>>, Failure> {
    let layout = columns.iter().map(|&index| &rows.layout.columns[index]);
    let mut found: Vec<(u32, Column<'a>)> = layout
        .map(|column| {
            let (name, values) = (column.name.as_str(), Vec::new());
            (column.column, Column { name, values })
        })
        .collect();
    let mut reader = rows.table.spill.reader();
    let mut record = Record::default();
    for row in numbers {
        reader.get(rows.first + row as usize, &mut record)?;
        for (place, column) in &mut found {
            let digest = match record.cell(*place) {
                Some(cell) => rows.lens.digest(cell, &record, false)?,
                None => 0,
            };
            column.values.push(digest);
        }
    }
    Ok(found.into_iter().map(|(_, column)| column).collect())
}

/// Each column once, the pairs that agree most first.
fn best(left: &[Column<'_>], right: &[Column<'_>]) -> Vec<Renamed> {
    let mut able = Vec::new();
    for (i, from) in left.iter().enumerate().filter(|(_, one)| one.varies()) {
        for (j, to) in right.iter().enumerate().filter(|(_, one)| one.varies()) {
            let agreement = from.agreement(to);
            if agreement >= AGREEMENT {
                able.push((agreement, i, j));
            }
        }
    }
    able.sort_by(|one, other| other.0.total_cmp(&one.0));
    let (mut lefts, mut rights) = (HashSet::new(), HashSet::new());
    let mut renamed = Vec::new();
    for (agreement, i, j) in able {
        if lefts.contains(&i) || rights.contains(&j) {
            continue;
        }
        lefts.insert(i);
        rights.insert(j);
        renamed.push(Renamed {
            from: left[i].name.to_owned(),
            to: right[j].name.to_owned(),
            agreement: (agreement * 1000.0).round() / 1000.0,
        });
    }
    renamed
}
