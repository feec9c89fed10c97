//! Nothing is left out: what stands above the table, its header, sheets that have nothing in common.

use diff::NoticeCode;

use super::support::*;

fn stock(title: &str, date: &str, extra: &[&str]) -> Table {
    let mut rows = vec![vec![text(title)], vec![text("截止日期"), text(date)]];
    rows.extend(extra.iter().map(|line| vec![text(line)]));
    rows.push(Vec::new());
    rows.push(vec![text("编号"), text("名称"), text("数量")]);
    for row in 0..10 {
        let name = format!("货品{row}");
        rows.push(vec![
            text(&format!("K{row}")),
            text(&name),
            Cell::Number(f64::from(row) * 3.0),
        ]);
    }
    rows
}

#[test]
fn an_edit_above_the_header_is_a_difference() {
    let desk = Desk::new();
    let before = stock("库存月报", "2024-05-31", &[]);
    let after = stock("库存月报", "2024-06-30", &[]);
    let outcome = desk.tables(&before, &after, "{}");
    assert!(!outcome.summary.identical);
    let pair = &outcome.summary.pairs[0];
    assert_eq!((pair.rows.unchanged, pair.outside.changed), (10, 1));
    let cell = &pair.outside.cells[0];
    assert_eq!(cell.cell1.as_deref(), Some("B2"));
    assert_eq!(
        (cell.old.as_str(), cell.new.as_str()),
        ("2024-05-31", "2024-06-30")
    );
    assert_eq!(
        outcome.sheet("表外变动")[1],
        ["B2", "B2", "2024-05-31", "2024-06-30"]
    );
    let notices = &outcome.summary.notices;
    assert!(
        notices
            .iter()
            .any(|notice| notice.code == NoticeCode::OutsideChanged)
    );
    assert!(desk.tables(&before, &before, "{}").summary.identical);
}

#[test]
fn a_line_more_above_the_header_is_that_line() {
    let desk = Desk::new();
    let before = stock("库存月报", "2024-05-31", &[]);
    let after = stock("库存月报", "2024-05-31", &["仅供内部使用"]);
    let outcome = desk.tables(&before, &after, "{}");
    let outside = &outcome.summary.pairs[0].outside;
    assert_eq!(outside.changed, 1);
    assert_eq!(
        (&outside.cells[0].cell1, outside.cells[0].new.as_str()),
        (&None, "仅供内部使用")
    );
}

#[test]
fn a_name_of_a_column_counts_as_it_is_written() {
    let desk = Desk::new();
    let with = |name: &str| table(&[&["ID", name], &["K1", "1"], &["K2", "2"]]);
    let outcome = desk.tables(&with("total"), &with("Total"), "{}");
    assert_eq!(outcome.summary.pairs[0].columns.common, 2);
    assert_eq!(
        outcome.summary.pairs[0].outside.cells[0].cell2.as_deref(),
        Some("B1")
    );
    assert!(!outcome.summary.identical);
    for (one, other, options) in [
        ("total", "Total", r#"{"values":{"case":"ignore"}}"#),
        ("数量\n(个)", "数量 (个)", "{}"),
        ("total", "sum", r#"{"columns":{"map":{"total":"sum"}}}"#),
        ("total", "sum", r#"{"columns":{"match":"position"}}"#),
    ] {
        let outcome = desk.tables(&with(one), &with(other), options);
        assert!(outcome.summary.identical, "{one} {other}");
    }
}

#[test]
fn one_sheet_without_a_common_column_does_not_end_the_others() {
    let desk = Desk::new();
    let data = table(&[&["编号", "值"], &["K1", "1"], &["K2", "2"]]);
    let month = |name: &str| table(&[&[name], &["1"], &["2"], &["3"]]);
    let (left, right) = (desk.path("left.xlsx"), desk.path("right.xlsx"));
    write_xlsx(&left, &[("数据", &data), ("月份", &month("五月"))], false);
    write_xlsx(&right, &[("数据", &data), ("月份", &month("六月"))], false);
    let outcome = desk.files(&left, &right, "{}").unwrap();
    assert_eq!(outcome.summary.sheets.apart, ["月份"]);
    assert_eq!(outcome.summary.pairs.len(), 1);
    assert!(!outcome.summary.identical);
    let notices = &outcome.summary.notices;
    assert!(
        notices
            .iter()
            .any(|notice| notice.code == NoticeCode::SheetApart)
    );
}

#[test]
fn wide_sheets_and_many_sheets_are_compared() {
    let desk = Desk::new();
    let wide = |last: &str| {
        let names: Vec<String> = (0..1500).map(|column| format!("列{column}")).collect();
        let mut values: Vec<String> = (0..1500).map(|column| column.to_string()).collect();
        values[1499] = last.to_owned();
        let cells = |row: &[String]| row.iter().map(|value| text(value)).collect();
        vec![cells(&names), cells(&values)]
    };
    let outcome = desk.tables(&wide("x"), &wide("y"), "{}");
    assert_eq!(outcome.summary.pairs[0].cells.changed, 1);
    assert_eq!(outcome.summary.pairs[0].columns.common, 1500);

    let one = table(&[&["编号", "值"], &["K1", "1"]]);
    let other = table(&[&["编号", "值"], &["K1", "2"]]);
    let names: Vec<String> = (0..60).map(|sheet| format!("表{sheet}")).collect();
    let (left, right) = (desk.path("left.xlsx"), desk.path("right.xlsx"));
    let book = |last| -> Vec<(&str, &Table)> {
        let sheets = names.iter().enumerate();
        sheets
            .map(|(at, name)| (name.as_str(), if at == 59 { last } else { &one }))
            .collect()
    };
    write_xlsx(&left, &book(&one), false);
    write_xlsx(&right, &book(&other), false);
    let outcome = desk.files(&left, &right, "{}").unwrap();
    assert_eq!(outcome.summary.pairs.len(), 60);
    assert_eq!(outcome.summary.pairs[59].cells.changed, 1);
}
