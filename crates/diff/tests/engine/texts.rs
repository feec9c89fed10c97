//! `output.csv`: the sheets as text files beside the workbook.

use std::{fs, io::Read};

use super::support::*;

/// The names in a result's zip, and what they hold.
fn files_of(outcome: &Outcome) -> Vec<(String, Vec<u8>)> {
    let mut zip = zip::ZipArchive::new(fs::File::open(&outcome.result).unwrap()).unwrap();
    let mut files = Vec::new();
    for index in 0..zip.len() {
        let mut file = zip.by_index(index).unwrap();
        let (name, mut bytes) = (file.name().unwrap().into_owned(), Vec::new());
        file.read_to_end(&mut bytes).unwrap();
        files.push((name, bytes));
    }
    files
}

fn text_of(files: &[(String, Vec<u8>)], name: &str) -> String {
    let file = files.iter().find(|file| file.0.ends_with(name)).unwrap();
    let text = String::from_utf8(file.1.clone()).unwrap();
    text.strip_prefix('\u{FEFF}').unwrap().to_owned()
}

#[test]
fn every_sheet_is_a_text_file_beside_the_workbook() {
    let desk = Desk::new();
    let mut left = table(&[
        &["编号", "日期", "值"],
        &["A1", "x", "1.5"],
        &["A2", "", "2"],
    ]);
    left[1][1] = Cell::Date(45_000.5);
    let mut right = left.clone();
    right[1][2] = text("=1+1,\"x\"");
    right[2][0] = text("A3");
    let outcome = desk.tables(&left, &right, r#"{"output":{"csv":true}}"#);
    let files = files_of(&outcome);
    let names: Vec<_> = files.iter().map(|file| file.0.as_str()).collect();
    assert_eq!(
        names,
        [
            "比对结果.xlsx",
            "01 摘要.csv",
            "02 变动项目.csv",
            "03 新增项.csv",
            "04 减少项.csv",
            "05 变动明细.csv",
        ]
    );
    assert_eq!(
        text_of(&files, "变动项目.csv"),
        "状态,编号,行号(旧),行号(新),变动列数,变动列,值(旧),值(新),日期\r\n\
         变动,A1,2,2,1,值,1.5,\"'=1+1,\"\"x\"\"\",2023-03-15 12:00:00\r\n"
    );
    assert_eq!(
        text_of(&files, "减少项.csv"),
        "行号,编号,日期,值\r\n3,A2,,2\r\n"
    );

    let workbook = desk.path("inner.xlsx");
    fs::write(&workbook, &files[0].1).unwrap();
    assert_eq!(read_sheet(&workbook, "变动项目").len(), 2);
    assert_eq!(
        outcome.summary.output.bytes,
        fs::metadata(&outcome.result).unwrap().len()
    );
}

#[test]
fn the_text_has_all_rows_where_the_workbook_is_cut() {
    let desk = Desk::new();
    let sheet = |value: f64| {
        let mut table = vec![vec![text("编号"), text("值")]];
        table.extend((0..100).map(|row| vec![text(&format!("A{row}")), Cell::Number(value)]));
        table
    };
    let left = desk.write("l.xlsx", &sheet(1.0), Form::XlsxShared);
    let right = desk.write("r.xlsx", &sheet(2.0), Form::XlsxShared);
    let mut request = desk.request(&left, &right, r#"{"output":{"csv":true}}"#);
    request.limits.output_cells = 300;
    let summary = diff::compare(&request, &mut |_| {}).unwrap();
    assert!(!summary.output.truncated);
    assert!(
        summary
            .notices
            .iter()
            .any(|notice| notice.message.contains("CSV"))
    );
    let outcome = Outcome {
        summary,
        preview: diff::Preview::default(),
        result: request.result,
    };
    let files = files_of(&outcome);
    assert_eq!(text_of(&files, "变动明细.csv").lines().count(), 101);
    let workbook = desk.path("inner.xlsx");
    fs::write(&workbook, &files[0].1).unwrap();
    assert!(read_sheet(&workbook, "变动明细").len() < 40);
}

#[test]
fn a_long_text_is_whole_in_the_text_file() {
    let desk = Desk::new();
    let left = table(&[&["编号", "值"], &["A1", "短"]]);
    let mut right = left.clone();
    right.push(vec![text("A2"), text(&"长".repeat(40_000))]);
    let left = desk.write("l.csv", &left, Form::CsvUtf8);
    let right = desk.write("r.csv", &right, Form::CsvUtf8);
    let outcome = desk
        .files(&left, &right, r#"{"output":{"csv":true}}"#)
        .unwrap();
    let text = text_of(&files_of(&outcome), "新增项.csv");
    assert_eq!(text.matches('长').count(), 40_000);
}
