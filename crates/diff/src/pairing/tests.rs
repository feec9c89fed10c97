use proptest::prelude::*;

use super::*;

fn index(rows: &[(u8, u8)]) -> Index {
    Index {
        keys: rows.iter().map(|row| Digest::from(row.0) + 1).collect(),
        prints: rows
            .iter()
            .map(|row| Digest::from(row.0) << 8 | Digest::from(row.1))
            .collect(),
        keyless: Vec::new(),
    }
}

fn pairs(pairing: &Pairing) -> Vec<(u32, u32)> {
    let pairs = pairing
        .left_of
        .iter()
        .enumerate()
        .filter(|(_, left)| **left != NONE);
    let mut pairs: Vec<(u32, u32)> = pairs.map(|(right, left)| (*left, right as u32)).collect();
    pairs.sort_unstable();
    pairs
}

#[test]
fn identical_rows_of_a_key_find_each_other_first() {
    let left = index(&[(1, 10), (1, 20), (1, 30)]);
    let right = index(&[(1, 30), (1, 99), (2, 0)]);
    let pairing = pair(&left, &right, Duplicates::Pair);
    assert_eq!(pairs(&pairing), [(0, 1), (2, 0)]);
    assert_eq!(pairing.repeats, (2, 1));
    let reported = pair(&left, &right, Duplicates::Report);
    assert_eq!(pairs(&reported), [(2, 0)]);
}

proptest! {
    #[test]
    fn pairs_are_the_same_from_both_sides(
        left in prop::collection::vec((0..6_u8, 0..3_u8), 0..30),
        right in prop::collection::vec((0..6_u8, 0..3_u8), 0..30),
    ) {
        let (left, right) = (index(&left), index(&right));
        let there = pair(&left, &right, Duplicates::Pair);
        let back = pair(&right, &left, Duplicates::Pair);
        let mut turned: Vec<(u32, u32)> = pairs(&back).into_iter().map(|(a, b)| (b, a)).collect();
        turned.sort_unstable();
        prop_assert_eq!(pairs(&there), turned);
        prop_assert_eq!(there.repeats, (back.repeats.1, back.repeats.0));
        prop_assert_eq!(there.shared_keys, back.shared_keys);
        // Within a key as many pairs as the smaller side has rows, and never two keys.
        for key in 1..7_u128 {
            let count = |index: &Index| index.keys.iter().filter(|other| **other == key).count();
            let of_key = |pair: &&(u32, u32)| left.keys[pair.0 as usize] == key;
            let paired = pairs(&there).iter().filter(of_key).count();
            prop_assert_eq!(paired, count(&left).min(count(&right)));
        }
        for (one, other) in pairs(&there) {
            prop_assert_eq!(left.keys[one as usize], right.keys[other as usize]);
        }
    }
}
