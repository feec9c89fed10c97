//! Headers of several rows (`header.levels`).

use diff::FailureCode;

use super::support::*;

const TWO: &str = r#"{"header":{"levels":2}}"#;

fn quarters(amount: &str) -> Table {
    table(&[
        &["编号", "姓名", "一季度", "", "二季度", "", "备注"],
        &["", "", "数量", "金额", "数量", "金额", ""],
        &["A1", "甲", "1", "10", "2", "20", "x"],
        &["A2", "乙", "3", "30", "4", amount, "y"],
        &["A3", "丙", "5", "50", "6", "60", "z"],
    ])
}

fn names(outcome: &Outcome) -> Vec<&str> {
    let columns = outcome.summary.pairs[0].columns.changed.iter();
    columns.map(|column| column.name.as_str()).collect()
}

#[test]
fn parents_reach_over_their_children_in_every_form() {
    let desk = Desk::new();
    for form in FORMS {
        let left = desk.write(&format!("l{form:?}"), &quarters("40"), form);
        let right = desk.write(&format!("r{form:?}"), &quarters("41"), form);
        let outcome = desk.files(&left, &right, TWO).unwrap();
        assert_eq!(names(&outcome), ["二季度/金额"], "{form:?}");
        let pair = &outcome.summary.pairs[0];
        assert_eq!((pair.header_row1, pair.header_row2), (1, 1));
        assert_eq!((pair.rows.left, pair.rows.changed), (3, 1));
        assert_eq!(pair.key.columns, ["编号"]);
        assert!(outcome.summary.notices.is_empty());
    }
}

#[test]
fn every_column_has_its_joined_name() {
    let desk = Desk::new();
    let mut more = quarters("40");
    more.push(table(&[&["A4", "丁", "1", "2", "3", "4", "w"]]).remove(0));
    let outcome = desk.tables(&quarters("40"), &more, TWO);
    let header = &outcome.sheet("新增项")[0][1..];
    assert_eq!(
        header,
        [
            "编号",
            "姓名",
            "一季度/数量",
            "一季度/金额",
            "二季度/数量",
            "二季度/金额",
            "备注"
        ]
    );
}

#[test]
fn three_rows_are_found_below_a_title_and_repeat() {
    let desk = Desk::new();
    let sheet = |value: &str| {
        table(&[
            &["年度汇总表"],
            &[],
            &["编号", "上半年", "", "", "下半年", ""],
            &["", "一季度", "", "二季度", "三季度", ""],
            &["", "数量", "金额", "金额", "数量", "金额"],
            &["A1", "1", "10", "2", "20", "5"],
            &["A2", "3", "30", "4", "40", value],
            &["A3", "5", "50", "6", "60", "7"],
        ])
    };
    let options = r#"{"header":{"levels":3}}"#;
    let outcome = desk.tables(&sheet("6"), &sheet("8"), options);
    assert_eq!(names(&outcome), ["下半年/三季度/金额"]);
    assert_eq!(outcome.summary.pairs[0].header_row1, 3);
    assert_eq!(outcome.summary.notices, []);
    assert_eq!(outcome.summary.pairs[0].outside.changed, 0);

    let resolved = serde_json::to_string(&outcome.summary.resolved).unwrap();
    let again = desk.tables(&sheet("6"), &sheet("8"), &resolved);
    assert_eq!(again.counts(), outcome.counts());
    assert_eq!(again.summary.pairs[0].header_row1, 3);
    assert_eq!(names(&again), names(&outcome));
}

#[test]
fn a_given_header_must_have_all_its_rows() {
    let desk = Desk::new();
    let given = r#"{"header":{"mode":"row","row1":1,"row2":1,"levels":2}}"#;
    let outcome = desk.tables(&quarters("40"), &quarters("41"), given);
    assert_eq!(names(&outcome), ["二季度/金额"]);

    let gap = table(&[&["编号", "值"], &[], &["A1", "1"], &["A2", "2"]]);
    let path = desk.write("gap.xlsx", &gap, Form::XlsxShared);
    let failure = desk.files(&path, &path, given).err().unwrap();
    assert_eq!(failure.code, FailureCode::OptionInvalid);
}
