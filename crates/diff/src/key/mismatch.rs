//! Keys that hardly meet because the files write them in different ways.

use std::collections::HashSet;

use super::{Rows, Search, Trial, candidates::prior};
use crate::{
    Failure,
    index::RowKey,
    spill::Record,
    value::{Canon, Digest},
};

/// Keys that meet less than this are looked at again.
const MET: f64 = 0.5;
/// Keys that meet more than this when written alike are the same keys.
const MEANT: f64 = 0.9;

impl Search<'_> {
    /// The slots of a key that would match if leading zeros, case and spaces did not count: of the
    /// key in use, or of the column whose name says that it should have been the key.
    pub(crate) fn mismatch(&self, trial: &Trial) -> Result<Vec<usize>, Failure> {
        let key = match &trial.key {
            Some(RowKey::Slots(key)) if trial.overlap() < MET => key.clone(),
            None => {
                let named = self.slots.iter().position(|slot| prior(&slot.name) > 0.0);
                named.into_iter().collect()
            }
            _ => Vec::new(),
        };
        if key.is_empty() {
            return Ok(key);
        }
        let left = loose(&self.left, |slot| self.slots[slot].left, &key)?;
        let right = loose(&self.right, |slot| self.slots[slot].right, &key)?;
        let smaller = left.len().min(right.len());
        let shared = left.intersection(&right).count();
        let meant = smaller > 1 && shared as f64 > smaller as f64 * MEANT;
        // A column that meets as it is was turned down for another reason.
        let meets = trial.key.is_none() && self.meets(&key)?;
        Ok(if meant && !meets { key } else { Vec::new() })
    }

    fn meets(&self, key: &[usize]) -> Result<bool, Failure> {
        Ok(self.try_key(RowKey::Slots(key.to_vec()))?.overlap() >= MET)
    }
}

/// The keys of all rows, written alike.
fn loose(
    rows: &Rows<'_>,
    column: impl Fn(usize) -> u32,
    key: &[usize],
) -> Result<HashSet<Digest>, Failure> {
    let seed = rows.lens.rules.seed;
    let mut keys = HashSet::new();
    let mut reader = rows.table.spill.reader();
    let mut record = Record::default();
    for _ in 0..rows.first {
        reader.next(&mut record)?;
    }
    while reader.next(&mut record)? {
        let mut digest = 1;
        for &slot in key {
            let text = rows.lens.text(record.cell(column(slot)), &record)?;
            let text = bare(&text);
            digest = seed.join(digest, seed.digest(&Canon::Text(text.into())));
        }
        keys.insert(digest);
    }
    Ok(keys)
}

/// Without leading zeros, case and spaces.
fn bare(text: &str) -> String {
    let bare: String = text
        .chars()
        .filter(|character| !character.is_whitespace())
        .flat_map(char::to_lowercase)
        .collect();
    bare.trim_start_matches('0').to_owned()
}
