//! The same table is the same table in every form (invariants 1 and 9).

use super::support::*;

fn assets() -> Table {
    let mut rows = table(&[&[
        "资产编号",
        "部门",
        "数量",
        "单价",
        "购入日期",
        "在用",
        "备注",
    ]]);
    for row in 0..40 {
        rows.push(vec![
            text(&format!("ZC{row:04}")),
            text(["财务部", "研发中心", "a<b>&\"c\""][row % 3]),
            Cell::Number((row * 7 % 13) as f64),
            if row % 5 == 0 {
                Cell::Blank
            } else {
                Cell::Number(row as f64 * 11.0 / 10.0)
            },
            Cell::Date(45_000.0 + row as f64),
            Cell::Bool(row % 2 == 0),
            if row % 4 == 0 {
                text("含,逗号\n与换行")
            } else {
                Cell::Blank
            },
        ]);
    }
    rows
}

#[test]
fn a_table_equals_itself_in_every_form() {
    let desk = Desk::new();
    let table = assets();
    let files: Vec<_> = FORMS
        .iter()
        .map(|form| (form, desk.write(&format!("{form:?}"), &table, *form)))
        .collect();
    for (one, left) in &files {
        for (other, right) in &files {
            let outcome = desk.files(left, right, "{}").unwrap();
            let pair = &outcome.summary.pairs[0];
            assert!(outcome.summary.identical, "{one:?} {other:?} {pair:#?}");
            assert_eq!(pair.rows.unchanged, 40, "{one:?} {other:?}");
            assert_eq!(pair.key.columns, ["资产编号"], "{one:?} {other:?}");
            assert_eq!(pair.cells.type_only, 0, "{one:?} {other:?}");
            outcome.check_conservation();
        }
    }
}

#[test]
fn a_changed_cell_is_seen_between_any_two_forms() {
    let desk = Desk::new();
    let before = assets();
    let mut after = before.clone();
    after[7][2] = Cell::Number(999.0);
    after[9][4] = Cell::Date(40_000.0);
    for one in FORMS {
        for other in FORMS {
            let left = desk.write("before", &before, one);
            let right = desk.write("after", &after, other);
            let outcome = desk.files(&left, &right, "{}").unwrap();
            assert_eq!(outcome.counts(), (2, 0, 0), "{one:?} {other:?}");
            assert_eq!(outcome.summary.pairs[0].cells.changed, 2);
        }
    }
}

#[test]
fn what_looks_the_same_is_the_same_and_what_does_not_is_not() {
    let desk = Desk::new();
    let compare = |left: &str, right: &str| {
        let side = |value: &str| {
            vec![
                vec![text("编号"), text("值")],
                vec![text("A1"), text(value)],
            ]
        };
        let outcome = desk.tables(&side(left), &side(right), "{}");
        (
            outcome.summary.identical,
            outcome.summary.pairs[0].cells.type_only,
        )
    };
    assert!(compare("ＡＢＣ", "ABC").0);
    assert!(compare(" a ", "a").0);
    assert!(compare("1,000", "1000.0").0);
    assert!(!compare("001", "1").0);
    assert!(!compare("ABC", "abc").0);
    assert!(!compare("①", "1").0);
}

#[test]
fn numbers_and_texts_that_agree_are_counted_but_not_changed() {
    let desk = Desk::new();
    let left = vec![vec![text("编号"), text("值")], vec![text("A1"), text("12")]];
    let right = vec![
        vec![text("编号"), text("值")],
        vec![text("A1"), Cell::Number(12.0)],
    ];
    let outcome = desk.tables(&left, &right, "{}");
    assert!(outcome.summary.identical);
    assert_eq!(outcome.summary.pairs[0].cells.type_only, 1);
    outcome.check_conservation();
    let strict = desk.tables(&left, &right, r#"{"values":{"number_text":"strict"}}"#);
    assert_eq!(strict.counts(), (1, 0, 0));
}
