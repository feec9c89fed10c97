//! The result in English: no word of ours is left in Chinese.

use calamine::{Reader, Xlsx, open_workbook};
use diff::NoticeCode;

use super::support::*;

fn is_chinese(text: &str) -> bool {
    let wide = |c: char| matches!(c, '\u{3000}'..='\u{9FFF}' | '\u{FF00}'..='\u{FFEF}');
    text.chars().any(wide)
}

/// Whatever can be noticed: titles, totals, duplicates, blank keys, long numbers, sheets alone.
fn eventful() -> (Table, Table) {
    let mut left = table(&[
        &["Assets of the year"],
        &["id", "name", "amount", "number", "gone"],
        &["A1", "desk", "10", "1", "x"],
        &["A2", "chair", "20", "2", "y"],
        &["A2", "chair", "20", "2", "y"],
        &["A3", "lamp", "30", "3", "z"],
        &["", "shelf", "30", "3", "z"],
        &["A4", "box", "40", "4", "z"],
        &["A5", "cup", "50", "5", "z"],
        &["total", "", "200"],
    ]);
    left[7][3] = Cell::Number(1.234_567_890_123_456_7e17);
    let mut right = left.clone();
    right[2][2] = Cell::Number(10.4);
    right[3][2] = Cell::Number(25.0);
    right[5][3] = text("3");
    right[9][2] = Cell::Number(205.0);
    right[0][0] = text("Assets of last year");
    right[1][4] = text("new");
    right[8][0] = text("A6");
    (left, right)
}

#[test]
fn no_word_of_the_result_is_chinese() {
    let desk = Desk::new();
    let (left, right) = eventful();
    let alone = table(&[&["p", "q"], &["s", "t"]]);
    let paths = (desk.path("l.xlsx"), desk.path("r.xlsx"));
    write_xlsx(
        &paths.0,
        &[("One", &left), ("Two", &left), ("Old", &alone)],
        false,
    );
    write_xlsx(
        &paths.1,
        &[("One", &right), ("Two", &left), ("New", &right)],
        false,
    );
    for layout in ["side_by_side", "stacked"] {
        let options = format!(
            r#"{{"output":{{"lang":"en","layout":"{layout}"}},"values":{{"abs_tol":1}},
                "key":{{"mode":"columns","columns":["id"]}}}}"#
        );
        let outcome = desk.files(&paths.0, &paths.1, &options).unwrap();
        let mut book: Xlsx<_> = open_workbook(&outcome.result).unwrap();
        assert_eq!(
            book.sheet_names()[..5],
            ["Summary", "Changed", "Added", "Removed", "Cell changes"]
        );
        assert!(book.sheet_names().contains(&"Issues".to_owned()));
        for (name, range) in book.worksheets() {
            assert!(!is_chinese(&name), "{name}");
            for cell in range.used_cells() {
                assert!(!is_chinese(&cell.2.to_string()), "{name}: {}", cell.2);
            }
        }
        let codes: Vec<_> = outcome
            .summary
            .notices
            .iter()
            .map(|notice| notice.code)
            .collect();
        for code in [
            NoticeCode::SheetAdded,
            NoticeCode::OutsideChanged,
            NoticeCode::FooterSeparate,
            NoticeCode::KeyDuplicate,
            NoticeCode::KeyBlank,
            NoticeCode::PrecisionLossSuspected,
        ] {
            assert!(codes.contains(&code), "{code:?} of {codes:?}");
        }
        let changed = outcome.sheet("Changed");
        assert_eq!(changed[0][0], "Status");
        assert!(changed[1][0].starts_with("Changed"));
    }
}

#[test]
fn the_language_changes_nothing_else() {
    let desk = Desk::new();
    let (left, right) = eventful();
    let chinese = desk.tables(&left, &right, "{}");
    let english = desk.tables(&left, &right, r#"{"output":{"lang":"en"}}"#);
    assert_eq!(chinese.summary.pairs, english.summary.pairs);
    assert_eq!(chinese.preview, english.preview);
    let lines = |outcome: &Outcome, name: &str| outcome.sheet(name).len();
    assert_eq!(lines(&chinese, "变动明细"), lines(&english, "Cell changes"));
    assert_eq!(lines(&chinese, "摘要"), lines(&english, "Summary"));
}
