//! `output.notes_with_old_value`.

use std::{fs, io::Read};

use diff::NoticeCode;

use super::support::*;

const NOTES: &str = r#"{"output":{"notes_with_old_value":true}}"#;

/// Cells with a note and what it says, read from the parts themselves.
fn notes(outcome: &Outcome) -> Vec<(String, String)> {
    let mut zip = zip::ZipArchive::new(fs::File::open(&outcome.result).unwrap()).unwrap();
    let mut xml = String::new();
    let Ok(mut part) = zip.by_name("xl/comments1.xml") else {
        return Vec::new();
    };
    part.read_to_string(&mut xml).unwrap();
    let between = |text: &str, open: &str, close: &str| {
        let start = text.find(open).unwrap() + open.len();
        let rest = &text[start..];
        rest[..rest.find(close).unwrap()].to_owned()
    };
    xml.split("<comment ")
        .skip(1)
        .map(|comment| {
            let text = comment.split("</t>").next().unwrap();
            let text = text.rsplit('>').next().unwrap().to_owned();
            (between(comment, "ref=\"", "\""), text)
        })
        .collect()
}

#[test]
fn new_values_have_their_old_value_as_a_note() {
    let desk = Desk::new();
    let left = table(&[&["编号", "值", "名"], &["A1", "1", "甲"], &["A2", "", "乙"]]);
    let right = table(&[
        &["编号", "值", "名"],
        &["A1", "5", "甲"],
        &["A2", "7", "乙"],
    ]);
    let outcome = desk.tables(&left, &right, NOTES);
    let expected = [("H2", "旧值: 1"), ("H3", "旧值: 空")];
    assert_eq!(
        notes(&outcome),
        expected.map(|(cell, text)| (cell.to_owned(), text.to_owned()))
    );
    assert_eq!(outcome.sheet("变动项目")[1][7], "5");

    let stacked = r#"{"output":{"notes_with_old_value":true,"layout":"stacked"}}"#;
    let outcome = desk.tables(&left, &right, stacked);
    assert_eq!(outcome.sheet("变动项目")[2][5], "5");
    assert_eq!(notes(&outcome)[0], ("F3".to_owned(), "旧值: 1".to_owned()));
    assert!(notes(&desk.tables(&left, &right, "{}")).is_empty());
}

#[test]
fn there_are_only_so_many_and_long_ones_are_cut() {
    let desk = Desk::new();
    let sheet = |value: &str| {
        let mut table = vec![vec![text("编号"), text("值")]];
        table.extend((0..2_100).map(|row| vec![text(&format!("A{row}")), text(value)]));
        table
    };
    let outcome = desk.tables(&sheet(&"旧".repeat(1_000)), &sheet("新"), NOTES);
    let notes = notes(&outcome);
    assert_eq!(notes.len(), 2_000);
    assert!(
        notes
            .iter()
            .all(|note| note.1.chars().count() < 510 && note.1.ends_with('…'))
    );
    let notice = &outcome.summary.notices[0];
    assert_eq!(
        (notice.code, notice.count),
        (NoticeCode::OutputReduced, 100)
    );
}
