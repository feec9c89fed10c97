//! Which columns could be a key, judged by their names and a sample of their values.

use std::collections::HashSet;

use super::Rows;
use crate::{
    Failure,
    index::SideSlot,
    plan::Slot,
    spill::{Record, Stored},
    value::{Digest, normal_name},
};

const ROWS: usize = 2000;
const COLUMNS: usize = 12;

/// Names, as whole words or as the end of one, that say "this identifies the row".
const KEYS: [&str; 20] = [
    "编号",
    "编码",
    "代码",
    "单号",
    "工号",
    "学号",
    "身份证",
    "身份证号",
    "身份证号码",
    "手机号",
    "条码",
    "条形码",
    "序列号",
    "订单号",
    "卡号",
    "账号",
    "id",
    "code",
    "sku",
    "uuid",
];
const KEY_WORDS: [&str; 8] = [
    "no", "no.", "key", "number", "isbn", "imei", "email", "serial",
];
/// Names of columns that only count the lines.
const COUNTERS: [&str; 8] = [
    "序号",
    "行号",
    "项次",
    "#",
    "row",
    "row number",
    "index",
    "line",
];

pub(super) struct Candidate {
    pub(super) slot: usize,
    pub(super) prior: f64,
    pub(super) unique: f64,
    score: f64,
}

/// The first rows' fingerprints, by slot.
pub(super) struct Sample {
    columns: Vec<Vec<Digest>>,
    fractions: Vec<bool>,
}

impl Sample {
    pub(super) fn take(rows: &Rows<'_>, slots: &[SideSlot]) -> Result<Self, Failure> {
        let mut columns = vec![Vec::new(); slots.len()];
        let mut fractions = vec![false; slots.len()];
        let mut record = Record::default();
        let mut reader = rows.table.spill.reader();
        for _ in 0..rows.first {
            reader.next(&mut record)?;
        }
        let count = (rows.table.spill.rows() - rows.first - rows.footer).min(ROWS);
        for _ in 0..count {
            reader.next(&mut record)?;
            for (index, slot) in slots.iter().enumerate() {
                let cell = record.cell(slot.column);
                let digest =
                    cell.map_or(Ok(0), |cell| rows.lens.digest(cell, &record, slot.dates))?;
                columns[index].push(digest);
                let fraction = matches!(
                    cell.map(|cell| cell.value),
                    Some(Stored::Number { value, .. }) if value.fract() != 0.0
                );
                fractions[index] |= fraction;
            }
        }
        Ok(Self { columns, fractions })
    }

    fn unique(&self, slots: &[usize]) -> f64 {
        let rows = self.columns.first().map_or(0, Vec::len);
        let mut seen: HashSet<Vec<Digest>> = HashSet::new();
        for row in 0..rows {
            let key: Vec<Digest> = slots.iter().map(|&slot| self.columns[slot][row]).collect();
            if key.iter().any(|digest| *digest != 0) {
                seen.insert(key);
            }
        }
        if rows == 0 {
            1.0
        } else {
            seen.len() as f64 / rows as f64
        }
    }
}

/// Single columns, best first; ties are broken by their place in both files.
pub(super) fn single(slots: &[Slot], left: &Sample, right: &Sample) -> Vec<Candidate> {
    let mut ranked = Vec::new();
    for (slot, column) in slots.iter().enumerate() {
        let prior = prior(&column.name);
        let unique = left.unique(&[slot]).min(right.unique(&[slot]));
        // Amounts are unique by chance.
        let amounts = left.fractions[slot] || right.fractions[slot] || column.dates;
        if prior < 0.0 || (amounts && prior < 1.0) || column.is_formula() {
            continue;
        }
        let place = f64::from(column.left + column.right);
        ranked.push(Candidate {
            slot,
            prior,
            unique,
            score: unique + prior * 0.5 - place * 1e-5,
        });
    }
    ranked.sort_by(|one, other| other.score.total_cmp(&one.score));
    ranked.truncate(COLUMNS);
    ranked
}

/// Pairs of the best six, then triples of the best four, that the sample does not rule out.
pub(super) fn together(ranked: &[Candidate], left: &Sample, right: &Sample) -> Vec<Vec<usize>> {
    let mut keys = Vec::new();
    for count in [2, 3] {
        let best: Vec<usize> = ranked
            .iter()
            .take(8 - 2 * (count - 1))
            .map(|one| one.slot)
            .collect();
        let mut able = Vec::new();
        for mut key in subsets(&best, count) {
            key.sort_unstable();
            let unique = left.unique(&key).min(right.unique(&key));
            if unique >= 0.99 {
                able.push(key);
            }
        }
        keys.extend(able.into_iter().take(3));
    }
    keys
}

fn subsets(of: &[usize], count: usize) -> Vec<Vec<usize>> {
    if count == 0 {
        return vec![Vec::new()];
    }
    let mut found = Vec::new();
    for (at, &first) in of.iter().enumerate() {
        for mut rest in subsets(&of[at + 1..], count - 1) {
            rest.insert(0, first);
            found.push(rest);
        }
    }
    found
}

/// What a name says: 1 a key, -1 a line counter, 0 nothing.
pub(super) fn prior(name: &str) -> f64 {
    let name = normal_name(name);
    if COUNTERS.contains(&name.as_str()) {
        return -1.0;
    }
    let words: Vec<&str> = name
        .split(|c: char| !c.is_alphanumeric() && c != '.')
        .collect();
    let is_key = KEYS
        .iter()
        .any(|key| words.contains(key) || (!key.is_ascii() && name.ends_with(key)))
        || KEY_WORDS.iter().any(|key| words.contains(key));
    // orderId, userid: Latin words run together.
    let ends = name.len() > 2
        && name.is_ascii()
        && (name.ends_with("_id") || name.ends_with("id") && name.len() <= 10);
    f64::from(u8::from(is_key || ends))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_what_identifies() {
        for name in [
            "资产编号",
            "ID",
            "订单号",
            "user_id",
            "Product Code",
            "手机号",
            "Order No.",
            "身份证号",
        ] {
            assert!(prior(name) > 0.0, "{name}");
        }
        for name in ["note", "金额", "备注", "数量", "paid amount"] {
            assert!(prior(name) == 0.0, "{name}");
        }
        for name in ["序号", "行号", "#"] {
            assert!(prior(name) < 0.0, "{name}");
        }
    }

    #[test]
    fn subsets_are_all_there() {
        assert_eq!(subsets(&[1, 2, 3], 2), [[1, 2], [1, 3], [2, 3]]);
        assert_eq!(subsets(&[1, 2, 3, 4], 3).len(), 4);
    }
}
