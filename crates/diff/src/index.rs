//! Rows as fingerprints: one for the key, one for everything that is compared.

use super::{
    Failure,
    lens::Lens,
    spill::Record,
    table::Table,
    value::{Digest, Kind},
};

/// What identifies a row.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum RowKey {
    /// The values of these slots together.
    Slots(Vec<usize>),
    /// Everything that is compared.
    Whole,
    /// The row's number in its sheet.
    Number,
    /// The row's place among the data rows.
    Place,
}

/// One side's view of a slot.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SideSlot {
    pub(crate) column: u32,
    pub(crate) dates: bool,
    pub(crate) compared: bool,
}

pub(crate) struct Index {
    pub(crate) keys: Vec<Digest>,
    pub(crate) prints: Vec<Digest>,
    /// Rows without a key, ascending.
    pub(crate) keyless: Vec<u32>,
}

/// Domains of keys that are not values.
const KEYLESS: Digest = 0x6B65_796C_6573_7300;
const WHOLE: Digest = 0x7768_6F6C_6500_0000;
const PLACE: Digest = 0x706C_6163_6500_0000;
const FOOTER: Digest = 0x666F_6F74_6572_0000;

/// Indexes the rows of a table from `first` on. `typed`: kinds count too, because both sides have
/// them. `footer`: how many of the last rows are totals, which are compared among themselves.
pub(crate) fn build(
    (table, lens): (&Table, &Lens<'_>),
    first: usize,
    slots: &[SideSlot],
    key: &RowKey,
    typed: bool,
    footer: usize,
) -> Result<Index, Failure> {
    let rows = table.spill.rows() - first;
    let seed = lens.rules.seed;
    let by_column = by_column(slots);
    let mut index = Index {
        keys: Vec::with_capacity(rows),
        prints: Vec::with_capacity(rows),
        keyless: Vec::new(),
    };
    let mut parts = vec![0; slots.len()];
    let mut record = Record::default();
    let mut reader = table.spill.reader();
    for _ in 0..first {
        reader.next(&mut record)?;
    }
    while reader.next(&mut record)? {
        let mut print: Digest = 0;
        parts.fill(0);
        for cell in &record.cells {
            let Some(&slot) = by_column.get(cell.column as usize) else {
                break;
            };
            let Some(side_slot) = slots.get(slot as usize) else {
                continue;
            };
            let digest = lens.digest(cell, &record, side_slot.dates)?;
            parts[slot as usize] = digest;
            if side_slot.compared {
                let kind = if typed { lens.kind(cell) } else { Kind::Blank };
                print = print.wrapping_add(seed.share(digest, slot, kind as u8));
            }
        }
        let row = index.prints.len();
        let key = if row + footer >= rows {
            seed.join(FOOTER, (row + footer - rows) as Digest)
        } else {
            match key {
                RowKey::Slots(slots) if slots.iter().all(|&slot| parts[slot] == 0) => {
                    index.keyless.push(row as u32);
                    seed.join(KEYLESS, print)
                }
                RowKey::Slots(slots) => slots
                    .iter()
                    .fold(1, |key, &slot| seed.join(key, parts[slot])),
                RowKey::Whole => seed.join(WHOLE, print),
                RowKey::Number => seed.join(PLACE, Digest::from(record.number)),
                RowKey::Place => seed.join(PLACE, row as Digest),
            }
        };
        index.keys.push(key);
        index.prints.push(print);
    }
    Ok(index)
}

/// From a column of the sheet to its slot, or to none.
fn by_column(slots: &[SideSlot]) -> Vec<u32> {
    let width = slots
        .iter()
        .map(|slot| slot.column as usize + 1)
        .max()
        .unwrap_or(0);
    let mut by_column = vec![u32::MAX; width];
    for (index, slot) in slots.iter().enumerate() {
        by_column[slot.column as usize] = index as u32;
    }
    by_column
}
