//! Two rows, cell by cell.

use super::{
    Failure, Tolerance,
    key::Rows,
    plan::Slot,
    spill::{Record, SpillReader},
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Same,
    Changed,
    /// Equal values of different kinds.
    TypeOnly,
    WithinTolerance,
}

/// Reads pairs of rows and compares them.
pub(crate) struct Comparer<'a> {
    left: Rows<'a>,
    right: Rows<'a>,
    slots: &'a [Slot],
    typed: bool,
    left_reader: SpillReader<'a>,
    right_reader: SpillReader<'a>,
    pub(crate) left_record: Record,
    pub(crate) right_record: Record,
    /// One per slot, of the last pair.
    pub(crate) verdicts: Vec<Verdict>,
}

impl<'a> Comparer<'a> {
    pub(crate) fn new(left: Rows<'a>, right: Rows<'a>, slots: &'a [Slot]) -> Self {
        Self {
            typed: left.lens.typed && right.lens.typed,
            left_reader: left.table.spill.reader(),
            right_reader: right.table.spill.reader(),
            left,
            right,
            slots,
            left_record: Record::default(),
            right_record: Record::default(),
            verdicts: Vec::new(),
        }
    }

    pub(crate) fn read_left(&mut self, row: u32) -> Result<&Record, Failure> {
        self.left_reader
            .get(self.left.first + row as usize, &mut self.left_record)?;
        Ok(&self.left_record)
    }

    pub(crate) fn read_right(&mut self, row: u32) -> Result<&Record, Failure> {
        self.right_reader
            .get(self.right.first + row as usize, &mut self.right_record)?;
        Ok(&self.right_record)
    }

    /// Fills the verdicts; true if any cell changed.
    pub(crate) fn compare(&mut self, left: u32, right: u32) -> Result<bool, Failure> {
        self.read_left(left)?;
        self.read_right(right)?;
        self.verdicts.clear();
        let mut changed = false;
        for slot in self.slots {
            let verdict = if slot.compared {
                self.verdict(slot)?
            } else {
                Verdict::Same
            };
            changed |= verdict == Verdict::Changed;
            self.verdicts.push(verdict);
        }
        Ok(changed)
    }

    fn verdict(&self, slot: &Slot) -> Result<Verdict, Failure> {
        let left = self.left_record.cell(slot.left);
        let right = self.right_record.cell(slot.right);
        let digest_left = match left {
            Some(cell) => self.left.lens.digest(cell, &self.left_record, slot.dates)?,
            None => 0,
        };
        let digest_right = match right {
            Some(cell) => self
                .right
                .lens
                .digest(cell, &self.right_record, slot.dates)?,
            None => 0,
        };
        let (Some(left), Some(right)) = (left, right) else {
            let same = digest_left == digest_right;
            return Ok(if same {
                Verdict::Same
            } else {
                Verdict::Changed
            });
        };
        if digest_left == digest_right {
            let kinds = self.typed && digest_left != 0;
            let differ = kinds && self.left.lens.kind(left) != self.right.lens.kind(right);
            return Ok(if differ {
                Verdict::TypeOnly
            } else {
                Verdict::Same
            });
        }
        if slot.tolerance != Tolerance::default() {
            let one = self.left.lens.number(left, &self.left_record)?;
            let other = self.right.lens.number(right, &self.right_record)?;
            if let (Some(one), Some(other)) = (one, other)
                && near(one, other, slot.tolerance)
            {
                return Ok(Verdict::WithinTolerance);
            }
        }
        Ok(Verdict::Changed)
    }

    /// The share of compared cells, filled on either side, that are the same.
    pub(crate) fn alike(&mut self, left: u32, right: u32) -> Result<f64, Failure> {
        self.compare(left, right)?;
        let mut filled = 0_u32;
        let mut same = 0_u32;
        for (slot, verdict) in self.slots.iter().zip(&self.verdicts) {
            let any = self.left_record.cell(slot.left).is_some()
                || self.right_record.cell(slot.right).is_some();
            if any && slot.compared {
                filled += 1;
                same += u32::from(*verdict != Verdict::Changed);
            }
        }
        Ok(f64::from(same) / f64::from(filled.max(1)))
    }
}

/// The same from both sides: relative to the larger of the two.
fn near(left: f64, right: f64, tolerance: Tolerance) -> bool {
    let distance = (left - right).abs();
    // Decimals that differ by exactly the tolerance do so only to 15 digits.
    let slack = left.abs().max(right.abs()) * 1e-15;
    distance
        <= tolerance
            .abs_tol
            .max(tolerance.rel_tol * left.abs().max(right.abs()))
            + slack
}
