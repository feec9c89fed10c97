//! What the binary formats and ODS really hold, and what is no table at all.

use std::{
    fs,
    path::{Path, PathBuf},
};

use diff::FailureCode;

use super::{
    raw::{
        ods,
        xls::{Book, formula, label, number, of_shared, record, shared},
        xlsb,
    },
    support::*,
};

fn texts() -> Table {
    table(&[&["ID", "Name"], &["K1", "Anna"], &["K2", "Bo"]])
}

fn labels() -> Vec<u8> {
    let mut cells = Vec::new();
    for (row, line) in (0..).zip([["ID", "Name"], ["K1", "Anna"], ["K2", "Bo"]]) {
        for (column, text) in (0..).zip(line) {
            cells.extend(label(row, column, text));
        }
    }
    cells
}

impl Desk {
    fn bytes(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, bytes).unwrap();
        path
    }

    fn identical(&self, left: &Path, right: &Path) -> bool {
        self.files(left, right, "{}").unwrap().summary.identical
    }
}

#[test]
fn a_code_page_does_not_change_wide_text_and_capitals_do_not_hide_a_stream() {
    let desk = Desk::new();
    let right = desk.write("right.xlsx", &texts(), Form::XlsxShared);
    for (codepage, stream) in [
        (1252, "Workbook"),
        (936, "Workbook"),
        (1200, "WORKBOOK"),
        (1200, "BOOK"),
    ] {
        let book = Book {
            codepage,
            stream,
            ..Book::default()
        };
        let left = desk.bytes("left.xls", &book.file(&labels()));
        assert!(desk.identical(&left, &right), "{codepage} {stream}");
    }
}

#[test]
fn shared_strings_go_on_in_the_next_record() {
    let desk = Desk::new();
    let long = "编号很长".repeat(40);
    let texts = ["ID", "Name", "K1", &long, "K2", "Bo"];
    let cells: Vec<u8> = (0..6)
        .flat_map(|index| of_shared(index / 2, index % 2, index))
        .collect();
    let rows = table(&[&["ID", "Name"], &["K1", &long], &["K2", "Bo"]]);
    let right = desk.write("right.xlsx", &rows, Form::XlsxShared);
    for record_max in [20, 33, 64, 8224] {
        let book = Book {
            strings: shared(&texts, record_max),
            ..Book::default()
        };
        let left = desk.bytes("left.xls", &book.file(&cells));
        assert!(desk.identical(&left, &right), "{record_max}");
    }
}

#[test]
fn formulas_of_every_record_type_have_their_value() {
    let desk = Desk::new();
    for kind in [0x06, 0x206, 0x406] {
        let with = |name: &str, value: f64| {
            let cells = [
                labels(),
                number(1, 2, 1.0, 0),
                formula(kind, 2, 2, value.to_le_bytes()),
            ];
            desk.bytes(name, &Book::default().file(&cells.concat()))
        };
        let (five, six) = (with("five.xls", 5.0), with("six.xls", 6.0));
        assert!(desk.identical(&five, &five));
        let outcome = desk.files(&five, &six, "{}").unwrap();
        assert_eq!(outcome.summary.pairs[0].cells.changed, 1, "{kind:#x}");
    }
    // Its text stands in a record of its own.
    let with = |name: &str, text: &str| {
        let follows = [0, 0, 0, 0, 0, 0, 0xFF, 0xFF];
        let units: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let string = [&[text.len() as u8, 0, 1][..], &units].concat();
        let cells = [labels(), formula(6, 2, 2, follows), record(0x207, &string)];
        desk.bytes(name, &Book::default().file(&cells.concat()))
    };
    let outcome = desk
        .files(&with("a.xls", "one"), &with("b.xls", "two"), "{}")
        .unwrap();
    assert_eq!(outcome.summary.pairs[0].cells.changed, 1);
}

#[test]
fn one_far_cell_is_one_cell() {
    let desk = Desk::new();
    let cells = [labels(), number(65_535, 255, 1.0, 0)].concat();
    let path = desk.bytes("far.xls", &Book::default().file(&cells));
    let outcome = desk.files(&path, &path, "{}").unwrap();
    assert!(outcome.summary.identical);
    assert_eq!(outcome.summary.files[0].cells, 7);
}

#[test]
fn a_password_is_called_a_password() {
    let desk = Desk::new();
    let xor = [0, 0, 0x34, 0x12, 0x78, 0x56].to_vec();
    for password in [xor, vec![1, 0, 1, 0, 1, 0]] {
        let book = Book {
            password: Some(password),
            ..Book::default()
        };
        let path = desk.bytes("secret.xls", &book.file(&labels()));
        let failure = desk.files(&path, &path, "{}").err().unwrap();
        assert_eq!(failure.code, FailureCode::FileEncrypted);
    }
}

#[test]
fn what_is_no_table_is_not_compared_as_text() {
    let desk = Desk::new();
    let mut library = b"\x01\x02library".to_vec();
    library.extend((0..9000_u32).flat_map(|step| [(step % 251) as u8, 0, (step % 13) as u8]));
    let mut dbase = vec![0x03, 124, 5, 6, 2, 0, 0, 0, 65, 0, 20, 0];
    dbase.resize(65, 0);
    dbase.extend(b" K1        1");
    let mut late = "编号,值\r\n".repeat(2000).into_bytes();
    late.extend([0, 1, 2, 3].repeat(500));
    let files: [(&str, &[u8]); 10] = [
        ("BIFF2", &[0x09, 0, 4, 0, 2, 0, 0x10, 0, 4, 0, 0, 0]),
        ("BIFF3", &[0x09, 2, 6, 0, 0, 3, 0x10, 0, 0, 0, 0x42, 0]),
        ("BIFF4", &[0x09, 4, 6, 0, 0, 4, 0x10, 0, 0, 0, 0x42, 0]),
        ("a picture", b"\x89PNG\r\n\x1A\n\0\0\0\rIHDR"),
        ("a photo", b"\xFF\xD8\xFF\xE0\0\x10JFIF"),
        ("Lotus", &[0, 0, 2, 0, 6, 4, 6, 0, 8, 0]),
        ("dBASE", &dbase),
        ("a program", b"MZ\x90\0\x03\0\0\0"),
        ("a library", &library),
        ("text with a binary tail", &late),
    ];
    for (what, bytes) in files {
        let path = desk.bytes("file", bytes);
        let failure = desk.files(&path, &path, "{}").err();
        let code = failure.map(|failure| failure.code);
        assert_eq!(code, Some(FailureCode::FormatUnsupported), "{what}");
    }
}

#[test]
fn errors_in_binary_workbooks_are_errors() {
    let desk = Desk::new();
    let with = |name: &str, second: Vec<u8>| {
        let path = desk.path(name);
        let rows = [
            [xlsb::label(0, "编号"), xlsb::label(1, "值")].concat(),
            [xlsb::label(0, "K1"), second].concat(),
            [xlsb::label(0, "K2"), xlsb::number(1, 2.0, 0)].concat(),
        ];
        xlsb::write(&path, &rows);
        path
    };
    let missing = with("a.xlsb", xlsb::error(1, 0x2A));
    let moved = with("b.xlsb", xlsb::error(1, 0x17));
    assert!(desk.identical(&missing, &missing));
    let outcome = desk.files(&missing, &moved, "{}").unwrap();
    let cell = &outcome.preview.pairs[0].changed[0].cells[0];
    assert_eq!(cell.old.as_deref(), Some("#N/A"));
    assert_eq!(
        (cell.new.as_deref(), cell.kind.as_str()),
        (Some("#REF!"), "error")
    );
}

#[test]
fn open_documents_keep_errors_and_lose_white_space() {
    let desk = Desk::new();
    let with = |name: &str, first: String, between: &str| {
        let path = desk.path(name);
        let rows = [
            vec![ods::text("编号"), ods::text("值")],
            vec![ods::text("K1"), first],
            vec![ods::text("K2"), ods::number("2", "2", "")],
        ];
        ods::write(&path, &rows, between);
        path
    };
    let rows = table(&[&["编号", "值"], &["K1", "1"], &["K2", "2"]]);
    let right = desk.write("right.xlsx", &rows, Form::XlsxShared);
    let pretty = with("pretty.ods", ods::number("1", "1", ""), "\n    ");
    assert!(desk.identical(&pretty, &right));

    let zero = with("zero.ods", ods::number("0", "0", ""), "");
    let error = with("error.ods", ods::number("0", "#N/A", "of:=NA()"), "");
    let outcome = desk.files(&error, &zero, "{}").unwrap();
    assert_eq!(outcome.summary.pairs[0].cells.changed, 1);
    assert!(desk.identical(&error, &error));
}
