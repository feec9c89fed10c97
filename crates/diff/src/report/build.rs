use super::{ColumnReport, KeyReport, OutsideReport, PairReport};
use crate::{
    HeaderMode, KeyMode, Mode, Options, SheetMatch, SheetPair,
    pair::{Layer, Pair},
    side::Side,
};

/// Cells outside the table that the summary lists; the result has all.
const OUTSIDE_MAX: usize = 20;

pub(crate) fn pair_report(pair: &Pair, left: &Side, right: &Side) -> PairReport {
    let unmatched = |layer: &Layer, matched: &dyn Fn(u32) -> bool| {
        let columns = layer
            .layout
            .columns
            .iter()
            .filter(|column| !matched(column.column));
        columns
            .map(|column| column.name.clone())
            .collect::<Vec<_>>()
    };
    PairReport {
        sheet1: left.tables[pair.left_table].name.clone(),
        sheet2: right.tables[pair.right_table].name.clone(),
        mode: pair.mode.to_owned(),
        header_row1: pair.left.header_row,
        header_row2: pair.right.header_row,
        key: KeyReport {
            columns: pair
                .key
                .iter()
                .map(|&slot| pair.slots[slot].name.clone())
                .collect(),
            chosen: pair.chosen.to_owned(),
            confidence: round(pair.confidence),
            overlap: round(pair.overlap),
            dup1: pair.pairing.repeats.0,
            dup2: pair.pairing.repeats.1,
            blank1: pair.keyless.0.len() as u64,
            blank2: pair.keyless.1.len() as u64,
        },
        rows: pair.rows,
        cells: pair.cells,
        columns: ColumnReport {
            common: pair.slots.len() as u32,
            added: unmatched(&pair.right, &|column| {
                pair.slots.iter().any(|slot| slot.right == column)
            }),
            removed: unmatched(&pair.left, &|column| {
                pair.slots.iter().any(|slot| slot.left == column)
            }),
            renamed: pair.hints.renamed.clone(),
            changed: pair.changed_columns(),
        },
        outside: OutsideReport {
            changed: pair.outside.changed,
            cells: pair
                .outside
                .cells
                .iter()
                .take(OUTSIDE_MAX)
                .cloned()
                .collect(),
        },
    }
}

fn round(share: f64) -> f64 {
    (share * 1000.0).round() / 1000.0
}

/// The options with the automatic choices filled in. Header rows and keys are options of the whole
/// comparison, so they are filled in where the pairs agree.
pub(crate) fn resolved(options: &Options, pairs: &[Pair], reports: &[PairReport]) -> Options {
    let mut resolved = options.clone();
    if resolved.sheets.by == SheetMatch::Auto {
        let pair = |report: &PairReport| SheetPair {
            sheet1: report.sheet1.clone(),
            sheet2: report.sheet2.clone(),
        };
        resolved.sheets.by = SheetMatch::Pairs;
        resolved.sheets.pairs = Some(reports.iter().map(pair).collect());
    }
    let Some(first) = reports.first() else {
        return resolved;
    };
    let headers = |report: &PairReport| (report.header_row1, report.header_row2);
    if reports
        .iter()
        .all(|report| headers(report) == headers(first))
    {
        match headers(first) {
            (0, _) | (_, 0) => resolved.header.mode = HeaderMode::None,
            (row1, row2) => {
                resolved.header.mode = HeaderMode::Row;
                (resolved.header.row1, resolved.header.row2) = (Some(row1), Some(row2));
            }
        }
    }
    let same_key = reports
        .iter()
        .all(|report| report.key.columns == first.key.columns);
    if resolved.mode == Mode::Auto && resolved.key.mode == KeyMode::Auto && same_key {
        match pairs.first().map(|pair| pair.mode) {
            Some("sequence") => resolved.mode = Mode::Sequence,
            _ => {
                resolved.key.mode = KeyMode::Columns;
                resolved.key.columns = Some(first.key.columns.clone());
            }
        }
    }
    resolved
}
