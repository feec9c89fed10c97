//! How large the result may become, decided before it is begun: what is left out is said.

use crate::{
    Layout as Arrangement, Notice, NoticeCode, Request, pair::Pair, plan::Layout, words::Words,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    All,
    /// Without the columns that did not change.
    NoContext,
    /// The cell log instead of the changed rows.
    LogOnly,
    /// Some rows are missing.
    Cut,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Extent {
    step: Step,
    context: bool,
    changed_sheet: bool,
    /// Text files have what the workbook leaves out.
    csv: bool,
    /// Cells that may still be written, when some must be left out.
    left: u64,
}

impl Extent {
    pub(super) fn plan(pairs: &[Pair], request: &Request) -> Self {
        let output = &request.options.output;
        let max = request.limits.output_cells;
        let sum = |cells: fn(&Pair) -> u64| pairs.iter().map(cells).sum::<u64>();
        let log = if output.cell_log {
            sum(|pair| {
                (pair.cells.changed + pair.cells.type_only + pair.cells.within_tolerance) * 10
            })
        } else {
            0
        };
        let whole_rows = sum(|pair| {
            let width = |layout: &Layout| layout.columns.len() + layout.formulas.len();
            let columns = width(&pair.left.layout).max(width(&pair.right.layout));
            (pair.added.len() + pair.removed.len()) as u64 * (columns as u64 + 1)
        });
        let narrow = sum(|pair| {
            let pairs = pair.by_slot.iter().filter(|cells| **cells > 0).count() * 2;
            pair.changed.len() as u64 * (pairs + pair.key.len() + 5) as u64
        });
        let lines = if output.layout == Arrangement::Stacked {
            2
        } else {
            1
        };
        let wide = lines * sum(|pair| pair.changed.len() as u64 * pair.slots.len() as u64);
        let step = if log + whole_rows + narrow + wide <= max {
            Step::All
        } else if log + whole_rows + narrow <= max {
            Step::NoContext
        } else if output.cell_log && log + whole_rows <= max {
            Step::LogOnly
        } else {
            Step::Cut
        };
        Self {
            step,
            context: step == Step::All && output.context_columns == "all",
            changed_sheet: step < Step::LogOnly && output.layout != Arrangement::LogOnly
                || step == Step::Cut && !output.cell_log,
            csv: output.csv,
            left: max,
        }
    }

    pub(super) fn context(&self) -> bool {
        self.context
    }

    pub(super) fn changed_sheet(&self) -> bool {
        self.changed_sheet
    }

    pub(super) fn truncates(&self) -> bool {
        self.step == Step::Cut && !self.csv
    }

    /// Whether a row of so many cells is still written.
    pub(super) fn allows(&mut self, cells: usize) -> bool {
        if self.step < Step::Cut {
            return true;
        }
        match self.left.checked_sub(cells as u64) {
            Some(left) => {
                self.left = left;
                true
            }
            None => {
                self.left = 0;
                false
            }
        }
    }

    pub(super) fn notice(&self, words: &Words) -> Option<Notice> {
        let (code, message) = match self.step {
            Step::All => return None,
            Step::NoContext => (NoticeCode::OutputReduced, words.without_context),
            Step::LogOnly => (NoticeCode::OutputReduced, words.only_cells),
            Step::Cut if self.csv => (NoticeCode::OutputReduced, words.cut_but_texts),
            Step::Cut => (NoticeCode::OutputTruncated, words.cut_short),
        };
        Some(Notice {
            code,
            message: message.to_owned(),
            file: None,
            sheet: None,
            column: None,
            count: 1,
        })
    }
}
