//! The result as a file: harmless, legal, and the same when it is compared with itself
//! (invariants 14 and 18).

use std::{fs::File, io::Read};

use super::support::*;

#[test]
fn nothing_in_the_result_is_alive() {
    let desk = Desk::new();
    let nasty = [
        "=1+1",
        "@SUM(A1)",
        "+cmd|' /C calc'!A0",
        "-2+3",
        "\t=1",
        "http://example.com",
        "a\u{1}b",
    ];
    let mut left = vec![vec![text("编号"), text("=表头()")]];
    let mut right = left.clone();
    for (row, value) in nasty.iter().enumerate() {
        left.push(vec![text(&format!("=K{row}")), text("旧")]);
        right.push(vec![text(&format!("=K{row}")), text(value)]);
    }
    let outcome = desk.tables(
        &left,
        &right,
        r#"{"key":{"mode":"columns","columns":["编号"]}}"#,
    );
    let mut zip = zip::ZipArchive::new(File::open(&outcome.result).unwrap()).unwrap();
    for index in 0..zip.len() {
        let mut part = zip.by_index(index).unwrap();
        let (name, mut text) = (part.name().unwrap().into_owned(), String::new());
        part.read_to_string(&mut text).unwrap();
        assert!(
            !text.contains("<f>") && !text.contains("<f "),
            "{name} has a formula"
        );
        assert!(
            !text.contains("TargetMode=\"External\""),
            "{name} points outside"
        );
        assert!(
            !name.contains("externalLink") && !name.contains("vba"),
            "{name}"
        );
    }
    let changed = records(&outcome.sheet("变动项目"));
    assert_eq!(changed[0]["=表头()(新)"], "=1+1");
}

#[test]
fn a_text_too_long_for_a_cell_is_cut_and_said() {
    let desk = Desk::new();
    let left = table(&[&["编号", "值"], &["A1", "短"]]);
    let mut right = left.clone();
    right.push(vec![text("A2"), text(&"长".repeat(40_000))]);
    let left = desk.write("l.csv", &left, Form::CsvUtf8);
    let right = desk.write("r.csv", &right, Form::CsvUtf8);
    let outcome = desk.files(&left, &right, "{}").unwrap();
    let long = &records(&outcome.sheet("新增项"))[0]["值"];
    assert_eq!(long.chars().count(), 32_767);
    assert!(
        outcome
            .summary
            .notices
            .iter()
            .any(|notice| notice.message.contains("截断"))
    );
}

#[test]
fn a_hostile_file_name_stays_a_text() {
    let desk = Desk::new();
    let sheet = table(&[&["编号", "值"], &["A1", "1"]]);
    let path = desk.write("=[x]'?*.xlsx", &sheet, Form::XlsxShared);
    let outcome = desk.files(&path, &path, "{}").unwrap();
    assert!(
        outcome
            .sheet("摘要")
            .iter()
            .flatten()
            .any(|cell| cell == "=[x]'?*.xlsx")
    );
}

#[test]
fn a_result_equals_itself() {
    let desk = Desk::new();
    let left = table(&[
        &["编号", "值", "日期"],
        &["A1", "1", "x"],
        &["A2", "2", "y"],
        &["A3", "3", "z"],
    ]);
    let right = table(&[
        &["编号", "值", "日期"],
        &["A1", "1", "x"],
        &["A2", "5", "y"],
        &["A4", "3", "z"],
    ]);
    let first = desk.tables(&left, &right, "{}");
    let again = desk.files(&first.result, &first.result, "{}").unwrap();
    assert!(again.summary.identical);
    assert_eq!(
        again.summary.pairs.len() as u32,
        first.summary.output.sheets
    );
}

#[test]
fn the_summary_sheet_says_what_the_summary_says() {
    let desk = Desk::new();
    let left = table(&[&["编号", "值"], &["A1", "1"], &["A2", "2"], &["A3", "3"]]);
    let right = table(&[&["编号", "值"], &["A1", "1"], &["A2", "5"], &["A4", "3"]]);
    let outcome = desk.tables(&left, &right, "{}");
    let sheet = outcome.sheet("摘要");
    let value = |label: &str| sheet.iter().find(|row| row[0] == label).unwrap()[1].clone();
    assert_eq!(
        (value("变动"), value("新增"), value("减少"), value("未变动")),
        ("1".into(), "1".into(), "1".into(), "1".into())
    );
    assert!(value("主键").starts_with("编号"));
}

#[test]
fn too_many_differences_are_cut_with_a_notice() {
    let desk = Desk::new();
    let sheet = |value: f64| {
        let mut table = vec![vec![text("编号"), text("值")]];
        table.extend((0..100).map(|row| vec![text(&format!("A{row}")), Cell::Number(value)]));
        table
    };
    let left = desk.write("l.xlsx", &sheet(1.0), Form::XlsxShared);
    let right = desk.write("r.xlsx", &sheet(2.0), Form::XlsxShared);
    let mut request = desk.request(&left, &right, "{}");
    request.limits.output_cells = 300;
    let summary = diff::compare(&request, &mut |_| {}).unwrap();
    assert!(summary.output.truncated);
    assert_eq!(summary.pairs[0].rows.changed, 100);
    assert!(
        summary
            .notices
            .iter()
            .any(|notice| notice.message.contains("只含前一部分"))
    );
    assert!(read_sheet(&request.result, "变动明细").len() < 40);
}

#[test]
fn stacked_rows_stand_below_each_other() {
    let desk = Desk::new();
    let left = table(&[
        &["编号", "名", "值"],
        &["A1", "甲", "1"],
        &["A2", "乙", "2"],
    ]);
    let right = table(&[
        &["编号", "名", "值"],
        &["A1", "甲", "1"],
        &["A2", "乙", "5"],
    ]);
    let outcome = desk.tables(&left, &right, r#"{"output":{"layout":"stacked"}}"#);
    assert_eq!(
        outcome.sheet("变动项目"),
        [
            ["状态", "编号", "行号", "变动列数", "变动列", "值", "名"],
            ["变动·旧", "A2", "3", "1", "值", "2", "乙"],
            ["变动·新", "A2", "3", "1", "值", "5", "乙"],
        ]
    );
}
