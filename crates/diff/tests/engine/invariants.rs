//! What holds for every pair of tables (invariants 2 to 6, 8, 10, 13).

use std::collections::{BTreeMap, BTreeSet};

use proptest::{collection::vec, prelude::*};

use super::support::*;

const NAMES: [&str; 5] = ["订单号", "客户", "数量", "金额", "日期"];

#[derive(Debug, Clone)]
enum Edit {
    /// A cell of a row gets another value.
    Change(prop::sample::Index, usize),
    Remove(prop::sample::Index),
    Add(prop::sample::Index),
}

fn base() -> impl Strategy<Value = Table> {
    let row = (
        "[甲乙丙a-c ]{0,3}",
        0..50_u32,
        prop::option::of(0..100_000_u32),
        40_000..46_000_u32,
    );
    prop::collection::vec(row, 3..25).prop_map(|rows| {
        let mut table = vec![NAMES.iter().map(|name| text(name)).collect::<Vec<_>>()];
        for (index, (name, count, amount, day)) in rows.into_iter().enumerate() {
            table.push(vec![
                text(&format!("DD{:05}", index * 37 % 1000)),
                if name.trim().is_empty() {
                    Cell::Blank
                } else {
                    text(&name)
                },
                Cell::Number(f64::from(count)),
                amount.map_or(Cell::Blank, |amount| {
                    Cell::Number(f64::from(amount) / 100.0)
                }),
                Cell::Date(f64::from(day)),
            ]);
        }
        table
    })
}

fn edits() -> impl Strategy<Value = Vec<Edit>> {
    let edit = prop_oneof![
        (any::<prop::sample::Index>(), 1..5_usize)
            .prop_map(|(row, column)| Edit::Change(row, column)),
        any::<prop::sample::Index>().prop_map(Edit::Remove),
        any::<prop::sample::Index>().prop_map(Edit::Add),
    ];
    prop::collection::vec(edit, 0..8)
}

#[derive(Debug, Default, PartialEq)]
struct Planted {
    changed: BTreeMap<String, BTreeSet<usize>>,
    added: BTreeSet<String>,
    removed: BTreeSet<String>,
}

/// The edited table and exactly what was done to it.
fn apply(table: &Table, edits: &[Edit]) -> (Table, Planted) {
    let mut edited = table.clone();
    let mut planted = Planted::default();
    for (number, edit) in edits.iter().enumerate() {
        match edit {
            Edit::Change(index, column) if edited.len() > 1 => {
                let row = 1 + index.index(edited.len() - 1);
                let key = plain(&edited[row][0]);
                edited[row][*column] = match column {
                    1 => text(&format!("新客户{number}")),
                    4 => Cell::Date(50_000.0 + number as f64),
                    _ => Cell::Number(1_000_000.0 + number as f64),
                };
                if !planted.added.contains(&key) {
                    planted.changed.entry(key).or_default().insert(*column);
                }
            }
            // The header and one row stay, so that a key can be found.
            Edit::Remove(index) if edited.len() > 3 => {
                let key = plain(&edited.remove(1 + index.index(edited.len() - 1))[0]);
                planted.changed.remove(&key);
                if !planted.added.remove(&key) {
                    planted.removed.insert(key);
                }
            }
            Edit::Add(index) => {
                let key = format!("XX{number:05}");
                let row = vec![
                    text(&key),
                    text("新"),
                    Cell::Number(1.0),
                    Cell::Blank,
                    Cell::Date(45_000.0),
                ];
                edited.insert(1 + index.index(edited.len()), row);
                planted.added.insert(key);
            }
            Edit::Change(..) | Edit::Remove(..) => {}
        }
    }
    (edited, planted)
}

const KEYED: &str = r#"{"key":{"mode":"columns","columns":["订单号"]}}"#;

fn found(outcome: &Outcome) -> Planted {
    let mut found = Planted::default();
    for line in records(&outcome.sheet("变动明细")) {
        if line["类型"] == "值变动" {
            let column = NAMES.iter().position(|name| *name == line["列"]).unwrap();
            found
                .changed
                .entry(line["订单号"].clone())
                .or_default()
                .insert(column);
        }
    }
    let keys = |name| {
        let rows = records(&outcome.sheet(name)).into_iter();
        rows.filter(|row| row["行号"] != "无")
            .map(|row| row["订单号"].clone())
            .collect()
    };
    found.added = keys("新增项");
    found.removed = keys("减少项");
    found
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn planted_edits_are_found_and_nothing_else(table in base(), edits in edits()) {
        let (edited, planted) = apply(&table, &edits);
        let desk = Desk::new();
        let outcome = desk.tables(&table, &edited, KEYED);
        outcome.check_conservation();
        prop_assert_eq!(found(&outcome), planted);
        let summary = &outcome.summary;
        let (changed, added, removed) = outcome.counts();
        prop_assert_eq!(summary.identical, changed + added + removed == 0);
    }

    #[test]
    fn swapping_the_files_swaps_the_answer(table in base(), edits in edits()) {
        let (edited, _) = apply(&table, &edits);
        let desk = Desk::new();
        let there = desk.tables(&table, &edited, KEYED);
        let back = desk.tables(&edited, &table, KEYED);
        let (there_found, back_found) = (found(&there), found(&back));
        prop_assert_eq!(there_found.added, back_found.removed);
        prop_assert_eq!(there_found.removed, back_found.added);
        prop_assert_eq!(there_found.changed, back_found.changed);
        prop_assert_eq!(there.summary.pairs[0].cells, back.summary.pairs[0].cells);
        let values = |outcome: &Outcome, first: &str, second: &str| {
            let lines = records(&outcome.sheet("变动明细")).into_iter();
            let mut lines: Vec<_> = lines
                .filter(|line| line.contains_key(first))
                .map(|line| ["订单号", "列", first, second].map(|column| line[column].clone()))
                .collect();
            lines.sort();
            lines
        };
        prop_assert_eq!(values(&there, "旧值", "新值"), values(&back, "新值", "旧值"));
    }

    #[test]
    fn without_a_key_swapping_swaps_too(
        left in vec((0..3_u8, 0..3_u8, 0..2_u8), 1..30),
        right in vec((0..3_u8, 0..3_u8, 0..2_u8), 1..30),
    ) {
        let table = |rows: &[(u8, u8, u8)]| {
            let mut table = vec![["甲", "乙", "丙"].map(text).to_vec()];
            table.extend(rows.iter().map(|row| {
                [row.0, row.1, row.2].map(|value| text(&format!("值{value}"))).to_vec()
            }));
            table
        };
        let desk = Desk::new();
        let (left, right) = (table(&left), table(&right));
        let left = desk.write("left.csv", &left, Form::CsvUtf8);
        let right = desk.write("right.csv", &right, Form::CsvUtf8);
        let there = desk.files(&left, &right, r#"{"mode":"sequence"}"#).unwrap();
        let back = desk.files(&right, &left, r#"{"mode":"sequence"}"#).unwrap();
        there.check_conservation();
        let (changed, added, removed) = there.counts();
        prop_assert_eq!((changed, removed, added), back.counts());
        let cells = |outcome: &Outcome| outcome.summary.pairs[0].cells;
        prop_assert_eq!(cells(&there), cells(&back));
    }

    #[test]
    fn the_result_turns_the_old_table_into_the_new_one(table in base(), edits in edits()) {
        let (edited, _) = apply(&table, &edits);
        let desk = Desk::new();
        let outcome = desk.tables(&table, &edited, KEYED);
        let rows = |table: &Table| -> BTreeMap<String, Vec<String>> {
            let show = |cell: &Cell| match cell {
                Cell::Date(serial) => serial.to_string(),
                other => plain(other),
            };
            table[1..].iter().map(|row| (plain(&row[0]), row.iter().map(show).collect())).collect()
        };
        let mut patched = rows(&table);
        for line in records(&outcome.sheet("减少项")).iter().filter(|row| row["行号"] != "无") {
            prop_assert!(patched.remove(&line["订单号"]).is_some());
        }
        for line in records(&outcome.sheet("变动明细")).iter().filter(|row| row["订单号"] != "无") {
            let column = NAMES.iter().position(|name| *name == line["列"]).unwrap();
            let row = patched.get_mut(&line["订单号"]).unwrap();
            prop_assert_eq!(&row[column], &line["旧值"]);
            row[column].clone_from(&line["新值"]);
        }
        for line in records(&outcome.sheet("新增项")).iter().filter(|row| row["行号"] != "无") {
            let row = NAMES.iter().map(|name| line[*name].clone()).collect();
            prop_assert!(patched.insert(line["订单号"].clone(), row).is_none());
        }
        prop_assert_eq!(patched, rows(&edited));
    }

    #[test]
    fn the_order_of_rows_and_columns_does_not_matter(
        table in base(),
        edits in edits(),
        rows in any::<u64>(),
        turn in 0..5_usize,
    ) {
        let (edited, planted) = apply(&table, &edits);
        let desk = Desk::new();
        let mut shuffled = edited.clone();
        shuffled[1..].sort_by_key(|row| plain(&row[0]).bytes().fold(rows, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01B3)
        }));
        for row in &mut shuffled {
            row.rotate_left(turn);
        }
        let outcome = desk.tables(&table, &shuffled, KEYED);
        prop_assert_eq!(found(&outcome), planted);
    }

    #[test]
    fn asking_for_less_never_finds_more(table in base(), edits in edits()) {
        let (edited, _) = apply(&table, &edits);
        let desk = Desk::new();
        let all = desk.tables(&table, &edited, KEYED);
        let ignoring = r#"{"key":{"mode":"columns","columns":["订单号"]},"columns":{"ignore":["数量"]}}"#;
        let tolerant = r#"{"key":{"mode":"columns","columns":["订单号"]},"values":{"abs_tol":1000000}}"#;
        for options in [ignoring, tolerant] {
            let less = desk.tables(&table, &edited, options);
            less.check_conservation();
            prop_assert!(less.summary.pairs[0].cells.changed <= all.summary.pairs[0].cells.changed);
            prop_assert!(less.counts().0 <= all.counts().0);
            prop_assert_eq!((less.counts().1, less.counts().2), (all.counts().1, all.counts().2));
        }
    }

    #[test]
    fn an_added_column_changes_no_row(table in base(), edits in edits()) {
        let (mut edited, planted) = apply(&table, &edits);
        for (index, row) in edited.iter_mut().enumerate() {
            row.insert(2, if index == 0 { text("新列") } else { Cell::Number(index as f64) });
        }
        let desk = Desk::new();
        let outcome = desk.tables(&table, &edited, KEYED);
        prop_assert_eq!(found(&outcome), planted);
        prop_assert_eq!(&outcome.summary.pairs[0].columns.added, &["新列"]);
        prop_assert!(!outcome.summary.identical);
    }

    #[test]
    fn the_preview_is_a_beginning_of_the_result(table in base(), edits in edits()) {
        let (edited, _) = apply(&table, &edits);
        let desk = Desk::new();
        let outcome = desk.tables(&table, &edited, KEYED);
        let preview = &outcome.preview.pairs[0];
        for (rows, name, number) in [
            (&preview.changed, "变动项目", "行号(新)"),
            (&preview.added, "新增项", "行号"),
            (&preview.removed, "减少项", "行号"),
        ] {
            let lines = records(&outcome.sheet(name));
            for (row, line) in rows.iter().zip(&lines) {
                prop_assert_eq!(&row.key[0], &line["订单号"]);
                let shown = if name == "减少项" { row.row1 } else { row.row2 };
                prop_assert_eq!(shown.unwrap().to_string(), line[number].clone());
            }
            let real = lines.iter().filter(|line| !line.values().any(|value| value == "无")).count();
            prop_assert_eq!(rows.len(), real.min(if name == "变动项目" { 20 } else { 10 }));
        }
    }

    #[test]
    fn two_runs_write_the_same_bytes(table in base(), edits in edits()) {
        let (edited, _) = apply(&table, &edits);
        let desk = Desk::new();
        let left = desk.write("left.xlsx", &table, Form::XlsxShared);
        let right = desk.write("right.xlsx", &edited, Form::XlsxShared);
        let bytes = || std::fs::read(desk.files(&left, &right, "{}").unwrap().result).unwrap();
        prop_assert!(bytes() == bytes());
    }
}
