//! Keys that repeat or are missing: nothing is lost, nothing is guessed twice (invariant 12).

use diff::{FailureCode, NoticeCode};
use proptest::prelude::*;

use super::support::*;

const KEYED: &str = r#"{"key":{"mode":"columns","columns":["编号"]}}"#;

fn sheet(rows: &[(Option<u8>, u8)]) -> Table {
    let mut table = vec![vec![text("编号"), text("值")]];
    for (key, value) in rows {
        let key = key.map_or(Cell::Blank, |key| text(&format!("K{key}")));
        table.push(vec![key, Cell::Number(f64::from(*value))]);
    }
    table
}

#[test]
fn repeated_keys_pair_equal_rows_first_and_are_listed() {
    let desk = Desk::new();
    let left = sheet(&[(Some(1), 10), (Some(1), 20), (Some(2), 5)]);
    let right = sheet(&[(Some(1), 20), (Some(1), 11), (Some(2), 5), (Some(1), 30)]);
    let outcome = desk.tables(&left, &right, KEYED);
    outcome.check_conservation();
    assert_eq!(outcome.counts(), (1, 1, 0));
    let key = &outcome.summary.pairs[0].key;
    assert_eq!((key.dup1, key.dup2), (1, 2));
    assert!(
        outcome
            .summary
            .notices
            .iter()
            .any(|notice| notice.code == NoticeCode::KeyDuplicate)
    );
    let issues = outcome.sheet("问题");
    assert!(
        issues
            .iter()
            .any(|row| row[0] == "KEY_DUPLICATE" && row[3] == "K1" && row[4] == "2、3")
    );
    let failing = r#"{"key":{"mode":"columns","columns":["编号"]},"duplicates":"fail"}"#;
    let (left, right) = (desk.path("left.xlsx"), desk.path("right.xlsx"));
    let failure = desk.files(&left, &right, failing).err().unwrap();
    assert_eq!(failure.code, FailureCode::KeyDuplicate);
}

#[test]
fn rows_without_a_key_are_matched_whole() {
    let desk = Desk::new();
    let left = sheet(&[(Some(1), 1), (None, 7), (None, 8)]);
    let right = sheet(&[(None, 8), (Some(1), 1), (None, 9)]);
    let outcome = desk.tables(&left, &right, KEYED);
    outcome.check_conservation();
    assert_eq!(outcome.counts(), (0, 1, 1));
    assert_eq!(outcome.summary.pairs[0].key.blank1, 2);
    let failing = r#"{"key":{"mode":"columns","columns":["编号"]},"blank_key_rows":"fail"}"#;
    let (left, right) = (desk.path("left.xlsx"), desk.path("right.xlsx"));
    assert_eq!(
        desk.files(&left, &right, failing).err().unwrap().code,
        FailureCode::KeyBlank
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn counts_are_conserved_and_the_same_from_both_sides(
        left in prop::collection::vec((prop::option::weighted(0.9, 0..4_u8), 0..3_u8), 1..20),
        right in prop::collection::vec((prop::option::weighted(0.9, 0..4_u8), 0..3_u8), 1..20),
    ) {
        let desk = Desk::new();
        let (left, right) = (sheet(&left), sheet(&right));
        let there = desk.tables(&left, &right, KEYED);
        there.check_conservation();
        let back = desk.tables(&right, &left, KEYED);
        let (changed, added, removed) = there.counts();
        prop_assert_eq!(back.counts(), (changed, removed, added));
        let again = desk.tables(&left, &right, KEYED);
        prop_assert_eq!(again.sheet("变动明细"), there.sheet("变动明细"));
    }
}
