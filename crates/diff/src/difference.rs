//! Two rows, cell by cell.

use sheet::{canonical, fifteen_digits, parse_date, parse_time, parse_written, to_millisecond};

use super::{
    Failure, Tolerance,
    key::Rows,
    lens::Lens,
    plan::Slot,
    spill::{Record, SpillReader, StoredCell},
    value::Kind,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Same,
    Changed,
    /// Equal values of different kinds.
    TypeOnly,
    /// A text file has what the other file shows: 12.5% for 0.125.
    Written,
    WithinTolerance,
    /// Beyond the digits that Excel shows.
    NotShown,
}

/// Reads pairs of rows and compares them.
pub(crate) struct Comparer<'a> {
    left: Rows<'a>,
    right: Rows<'a>,
    slots: &'a [Slot],
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
        let left = Seen {
            lens: &self.left.lens,
            record: &self.left_record,
            cell: self.left_record.cell(slot.left),
        };
        let right = Seen {
            lens: &self.right.lens,
            record: &self.right_record,
            cell: self.right_record.cell(slot.right),
        };
        judge(left, right, slot.dates, slot.tolerance)
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

/// A cell, or the lack of one, as its side sees it.
#[derive(Clone, Copy)]
pub(crate) struct Seen<'a> {
    pub(crate) lens: &'a Lens<'a>,
    pub(crate) record: &'a Record,
    pub(crate) cell: Option<&'a StoredCell>,
}

/// Two cells beside each other. `dates`: texts that are dates count as dates.
pub(crate) fn judge(
    left: Seen<'_>,
    right: Seen<'_>,
    dates: bool,
    tolerance: Tolerance,
) -> Result<Verdict, Failure> {
    let digest = |seen: Seen<'_>| match seen.cell {
        Some(cell) => seen.lens.digest(cell, seen.record, dates),
        None => Ok(0),
    };
    let (one, other) = (digest(left)?, digest(right)?);
    let (Some(old), Some(new)) = (left.cell, right.cell) else {
        let same = one == other;
        return Ok(if same {
            Verdict::Same
        } else {
            Verdict::Changed
        });
    };
    let kinds = (left.lens.kind(old), right.lens.kind(new));
    if one == other {
        let typed = left.lens.typed && right.lens.typed && one != 0;
        return Ok(if typed && kinds.0 != kinds.1 {
            Verdict::TypeOnly
        } else {
            Verdict::Same
        });
    }
    let is_written = match (left.lens.typed, right.lens.typed) {
        (true, false) => is_written(left, old, right)?,
        (false, true) => is_written(right, new, left)?,
        _ => false,
    };
    if is_written {
        return Ok(Verdict::Written);
    }
    let one = left.lens.number(old, left.record)?;
    let other = right.lens.number(new, right.record)?;
    let (Some(one), Some(other)) = (one, other) else {
        return Ok(Verdict::Changed);
    };
    Ok(numbers((one, kinds.0), (other, kinds.1), tolerance))
}

#[expect(
    clippy::float_cmp,
    reason = "the same number of digits is meant, or of milliseconds"
)]
fn numbers(left: (f64, Kind), right: (f64, Kind), tolerance: Tolerance) -> Verdict {
    let (one, other) = (left.0, right.0);
    let is_one_date = (left.1 == Kind::Date) != (right.1 == Kind::Date);
    if is_one_date && to_millisecond(one) == to_millisecond(other) {
        return Verdict::TypeOnly;
    }
    if tolerance != Tolerance::default() && near(one, other, tolerance) {
        return Verdict::WithinTolerance;
    }
    // Whole numbers may be names, of orders and of people: their last digit counts.
    let whole = one.fract() == 0.0 && other.fract() == 0.0;
    let alike = fifteen_digits(one) == fifteen_digits(other);
    if !whole && (alike || near(one, other, Tolerance::default())) {
        return Verdict::NotShown;
    }
    Verdict::Changed
}

/// Whether a text file has the typed cell as a spreadsheet shows it, with nothing lost.
#[expect(clippy::float_cmp, reason = "the very same numbers are meant")]
fn is_written(typed: Seen<'_>, cell: &StoredCell, text: Seen<'_>) -> Result<bool, Failure> {
    let kind = typed.lens.kind(cell);
    if !matches!(kind, Kind::Number | Kind::Date) {
        return Ok(false);
    }
    let Some(value) = typed.lens.number(cell, typed.record)? else {
        return Ok(false);
    };
    let written = text.lens.text(text.cell, text.record)?;
    let written = written.trim();
    if kind == Kind::Date {
        let moment = parse_date(written).or_else(|| parse_time(written));
        return Ok(moment.is_some_and(|moment| to_millisecond(moment) == to_millisecond(value)));
    }
    Ok(parse_written(written).is_some_and(|number| number == canonical(value)))
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
