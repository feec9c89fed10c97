//! What people see as the same is the same, and what they do not is not.

use std::fmt::Write as _;

use std::fs;

use diff::NoticeCode;

use super::{
    raw::xlsx::{Book, column, number, row, shared, sst, text as inline},
    support::*,
};

/// A workbook of one sheet.
fn book(desk: &Desk, name: &str, rows: String, formats: &[&str]) -> std::path::PathBuf {
    let path = desk.path(name);
    let sheets = [("Sheet1", rows)];
    Book {
        sheets: &sheets,
        formats,
        ..Book::default()
    }
    .write(&path);
    path
}

fn has(outcome: &Outcome, code: NoticeCode) -> bool {
    outcome
        .summary
        .notices
        .iter()
        .any(|notice| notice.code == code)
}

#[test]
fn parts_may_be_empty_or_in_utf_16() {
    let desk = Desk::new();
    let right = book(&desk, "right.xlsx", column(&["1", "2"], 0), &["0.0"]);
    let left = desk.path("left.xlsx");
    let sheets = [("Sheet1", column(&["1", "2"], 0))];
    let empty = Book {
        sheets: &sheets,
        strings: Some("<sst xmlns=\"x\" count=\"0\" uniqueCount=\"0\"/>".to_owned()),
        ..Book::default()
    };
    let wide = Book {
        sheets: &sheets,
        utf16: true,
        ..Book::default()
    };
    for book in [empty, wide] {
        book.write(&left);
        assert!(desk.files(&left, &right, "{}").unwrap().summary.identical);
    }
    let sheets = [("Sheet1", column(&["1", "3"], 0))];
    Book {
        sheets: &sheets,
        utf16: true,
        ..Book::default()
    }
    .write(&left);
    assert_eq!(desk.files(&left, &right, "{}").unwrap().counts(), (1, 0, 0));
}

#[test]
fn spaces_between_words_count_wherever_they_are_kept() {
    let desk = Desk::new();
    let rows = [
        row(1, &[shared("A1", 0), shared("B1", 1)]),
        row(2, &[shared("A2", 2), shared("B2", 3)]),
    ];
    let strings = |name: &str, item: &str, root: &str| {
        let path = desk.path(name);
        let items = ["<t>编号</t>", "<t>值</t>", "<t>K1</t>", item];
        let sheets = [("Sheet1", rows.concat())];
        Book {
            sheets: &sheets,
            strings: Some(sst(&items).replace("<sst ", &format!("<sst {root} "))),
            ..Book::default()
        }
        .write(&path);
        path
    };
    let keep = "xml:space=\"preserve\"";
    let right = strings("right.xlsx", "<t>hello world</t>", "");
    let runs = "<r><t>hello</t></r><r><rPr><b/></rPr><t> </t></r><r><t>world</t></r>";
    let around = "<r><t>hello </t></r><r><t>world</t></r>";
    for (item, root) in [(runs, ""), (around, keep)] {
        let left = strings("left.xlsx", item, root);
        assert!(
            desk.files(&left, &right, "{}").unwrap().summary.identical,
            "{item}"
        );
    }
}

#[test]
fn durations_have_no_epoch_and_days_have() {
    let desk = Desk::new();
    let formats = ["[h]:mm:ss", "h:mm", "yyyy-mm-dd"];
    let rows = |day: u32| {
        let cells = [
            inline("A1", "编号"),
            inline("B1", "时长"),
            inline("C1", "到岗"),
            inline("D1", "日期"),
        ];
        let mut rows = row(1, &cells);
        for (line, hours, time) in [(2, "10.5", "0.375"), (3, "1.25", "0.75")] {
            let at = |letter: &str| format!("{letter}{line}");
            rows += &row(
                line,
                &[
                    inline(&at("A"), &format!("K{line}")),
                    number(&at("B"), hours, 1),
                    number(&at("C"), time, 2),
                    number(&at("D"), &(day + line).to_string(), 3),
                ],
            );
        }
        rows
    };
    let left = desk.path("left.xlsx");
    let sheets = [("Sheet1", rows(45_000 - 1462))];
    Book {
        sheets: &sheets,
        formats: &formats,
        is_1904: true,
        ..Book::default()
    }
    .write(&left);
    let right = book(&desk, "right.xlsx", rows(45_000), &formats);
    assert!(desk.files(&left, &right, "{}").unwrap().summary.identical);
}

#[test]
fn a_serial_number_is_its_date_without_the_format() {
    let desk = Desk::new();
    let serials = ["44644.946115532403", "45127.443710312495", "45127"];
    let formats = ["yyyy-mm-dd hh:mm:ss"];
    let left = book(&desk, "left.xlsx", column(&serials, 1), &formats);
    let right = book(&desk, "right.xlsx", column(&serials, 0), &formats);
    let outcome = desk.files(&left, &right, "{}").unwrap();
    assert!(outcome.summary.identical);
    assert_eq!(outcome.summary.pairs[0].cells.type_only, 3);
}

#[test]
fn numbers_of_sixteen_digits_are_the_doubles_they_are() {
    let desk = Desk::new();
    let with = |name: &str, values: &[&str]| book(&desk, name, column(values, 0), &["0.0"]);
    let left = with(
        "left.xlsx",
        &[
            "1.0413926851582251",
            "0.12186934340514748",
            "49.954742489550654",
        ],
    );
    let right = with(
        "right.xlsx",
        &[
            "1.041392685158225",
            "0.1218693434051475",
            "49.95474248955065",
        ],
    );
    assert!(desk.files(&left, &right, "{}").unwrap().summary.identical);

    let left = with("left.xlsx", &["1405202108700589", "1405202108700637"]);
    let right = with("right.xlsx", &["1405202108700588", "1405202108700637"]);
    let outcome = desk.files(&left, &right, "{}").unwrap();
    assert_eq!(outcome.counts(), (1, 0, 0));
    let cell = &outcome.preview.pairs[0].changed[0].cells[0];
    assert_eq!(cell.old.as_deref(), Some("1405202108700589"));
    assert_eq!(
        (cell.new.as_deref(), cell.cell2.as_deref()),
        (Some("1405202108700588"), Some("B2"))
    );
    // As text, as pandas writes it.
    let csv = desk.path("right.csv");
    fs::write(&csv, "编号,值\nK1,1405202108700589\nK2,1405202108700637\n").unwrap();
    assert!(desk.files(&left, &csv, "{}").unwrap().summary.identical);

    // A sum that was added up in another order: Excel shows the same.
    let left = with("left.xlsx", &["3.3000000000000007", "5"]);
    let right = with("right.xlsx", &["3.3", "5"]);
    let outcome = desk.files(&left, &right, "{}").unwrap();
    assert!(outcome.summary.identical && has(&outcome, NoticeCode::DifferenceNotShown));
    assert_eq!(outcome.summary.pairs[0].cells.within_tolerance, 1);
    let right = with("right.xlsx", &["3.3000000000001", "5"]);
    assert_eq!(desk.files(&left, &right, "{}").unwrap().counts(), (1, 0, 0));
}

#[test]
fn text_files_have_what_the_workbook_shows() {
    let desk = Desk::new();
    let written = |value: &str, format: &str, text: &str| {
        let left = book(&desk, "left.xlsx", column(&[value, "1"], 1), &[format]);
        let right = desk.path("right.csv");
        fs::write(&right, format!("编号,值\nK1,\"{text}\"\nK2,1\n")).unwrap();
        let outcome = desk.files(&left, &right, "{}").unwrap();
        outcome.summary.identical && has(&outcome, NoticeCode::WrittenDifferently)
    };
    for (value, format, text) in [
        ("0.375", "hh:mm:ss", "09:00:00"),
        ("0.375", "h:mm", "9:00"),
        ("1.5", "[h]:mm:ss", "36:00:00"),
        ("0.125", "0.0%", "12.5%"),
        ("-1234.5", "#,##0.00", "(1,234.50)"),
        ("1234.5", "0.00", "¥1,234.50"),
        ("123000", "0.00E+00", "1.23E+05"),
        ("46354", "yyyy/m/d", "2026/11/28"),
    ] {
        assert!(written(value, format, text), "{text}");
    }
    for (value, format, text) in [
        ("0.376", "hh:mm:ss", "09:00:00"),
        ("0.1251", "0.0%", "12.5%"),
        ("125", "0", "12.5%"),
        ("3.14159", "0.00", "3.14"),
    ] {
        assert!(!written(value, format, text), "{text}");
    }
}

#[test]
fn a_row_of_spaces_is_no_row() {
    let desk = Desk::new();
    let (left, right) = (desk.path("left.csv"), desk.path("right.csv"));
    fs::write(&left, "编号,值,\nK1,1, \nK2,2\n, \n").unwrap();
    fs::write(&right, "编号,值\nK1,1\nK2,2\n").unwrap();
    let outcome = desk.files(&left, &right, "{}").unwrap();
    assert!(outcome.summary.identical, "{:#?}", outcome.summary);
    assert_eq!(outcome.summary.files[0].rows, 3);
}

#[test]
fn a_list_of_parts_is_chinese() {
    let desk = Desk::new();
    let mut parts = "序号,规格型号,数量\n".to_owned();
    for row in 1..40 {
        let _ = writeln!(parts, "{row},Φ{row}×{}±0.5℃,{row}", row + 1);
    }
    let (left, right) = (desk.path("left.csv"), desk.path("right.csv"));
    fs::write(&left, encoding_rs::GB18030.encode(&parts).0).unwrap();
    fs::write(&right, &parts).unwrap();
    let outcome = desk.files(&left, &right, "{}").unwrap();
    assert!(outcome.summary.identical && !has(&outcome, NoticeCode::EncodingGuessed));
}
