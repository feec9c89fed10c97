//! What identifies a row: the columns that were asked for, or the best that can be found.

mod candidates;
mod mismatch;

use super::{
    Duplicates, Failure, FailureCode, KeyMode, Mode, Options,
    index::{Index, RowKey, SideSlot, build},
    lens::Lens,
    pair::Layer,
    pairing::{Pairing, pair},
    plan::{Layout, Slot, column_missing},
    table::Table,
};
use candidates::{Sample, single, together};

/// The data rows of one side.
#[derive(Clone, Copy)]
pub(crate) struct Rows<'a> {
    pub(crate) table: &'a Table,
    pub(crate) lens: Lens<'a>,
    pub(crate) layout: &'a Layout,
    /// The first data row, counted among the spilled rows.
    pub(crate) first: usize,
    /// How many of the last rows are totals.
    pub(crate) footer: usize,
}

pub(crate) struct Search<'a> {
    pub(crate) left: Rows<'a>,
    pub(crate) right: Rows<'a>,
    pub(crate) slots: &'a [Slot],
    pub(crate) options: &'a Options,
}

/// A key, tried on all rows of both sides.
pub(crate) struct Trial {
    pub(crate) key: Option<RowKey>,
    pub(crate) left: Index,
    pub(crate) right: Index,
    pub(crate) pairing: Pairing,
}

#[derive(Clone, Copy)]
struct Demands {
    unique: f64,
    blank: f64,
    overlap: f64,
}

const STRICT: Demands = Demands {
    unique: 0.995,
    blank: 0.01,
    overlap: 0.2,
};
/// For a column whose name says that it is a key.
const NAMED: Demands = Demands {
    unique: 0.95,
    blank: 0.05,
    overlap: 0.2,
};
const RELAXED: Demands = Demands {
    unique: 0.8,
    blank: 0.1,
    overlap: 0.2,
};

impl<'a> Rows<'a> {
    pub(crate) fn of(table: &'a Table, lens: Lens<'a>, layer: &'a Layer) -> Self {
        Self {
            table,
            lens,
            layout: &layer.layout,
            first: layer.first,
            footer: layer.footer,
        }
    }
}

impl Trial {
    fn rows(&self) -> (f64, f64) {
        (self.left.keys.len() as f64, self.right.keys.len() as f64)
    }

    /// Of the rows that have a key, the share that does not repeat one: of the worse side.
    pub(crate) fn unique(&self) -> f64 {
        let share = |rows: f64, repeats: u64| {
            if rows == 0.0 {
                1.0
            } else {
                1.0 - repeats as f64 / rows
            }
        };
        let (left, right) = self.rows();
        share(left, self.pairing.repeats.0).min(share(right, self.pairing.repeats.1))
    }

    fn blank(&self) -> f64 {
        let (left, right) = self.rows();
        let share = |keyless: &[u32], rows: f64| keyless.len() as f64 / rows.max(1.0);
        share(&self.left.keyless, left).max(share(&self.right.keyless, right))
    }

    /// Keys that both sides have, of the keys of the smaller side.
    pub(crate) fn overlap(&self) -> f64 {
        let (left, right) = self.rows();
        let distinct =
            (left - self.pairing.repeats.0 as f64).min(right - self.pairing.repeats.1 as f64);
        if distinct <= 0.0 {
            0.0
        } else {
            self.pairing.shared_keys as f64 / distinct
        }
    }

    fn meets(&self, demands: Demands) -> bool {
        self.unique() >= demands.unique
            && self.blank() <= demands.blank
            && self.overlap() >= demands.overlap
    }
}

impl Search<'_> {
    /// `None` in the trial's key: rows are compared in sequence.
    pub(crate) fn run(&self) -> Result<Trial, Failure> {
        match (self.options.mode, self.options.key.mode) {
            (Mode::Position, _) => self.try_key(RowKey::Place),
            (Mode::Sequence, _) => self.in_sequence(),
            (_, KeyMode::RowNumber) => self.try_key(RowKey::Number),
            (_, KeyMode::WholeRow) => self.try_key(RowKey::Whole),
            (_, KeyMode::Columns) => self.try_key(RowKey::Slots(self.given()?)),
            (mode, KeyMode::Auto) => match self.find()? {
                Some(trial) => Ok(trial),
                None if mode == Mode::Keyed => {
                    let message = "找不到可用的主键,请用 key.columns 指定";
                    Err(Failure::new(FailureCode::KeyColumnMissing, message))
                }
                None => self.in_sequence(),
            },
        }
    }

    fn given(&self) -> Result<Vec<usize>, Failure> {
        let mut key = Vec::new();
        for name in self.options.key.columns.iter().flatten() {
            let left = self.left.layout.has(name);
            let right = self.right.layout.has(name);
            let slot = self.slots.iter().position(|slot| {
                left == Some(slot.left) || (left.is_none() && right == Some(slot.right))
            });
            match slot {
                Some(slot) if !key.contains(&slot) => key.push(slot),
                Some(_) => return Err(Failure::option(format!("key.columns 中的\"{name}\"重复"))),
                None if left.is_none() => return Err(column_missing(name, 1, self.left.layout)),
                None => return Err(column_missing(name, 2, self.right.layout)),
            }
        }
        Ok(key)
    }

    fn find(&self) -> Result<Option<Trial>, Failure> {
        let left = Sample::take(&self.left, &self.side_slots(true))?;
        let right = Sample::take(&self.right, &self.side_slots(false))?;
        let ranked = single(self.slots, &left, &right);
        for (candidate, demands) in [(0.0, STRICT), (1.0, NAMED)] {
            let able = ranked
                .iter()
                .filter(|one| one.prior >= candidate && one.unique >= demands.unique - 0.05);
            for one in able.take(6) {
                let trial = self.try_key(RowKey::Slots(vec![one.slot]))?;
                if trial.meets(demands) {
                    return Ok(Some(trial));
                }
            }
        }
        for key in together(&ranked, &left, &right) {
            let trial = self.try_key(RowKey::Slots(key))?;
            if trial.meets(STRICT) {
                return Ok(Some(trial));
            }
        }
        for one in ranked.iter().filter(|one| one.prior >= 1.0).take(2) {
            let trial = self.try_key(RowKey::Slots(vec![one.slot]))?;
            if trial.meets(RELAXED) {
                return Ok(Some(trial));
            }
        }
        Ok(None)
    }

    fn in_sequence(&self) -> Result<Trial, Failure> {
        let mut trial = self.try_key(RowKey::Whole)?;
        trial.key = None;
        Ok(trial)
    }

    fn side_slots(&self, left: bool) -> Vec<SideSlot> {
        let slots = self.slots.iter().map(|slot| SideSlot {
            column: if left { slot.left } else { slot.right },
            dates: slot.dates,
            compared: slot.compared,
        });
        slots.collect()
    }

    fn try_key(&self, key: RowKey) -> Result<Trial, Failure> {
        let typed = self.left.lens.typed && self.right.lens.typed;
        let index = |rows: &Rows<'_>, slots: &[SideSlot]| {
            build(
                (rows.table, &rows.lens),
                rows.first,
                slots,
                &key,
                typed,
                rows.footer,
            )
        };
        let (left, right) = std::thread::scope(|scope| {
            let left = scope.spawn(|| index(&self.left, &self.side_slots(true)));
            let right = index(&self.right, &self.side_slots(false));
            (left.join(), right)
        });
        let left = left.map_err(|_| Failure::internal("a thread panicked"))??;
        let right = right?;
        let whole = key == RowKey::Whole;
        // Whole rows that are equal are the same row, however many there are.
        let policy = if whole {
            Duplicates::Pair
        } else {
            self.options.duplicates
        };
        let mut pairing = pair(&left, &right, policy);
        if whole {
            pairing.groups.clear();
            pairing.repeats = (0, 0);
        }
        Ok(Trial {
            key: Some(key),
            left,
            right,
            pairing,
        })
    }
}
