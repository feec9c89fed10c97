//! `values.formula`: formulas compared instead of their values, or beside them.

use std::path::PathBuf;

use diff::{FailureCode, NoticeCode};

use super::support::*;

const TEXT: &str = r#"{"values":{"formula":"text"}}"#;
const BOTH: &str = r#"{"values":{"formula":"both"}}"#;

/// A workbook of one sheet, from the XML of its rows.
fn book(desk: &Desk, name: &str, rows: &str) -> PathBuf {
    let path = desk.path(name);
    let main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    let office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let package = "http://schemas.openxmlformats.org/package/2006/relationships";
    let workbook = format!(
        "<workbook xmlns=\"{main}\" xmlns:r=\"{office}\"><sheets>\
         <sheet name=\"Sheet1\" sheetId=\"1\" r:id=\"rId1\"/></sheets></workbook>"
    );
    let relations = format!(
        "<Relationships xmlns=\"{package}\"><Relationship Id=\"rId1\" \
         Type=\"{office}/worksheet\" Target=\"worksheets/sheet1.xml\"/></Relationships>"
    );
    let sheet = format!("<worksheet xmlns=\"{main}\"><sheetData>{rows}</sheetData></worksheet>");
    zip_of(
        &path,
        &[
            ("[Content_Types].xml", "<Types/>"),
            ("xl/workbook.xml", &workbook),
            ("xl/_rels/workbook.xml.rels", &relations),
            ("xl/worksheets/sheet1.xml", &sheet),
        ],
    );
    path
}

const HEADER: &str = "<row r=\"1\"><c r=\"A1\" t=\"str\"><v>编号</v></c>\
    <c r=\"B1\" t=\"str\"><v>单价</v></c><c r=\"C1\" t=\"str\"><v>金额</v></c></row>";

/// A row whose third cell is this XML and this value.
fn row(number: u32, key: &str, formula: &str, value: &str) -> String {
    format!(
        "<row r=\"{number}\"><c r=\"A{number}\" t=\"str\"><v>{key}</v></c>\
         <c r=\"B{number}\"><v>5</v></c><c r=\"C{number}\">{formula}<v>{value}</v></c></row>"
    )
}

fn plain(number: u32, key: &str, formula: &str, value: &str) -> String {
    row(number, key, &format!("<f>{formula}</f>"), value)
}

#[test]
fn a_formula_that_gives_the_same_value_has_changed() {
    let desk = Desk::new();
    let left = HEADER.to_owned() + &plain(2, "A1", "B2*2", "10") + &plain(3, "A2", "B3*2", "10");
    let right = HEADER.to_owned() + &plain(2, "A1", "B2*2", "10") + &plain(3, "A2", "B3+5", "10");
    let paths = (book(&desk, "l.xlsx", &left), book(&desk, "r.xlsx", &right));
    let by_value = desk.files(&paths.0, &paths.1, "{}").unwrap();
    assert!(by_value.summary.identical);

    let by_text = desk.files(&paths.0, &paths.1, TEXT).unwrap();
    assert_eq!(by_text.counts(), (1, 0, 0));
    let line = &records(&by_text.sheet("变动明细"))[0];
    assert_eq!(
        (line["旧值"].as_str(), line["新值"].as_str()),
        ("=B3*2", "=B3+5")
    );
    assert_eq!(
        by_text.preview.pairs[0].changed[0].cells[0].new.as_deref(),
        Some("=B3+5")
    );
    by_text.check_conservation();

    let both = desk.files(&paths.0, &paths.1, BOTH).unwrap();
    assert_eq!(both.counts(), (1, 0, 0));
    let line = &records(&both.sheet("变动明细"))[0];
    assert_eq!(line["列"], "金额(公式)");
    assert_eq!(
        (line["单元格(旧)"].as_str(), line["新值"].as_str()),
        ("C3", "=B3+5")
    );
    assert_eq!(both.summary.files[0].cells, 9);
    both.check_conservation();
}

#[test]
fn both_sees_values_too_and_formulas_that_became_constants() {
    let desk = Desk::new();
    let left = HEADER.to_owned() + &plain(2, "A1", "B2*2", "10") + &plain(3, "A2", "B3*2", "10");
    let right = HEADER.to_owned() + &plain(2, "A1", "B2*2", "12") + &row(3, "A2", "", "10");
    let paths = (book(&desk, "l.xlsx", &left), book(&desk, "r.xlsx", &right));
    let both = desk.files(&paths.0, &paths.1, BOTH).unwrap();
    let lines = records(&both.sheet("变动明细"));
    let told: Vec<_> = lines
        .iter()
        .map(|line| {
            (
                line["列"].as_str(),
                line["旧值"].as_str(),
                line["新值"].as_str(),
            )
        })
        .collect();
    assert_eq!(told, [("金额", "10", "12"), ("金额(公式)", "=B3*2", "")]);
    let changed = &both.summary.pairs[0].columns;
    assert!(changed.added.is_empty() && changed.removed.is_empty());
    let text = desk.files(&paths.0, &paths.1, TEXT).unwrap();
    assert_eq!(text.counts(), (1, 0, 0));
}

#[test]
fn rows_that_moved_keep_their_formulas() {
    let desk = Desk::new();
    let left = HEADER.to_owned() + &plain(2, "A1", "B2*2", "10") + &plain(3, "A2", "B3*2", "10");
    let right = HEADER.to_owned()
        + &plain(2, "A0", "B2*3", "15")
        + &plain(3, "A1", "B3*2", "10")
        + &plain(4, "A2", "B3*2", "10");
    let paths = (book(&desk, "l.xlsx", &left), book(&desk, "r.xlsx", &right));
    for options in [TEXT, BOTH] {
        let outcome = desk.files(&paths.0, &paths.1, options).unwrap();
        // The last row still points at row 3, which is another row now.
        assert_eq!(outcome.counts(), (1, 1, 0));
        let line = &records(&outcome.sheet("变动明细"))[0];
        assert_eq!(
            (line["编号"].as_str(), line["新值"].as_str()),
            ("A2", "=B3*2")
        );
    }
    let both = desk.files(&paths.0, &paths.1, BOTH).unwrap();
    assert_eq!(records(&both.sheet("新增项"))[0]["金额(公式)"], "=B2*3");
}

#[test]
fn shared_formulas_are_written_out() {
    let desk = Desk::new();
    let first = "<f t=\"shared\" ref=\"C2:C4\" si=\"0\">B2*$B$2&amp;\"C2\"</f>";
    let next = "<f t=\"shared\" si=\"0\"/>";
    let shared = HEADER.to_owned()
        + &row(2, "A1", first, "10")
        + &row(3, "A2", next, "10")
        + &row(4, "A3", next, "10");
    let written = HEADER.to_owned()
        + &plain(2, "A1", "B2*$B$2&amp;\"C2\"", "10")
        + &plain(3, "A2", "B3*$B$2&amp;\"C2\"", "10")
        + &plain(4, "A3", "B3*$B$2&amp;\"C2\"", "10");
    let paths = (
        book(&desk, "l.xlsx", &shared),
        book(&desk, "r.xlsx", &written),
    );
    for options in [TEXT, BOTH] {
        let outcome = desk.files(&paths.0, &paths.1, options).unwrap();
        assert_eq!(outcome.counts(), (1, 0, 0));
        let line = &records(&outcome.sheet("变动明细"))[0];
        assert_eq!(line["旧值"], "=B4*$B$2&\"C2\"");
    }
}

#[test]
fn what_cannot_be_read_is_said() {
    let desk = Desk::new();
    let orphan = HEADER.to_owned() + &row(2, "A1", "<f t=\"shared\" si=\"7\"/>", "10");
    let path = book(&desk, "l.xlsx", &orphan);
    let outcome = desk.files(&path, &path, TEXT).unwrap();
    let codes: Vec<_> = outcome
        .summary
        .notices
        .iter()
        .map(|notice| notice.code)
        .collect();
    assert_eq!(codes, [NoticeCode::FormulaWithoutText; 2]);

    let csv = desk.write(
        "r.csv",
        &table(&[&["编号", "单价"], &["A1", "5"]]),
        Form::CsvUtf8,
    );
    let failure = desk.files(&path, &csv, BOTH).err().unwrap();
    assert_eq!(failure.code, FailureCode::OptionInvalid);
    assert!(failure.message.contains("文件2"), "{}", failure.message);
}

#[test]
fn a_formula_without_a_value_is_compared_by_its_text() {
    let desk = Desk::new();
    let cell = |formula: &str| {
        format!(
            "{HEADER}<row r=\"2\"><c r=\"A2\" t=\"str\"><v>A1</v></c>\
             <c r=\"C2\"><f>{formula}</f></c></row>"
        )
    };
    let paths = (
        book(&desk, "l.xlsx", &cell("B2*2")),
        book(&desk, "r.xlsx", &cell("B2*3")),
    );
    for (options, changed) in [("{}", 0), (TEXT, 1), (BOTH, 1)] {
        let outcome = desk.files(&paths.0, &paths.1, options).unwrap();
        assert_eq!(outcome.counts(), (changed, 0, 0), "{options}");
    }
}
