//! The differences of a preview as one list, in the order of the sheets: what every format shows.

use diff::{PairReport, Preview, PreviewPair, PreviewRow, Summary};

use super::words::Words;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Outside,
    Changed,
    Added,
    Removed,
}

/// One cell that changed, or one row that came or went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) sheet: String,
    pub(super) kind: Kind,
    /// The key's values of its row.
    pub(super) key: String,
    pub(super) cell1: String,
    pub(super) cell2: String,
    pub(super) column: String,
    pub(super) old: String,
    pub(super) new: String,
}

impl Kind {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Outside => "outside",
            Self::Changed => "changed",
            Self::Added => "added",
            Self::Removed => "removed",
        }
    }

    pub(super) fn word(self, words: &Words) -> &'static str {
        match self {
            Self::Outside => words.outside,
            Self::Changed => words.changed,
            Self::Added => words.added,
            Self::Removed => words.removed,
        }
    }
}

pub(super) fn changes(preview: &Preview) -> Vec<Change> {
    preview.pairs.iter().flat_map(of_pair).collect()
}

/// Whether the preview has every difference of the sheets.
pub(super) fn is_complete(summary: &Summary, preview: &Preview) -> bool {
    let whole = |(report, shown): (&PairReport, &PreviewPair)| {
        let rows = &report.rows;
        shown.changed.len() as u64 == rows.changed
            && shown.added.len() as u64 == rows.added
            && shown.removed.len() as u64 == rows.removed
            && shown.outside.len() as u64 == report.outside.changed
    };
    summary.pairs.iter().zip(&preview.pairs).all(whole)
}

fn of_pair(pair: &PreviewPair) -> Vec<Change> {
    let sheet = pair.sheet2.as_str();
    let mut changes: Vec<Change> = Vec::new();
    changes.extend(pair.outside.iter().map(|cell| Change {
        sheet: sheet.to_owned(),
        kind: Kind::Outside,
        key: String::new(),
        cell1: cell.cell1.clone().unwrap_or_default(),
        cell2: cell.cell2.clone().unwrap_or_default(),
        column: String::new(),
        old: cell.old.clone(),
        new: cell.new.clone(),
    }));
    for row in &pair.changed {
        changes.extend(row.cells.iter().map(|cell| Change {
            sheet: sheet.to_owned(),
            kind: Kind::Changed,
            key: row.key.join(" / "),
            cell1: cell.cell1.clone().unwrap_or_default(),
            cell2: cell.cell2.clone().unwrap_or_default(),
            column: cell.column.clone(),
            old: cell.old.clone().unwrap_or_default(),
            new: cell.new.clone().unwrap_or_default(),
        }));
    }
    changes.extend(pair.added.iter().map(|row| of_row(sheet, Kind::Added, row)));
    let removed = pair.removed.iter();
    changes.extend(removed.map(|row| of_row(sheet, Kind::Removed, row)));
    changes
}

/// A whole row stands in one line: its cells one after the other.
fn of_row(sheet: &str, kind: Kind, row: &PreviewRow) -> Change {
    let value = |cell: &diff::PreviewCell| cell.new.clone().or_else(|| cell.old.clone());
    let values: Vec<String> = row.cells.iter().filter_map(value).collect();
    let values = values.join(" · ");
    let place = |row: Option<u32>| row.map_or(String::new(), |row| format!("{row}:{row}"));
    let is_new = kind == Kind::Added;
    Change {
        sheet: sheet.to_owned(),
        kind,
        key: row.key.join(" / "),
        cell1: place(row.row1),
        cell2: place(row.row2),
        column: String::new(),
        old: if is_new {
            String::new()
        } else {
            values.clone()
        },
        new: if is_new { values } else { String::new() },
    }
}
