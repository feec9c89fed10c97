//! What is chosen when nothing is said, and what is refused.

use diff::{FailureCode, NoticeCode};

use super::support::*;

fn notices(outcome: &Outcome) -> Vec<NoticeCode> {
    outcome
        .summary
        .notices
        .iter()
        .map(|notice| notice.code)
        .collect()
}

#[test]
fn titles_above_the_header_and_totals_below_are_seen() {
    let desk = Desk::new();
    let sheet = |amount: &str, total: &str| {
        table(&[
            &["二〇二四年度资产清单"],
            &[],
            &["编号", "名称", "金额"],
            &["A-01", "桌子", amount],
            &["A-02", "椅子", "20"],
            &["A-03", "柜子", "30"],
            &["合计", "", total],
        ])
    };
    let outcome = desk.tables(&sheet("10", "60"), &sheet("15", "65"), "{}");
    let pair = &outcome.summary.pairs[0];
    assert_eq!((pair.header_row1, pair.header_row2), (3, 3));
    assert_eq!(pair.key.columns, ["编号"]);
    assert_eq!(outcome.counts(), (2, 0, 0));
    assert_eq!(pair.outside.changed, 0);
    assert!(notices(&outcome).contains(&NoticeCode::FooterSeparate));
}

#[test]
fn a_line_counter_is_not_a_key() {
    let desk = Desk::new();
    let left = table(&[
        &["序号", "工号", "姓名"],
        &["1", "G01", "甲"],
        &["2", "G02", "乙"],
        &["3", "G03", "丙"],
    ]);
    let right = table(&[
        &["序号", "工号", "姓名"],
        &["1", "G02", "乙"],
        &["2", "G03", "丙"],
    ]);
    let outcome = desk.tables(&left, &right, r#"{"columns":{"ignore":["序号"]}}"#);
    assert_eq!(outcome.summary.pairs[0].key.columns, ["工号"]);
    assert_eq!(outcome.counts(), (0, 0, 1));
}

#[test]
fn two_columns_together_can_be_the_key() {
    let desk = Desk::new();
    let mut left = vec![vec![text("门店"), text("商品"), text("库存")]];
    for shop in ["东店", "西店", "南店"] {
        for item in ["米", "面", "油", "盐"] {
            left.push(vec![text(shop), text(item), Cell::Number(5.5)]);
        }
    }
    let mut right = left.clone();
    right[5][2] = Cell::Number(6.5);
    right.swap(2, 9);
    let outcome = desk.tables(&left, &right, "{}");
    assert_eq!(outcome.summary.pairs[0].key.columns, ["门店", "商品"]);
    assert_eq!(outcome.counts(), (1, 0, 0));
}

#[test]
fn without_a_key_rows_are_compared_in_sequence() {
    let desk = Desk::new();
    let left = table(&[
        &["说明", "数"],
        &["甲", "1"],
        &["甲", "1"],
        &["乙", "2"],
        &["丙", "3"],
        &["丙", "3"],
    ]);
    let mut right = left.clone();
    right.insert(2, vec![text("丁"), Cell::Number(9.0)]);
    right[4][1] = Cell::Number(7.0);
    let outcome = desk.tables(&left, &right, "{}");
    assert_eq!(outcome.summary.pairs[0].mode, "sequence");
    assert!(notices(&outcome).contains(&NoticeCode::KeyNotFound));
    assert_eq!(outcome.counts(), (1, 1, 0));
    outcome.check_conservation();
}

#[test]
fn sheets_are_paired_by_name_and_the_rest_is_reported() {
    let desk = Desk::new();
    let one = table(&[&["编号", "值"], &["A1", "1"], &["A2", "2"]]);
    let two = table(&[&["编号", "值"], &["A1", "1"], &["A2", "3"]]);
    write_xlsx(
        &desk.path("l.xlsx"),
        &[
            ("一月", &one),
            ("二月", &one),
            ("旧", &table(&[&["x"], &["y"]])),
        ],
        false,
    );
    write_xlsx(
        &desk.path("r.xlsx"),
        &[
            ("二月", &two),
            ("一月", &one),
            ("新", &table(&[&["p", "q"], &["s", "t"]])),
        ],
        false,
    );
    let outcome = desk
        .files(&desk.path("l.xlsx"), &desk.path("r.xlsx"), "{}")
        .unwrap();
    let names: Vec<_> = outcome
        .summary
        .pairs
        .iter()
        .map(|pair| (pair.sheet1.as_str(), pair.rows.changed))
        .collect();
    assert_eq!(names, [("二月", 1), ("一月", 0)]);
    assert_eq!(outcome.summary.sheets.added, ["新"]);
    assert_eq!(outcome.summary.sheets.removed, ["旧"]);
    let prefixed = outcome.sheet("一月·变动项目");
    assert_eq!(prefixed[1][0], "无");
}

#[test]
fn the_resolved_options_repeat_the_job() {
    let desk = Desk::new();
    let left = table(&[&["标题"], &["编号", "值"], &["A1", "1"], &["A2", "2"]]);
    let right = table(&[&["编号", "值"], &["A1", "1"], &["A2", "3"]]);
    let first = desk.tables(&left, &right, "{}");
    let options = serde_json::to_string(&first.summary.resolved).unwrap();
    let again = desk.tables(&left, &right, &options);
    assert_eq!(again.counts(), first.counts());
    assert_eq!(
        again.summary.pairs[0].key.columns,
        first.summary.pairs[0].key.columns
    );
    assert_eq!(again.summary.pairs[0].header_row1, 2);
}

#[test]
fn what_an_option_names_must_be_there() {
    let desk = Desk::new();
    let sheet = table(&[&["资产编码", "更新时间"], &["A1", "1"], &["A2", "2"]]);
    let path = desk.write("a.xlsx", &sheet, Form::XlsxShared);
    for (options, code, says) in [
        (
            r#"{"columns":{"ignore":["更新时闯"]}}"#,
            FailureCode::OptionInvalid,
            "更新时闯",
        ),
        (
            r#"{"columns":{"only":["没有"]}}"#,
            FailureCode::OptionInvalid,
            "没有",
        ),
        (
            r#"{"columns":{"map":{"没有":"资产编码"}}}"#,
            FailureCode::OptionInvalid,
            "没有",
        ),
        (
            r#"{"values":{"per_column":{"金颖":{"abs_tol":1}}}}"#,
            FailureCode::OptionInvalid,
            "金颖",
        ),
        (
            r#"{"key":{"mode":"columns","columns":["资产编号"]}}"#,
            FailureCode::KeyColumnMissing,
            "资产编码",
        ),
        (
            r#"{"sheets":{"match":"pairs","pairs":[{"sheet1":"明细","sheet2":"Sheet1"}]}}"#,
            FailureCode::SheetNotFound,
            "明细",
        ),
        (
            r#"{"header":{"mode":"row","row1":9,"row2":1}}"#,
            FailureCode::OptionInvalid,
            "9",
        ),
    ] {
        let failure = desk.files(&path, &path, options).err().unwrap();
        assert_eq!(failure.code, code, "{options}");
        assert!(failure.message.contains(says), "{}", failure.message);
    }
    let other = desk.write(
        "b.xlsx",
        &table(&[&["甲", "乙"], &["x", "y"]]),
        Form::XlsxShared,
    );
    let failure = desk.files(&path, &other, "{}").err().unwrap();
    assert_eq!(failure.code, FailureCode::NoCommonColumns);
}

#[test]
fn a_renamed_column_is_suggested_and_no_more() {
    let desk = Desk::new();
    let sheet = |name: &str, odd: &str| {
        let mut table = vec![vec![text("编号"), text("数量"), text(name)]];
        table.extend((0..40).map(|row| {
            let phone = match row {
                7 => odd.to_owned(),
                _ => format!("1380000{row:04}"),
            };
            vec![text(&format!("A{row}")), Cell::Number(1.0), text(&phone)]
        }));
        table
    };
    let (left, right) = (sheet("电话", "无"), sheet("联系电话", "空"));
    let outcome = desk.tables(&left, &right, "{}");
    let columns = &outcome.summary.pairs[0].columns;
    assert_eq!((columns.added.len(), columns.removed.len()), (1, 1));
    let renamed = &columns.renamed[0];
    assert_eq!(
        (
            renamed.from.as_str(),
            renamed.to.as_str(),
            renamed.agreement
        ),
        ("电话", "联系电话", 0.975)
    );
    assert!(!outcome.summary.identical);
    assert!(notices(&outcome).contains(&NoticeCode::ColumnRenameSuggested));

    let quiet = desk.tables(&left, &right, r#"{"columns":{"suggest_renames":false}}"#);
    assert!(quiet.summary.pairs[0].columns.renamed.is_empty());
    let mut few = right.clone();
    for (row, cells) in few.iter_mut().enumerate().skip(1) {
        cells[2] = text(if row % 2 == 0 { "男" } else { "女" });
    }
    let mut same = few.clone();
    same[0][2] = text("性别");
    let outcome = desk.tables(&few, &same, "{}");
    assert!(outcome.summary.pairs[0].columns.renamed.is_empty());
}

#[test]
fn keys_written_in_another_way_are_noticed() {
    let desk = Desk::new();
    let sheet = |key: fn(u32) -> String| {
        let mut table = vec![vec![text("工号"), text("姓名")]];
        let row = |row| vec![text(&key(row)), text(&format!("员工{}", row % 7))];
        table.extend((100..140).map(row));
        table
    };
    let left = sheet(|row| format!("000{row}"));
    let right = sheet(|row| format!(" {row}"));
    let given = r#"{"key":{"mode":"columns","columns":["工号"]}}"#;
    for options in ["{}", given] {
        let outcome = desk.tables(&left, &right, options);
        assert!(notices(&outcome).contains(&NoticeCode::KeyFormatMismatch));
    }
    let options = r#"{"key":{"mode":"columns","columns":["工号"]},
        "values":{"leading_zeros":"ignore"}}"#;
    let outcome = desk.tables(&left, &right, options);
    assert!(outcome.summary.identical && notices(&outcome).is_empty());
    let other = sheet(|row| format!("K{row}"));
    let outcome = desk.tables(&left, &other, given);
    assert_eq!(notices(&outcome), [NoticeCode::KeyNoOverlap]);
}
