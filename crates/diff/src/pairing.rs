//! Which row of the old file is which row of the new one, by key.

use std::collections::{BTreeMap, HashMap};

use super::{Duplicates, index::Index, value::Digest};

pub(crate) const NONE: u32 = u32::MAX;

/// Rows counted from the first data row.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Pairing {
    /// The left row of every right row, or [`NONE`].
    pub(crate) left_of: Vec<u32>,
    /// Rows of both sides that share a key, in the order of their first row.
    pub(crate) groups: Vec<Group>,
    /// Rows beyond the first of their key.
    pub(crate) repeats: (u64, u64),
    /// Keys that both sides have.
    pub(crate) shared_keys: u64,
}

/// Several rows with one key; ascending on both sides.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Group {
    pub(crate) left: Vec<u32>,
    pub(crate) right: Vec<u32>,
}

pub(crate) fn pair(left: &Index, right: &Index, policy: Duplicates) -> Pairing {
    let table = KeyTable::new(&left.keys);
    let mut left_of = vec![NONE; right.keys.len()];
    let mut first_right: Vec<u32> = vec![NONE; left.keys.len()];
    let mut groups: BTreeMap<u32, Group> = BTreeMap::new();
    for &(first, row) in &table.repeats {
        groups
            .entry(first)
            .or_insert_with(|| Group {
                left: vec![first],
                right: Vec::new(),
            })
            .left
            .push(row);
    }
    let mut only_right: HashMap<Digest, u32> = HashMap::new();
    let mut right_groups: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    let mut repeats = (table.repeats.len() as u64, 0);
    let mut shared_keys = 0;
    // Files are mostly in the same order: the row after the last match is tried first.
    let mut expected = 0_u32;
    for (row, key) in right.keys.iter().enumerate() {
        let row = row as u32;
        let Some(first) = table.find(&left.keys, key, expected) else {
            match only_right.get(key) {
                Some(&first) => {
                    right_groups
                        .entry(first)
                        .or_insert_with(|| vec![first])
                        .push(row);
                    repeats.1 += 1;
                }
                None => drop(only_right.insert(*key, row)),
            }
            continue;
        };
        expected = first + 1;
        let known = &mut first_right[first as usize];
        if *known == NONE {
            *known = row;
            left_of[row as usize] = first;
            shared_keys += 1;
        } else {
            let group = groups.entry(first);
            let group = group.or_insert_with(|| Group {
                left: vec![first],
                right: Vec::new(),
            });
            group.right.push(row);
            repeats.1 += 1;
        }
    }
    for (first, group) in &mut groups {
        let known = first_right[*first as usize];
        if known != NONE {
            group.right.insert(0, known);
        }
        match_group(group, left, right, policy, &mut left_of);
    }
    let right_only = right_groups.into_values().map(|right| Group {
        left: Vec::new(),
        right,
    });
    Pairing {
        left_of,
        groups: groups.into_values().chain(right_only).collect(),
        repeats,
        shared_keys,
    }
}

/// First identical rows, then the k-th of the rest with the k-th of the rest: the same answer
/// whichever side is left.
fn match_group(
    group: &Group,
    left: &Index,
    right: &Index,
    policy: Duplicates,
    left_of: &mut [u32],
) {
    for &row in &group.right {
        left_of[row as usize] = NONE;
    }
    let mut by_print: HashMap<Digest, Vec<u32>> = HashMap::new();
    for &row in group.left.iter().rev() {
        by_print
            .entry(left.prints[row as usize])
            .or_default()
            .push(row);
    }
    let mut taken = Vec::new();
    let mut rest_right = Vec::new();
    for &row in &group.right {
        match by_print
            .get_mut(&right.prints[row as usize])
            .and_then(Vec::pop)
        {
            Some(partner) => {
                left_of[row as usize] = partner;
                taken.push(partner);
            }
            None => rest_right.push(row),
        }
    }
    if policy == Duplicates::Report {
        return;
    }
    taken.sort_unstable();
    let rest_left = group
        .left
        .iter()
        .filter(|row| taken.binary_search(row).is_err());
    for (&partner, &row) in rest_left.zip(&rest_right) {
        left_of[row as usize] = partner;
    }
}

/// From key to first row: an open-addressed table of row numbers.
struct KeyTable {
    slots: Vec<u32>,
    /// The first row of a key, and another row of it.
    repeats: Vec<(u32, u32)>,
    /// Rows that repeat a key never answer for it.
    is_first: Vec<bool>,
}

impl KeyTable {
    fn new(keys: &[Digest]) -> Self {
        let size = (keys.len() * 3 / 2 + 1).next_power_of_two();
        let mut table = Self {
            slots: vec![NONE; size],
            repeats: Vec::new(),
            is_first: Vec::new(),
        };
        let mut is_first = vec![true; keys.len()];
        for (row, key) in keys.iter().enumerate() {
            let mut at = *key as usize & (size - 1);
            loop {
                let slot = table.slots[at];
                if slot == NONE {
                    table.slots[at] = row as u32;
                    break;
                }
                if keys[slot as usize] == *key {
                    table.repeats.push((slot, row as u32));
                    is_first[row] = false;
                    break;
                }
                at = (at + 1) & (size - 1);
            }
        }
        table.is_first = is_first;
        table
    }

    fn find(&self, keys: &[Digest], key: &Digest, expected: u32) -> Option<u32> {
        let hit = keys.get(expected as usize) == Some(key) && self.is_first[expected as usize];
        if hit {
            return Some(expected);
        }
        let mut at = *key as usize & (self.slots.len() - 1);
        loop {
            let slot = self.slots[at];
            if slot == NONE {
                return None;
            }
            if keys[slot as usize] == *key {
                return Some(slot);
            }
            at = (at + 1) & (self.slots.len() - 1);
        }
    }
}

#[cfg(test)]
mod tests;
