//! The row, or the rows, that name the columns.

use std::collections::{BTreeSet, HashSet};

use sheet::COLUMN_LAST;

use crate::{
    Failure,
    lens::Lens,
    spill::Record,
    table::Table,
    value::{Kind, normal_name},
};

/// The first rows of a sheet that hold anything; or, for headers of several rows, every so many
/// rows as one.
pub(crate) struct Head {
    pub(crate) rows: Vec<HeadRow>,
}

pub(crate) struct HeadRow {
    /// In its sheet, counted from 0; of several rows the first.
    pub(crate) number: u32,
    pub(crate) cells: Vec<HeadCell>,
}

pub(crate) struct HeadCell {
    pub(crate) column: u32,
    pub(crate) text: String,
    name: String,
    kind: Kind,
}

const ROWS: usize = 30;
/// Below this no pair of rows is believed to be headers.
const SCORE_MIN: f64 = 0.5;
const TEXT_SHARE_MIN: f64 = 0.5;
const RISE_MIN: f64 = 0.05;

pub(crate) fn read_head(table: &Table, lens: &Lens<'_>, levels: usize) -> Result<Head, Failure> {
    let mut rows = Vec::new();
    let mut record = Record::default();
    let mut reader = table.spill.reader();
    while rows.len() < ROWS + levels - 1 && reader.next(&mut record)? {
        let mut cells = Vec::new();
        let values = record.cells.iter();
        for cell in values.take_while(|cell| cell.column <= COLUMN_LAST) {
            let text = lens.text(Some(cell), &record)?;
            cells.push(HeadCell {
                column: cell.column,
                name: normal_name(&text),
                kind: lens.kind(cell),
                text,
            });
        }
        cells.retain(|cell| !cell.name.is_empty());
        rows.push(HeadRow {
            number: record.number,
            cells,
        });
    }
    if levels > 1 {
        rows = rows.windows(levels).map(joined).collect();
    }
    Ok(Head { rows })
}

/// Rows that follow each other, as one; empty if they do not.
fn joined(rows: &[HeadRow]) -> HeadRow {
    let follow = rows
        .windows(2)
        .all(|pair| pair[0].number + 1 == pair[1].number);
    let columns: BTreeSet<u32> = rows
        .iter()
        .filter(|_| follow)
        .flat_map(|row| row.cells.iter().map(|cell| cell.column))
        .collect();
    let mut parents = vec![None; rows.len()];
    HeadRow {
        number: rows[0].number,
        cells: columns
            .into_iter()
            .filter_map(|column| joined_cell(rows, column, &mut parents))
            .collect(),
    }
}

/// The column's names from top to bottom, as 父/子. A merged cell has its text in its first column
/// only, whatever the format: a name with another below it reaches to the right, over columns that
/// have names below and none of their own.
fn joined_cell<'a>(
    rows: &'a [HeadRow],
    column: u32,
    parents: &mut [Option<&'a HeadCell>],
) -> Option<HeadCell> {
    let cell = |row: &'a HeadRow| row.cells.iter().find(|cell| cell.column == column);
    let own: Vec<Option<&HeadCell>> = rows.iter().map(cell).collect();
    let mut parts: Vec<&HeadCell> = Vec::new();
    for level in 0..own.len() {
        let is_parent = own[level + 1..].iter().any(Option::is_some);
        if own[level].is_some() {
            parents[level..].fill(None);
            parents[level] = own[level].filter(|_| is_parent);
        }
        let part = own[level].or(parents[level].filter(|_| is_parent));
        parts.extend(part);
    }
    parts.dedup_by(|below, above| below.name == above.name);
    let texts: Vec<&str> = parts.iter().map(|part| part.text.trim()).collect();
    let text = texts.join("/");
    let kinds = own.iter().flatten().map(|cell| cell.kind);
    Some(HeadCell {
        column,
        name: normal_name(&text),
        kind: kinds.max_by_key(|kind| *kind != Kind::Text)?,
        text,
    })
}

/// The best pair of header rows (indexes into the heads), or `None`.
pub(crate) fn choose_headers(left: &Head, right: &Head) -> Option<(usize, usize)> {
    let (left_scores, right_scores) = (rising(scores(left)), rising(scores(right)));
    let mut best: Option<(f64, usize, usize)> = None;
    for (i, one) in left_scores.iter().enumerate() {
        for (j, other) in right_scores.iter().enumerate() {
            let (Some(one), Some(other)) = (one, other) else {
                continue;
            };
            let overlap = overlap(&left.rows[i], &right.rows[j]);
            let late = 0.01 * (i + j) as f64;
            let score = 0.3 * (one + other) + 0.4 * overlap - late;
            if score >= SCORE_MIN && best.is_none_or(|(most, ..)| score > most + 1e-9) {
                best = Some((score, i, j));
            }
        }
    }
    best.map(|(_, i, j)| (i, j))
}

/// Only rows that look more like a header than all above them: rows of data are the same in both
/// files more often than headers are, and would win by that.
fn rising(scores: Vec<Option<f64>>) -> Vec<Option<f64>> {
    let mut most = 0.0_f64;
    let rises = |score: Option<f64>| {
        let rises = score.filter(|score| *score > most + RISE_MIN);
        most = most.max(score.unwrap_or(0.0));
        rises
    };
    scores.into_iter().map(rises).collect()
}

/// How much each row looks like a header by itself, 0 to 1; `None`: it cannot be one.
fn scores(head: &Head) -> Vec<Option<f64>> {
    let width = head
        .rows
        .iter()
        .map(|row| row.cells.len())
        .max()
        .unwrap_or(0)
        .max(1);
    let score = |(index, row): (usize, &HeadRow)| {
        let count = row.cells.len();
        let texts = row
            .cells
            .iter()
            .filter(|cell| cell.kind == Kind::Text)
            .count();
        let text_share = texts as f64 / count.max(1) as f64;
        if count == 0 || text_share < TEXT_SHARE_MIN {
            return None;
        }
        let names: HashSet<&str> = row.cells.iter().map(|cell| cell.name.as_str()).collect();
        let filled = count as f64 / width as f64;
        let distinct = names.len() as f64 / count as f64;
        let change = type_change(row, &head.rows[index + 1..]);
        Some(0.3 * filled + 0.2 * distinct + 0.3 * text_share + 0.2 * change)
    };
    head.rows.iter().enumerate().map(score).collect()
}

/// The share of text cells above something that is not text.
fn type_change(row: &HeadRow, below: &[HeadRow]) -> f64 {
    let changes = row.cells.iter().filter(|cell| {
        let mut same_column = below
            .iter()
            .flat_map(|row| row.cells.iter().filter(|other| other.column == cell.column));
        cell.kind == Kind::Text && same_column.any(|other| other.kind != Kind::Text)
    });
    (changes.count() as f64 / row.cells.len().max(1) as f64 * 2.0).min(1.0)
}

/// Jaccard: the names both rows have, of all names.
pub(super) fn overlap(left: &HeadRow, right: &HeadRow) -> f64 {
    let names = |row: &HeadRow| {
        row.cells
            .iter()
            .map(|cell| cell.name.clone())
            .collect::<HashSet<_>>()
    };
    let (left, right) = (names(left), names(right));
    let common = left.intersection(&right).count();
    let all = left.len() + right.len() - common;
    common as f64 / all.max(1) as f64
}
