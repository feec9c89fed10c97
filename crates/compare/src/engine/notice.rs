//! What the owner of the files should know besides the differences.

use super::{Notice, NoticeCode, Request, pair::Pair, run::Found, side::Side};

pub(super) fn notices(request: &Request, left: &Side, right: &Side, found: &Found) -> Vec<Notice> {
    let mut notices = Vec::new();
    for side in [left, right] {
        of_side(side, request, &mut notices);
    }
    for (side, tables, code, what) in [
        (
            left,
            &found.sheets.only_left,
            NoticeCode::SheetRemoved,
            "只在文件1中",
        ),
        (
            right,
            &found.sheets.only_right,
            NoticeCode::SheetAdded,
            "只在文件2中",
        ),
    ] {
        for &table in tables {
            let name = &side.tables[table].name;
            let notice = notice(code, format!("工作表\"{name}\"{what},未比较"), 1);
            notices.push(Notice {
                sheet: Some(name.clone()),
                file: Some(side.slot),
                ..notice
            });
        }
    }
    for pair in &found.pairs {
        of_headers(pair, right, &mut notices);
        of_pair(pair, right, &mut notices);
        of_long_numbers(pair, left, right, &mut notices);
    }
    notices
}

fn notice(code: NoticeCode, message: String, count: u64) -> Notice {
    Notice {
        code,
        message,
        file: None,
        sheet: None,
        column: None,
        count,
    }
}

fn of_side(side: &Side, request: &Request, notices: &mut Vec<Notice>) {
    let slot = side.slot;
    if let Some(assumption) = &side.assumption {
        let message = format!("文件{slot}: {assumption},请核对");
        notices.push(Notice {
            file: Some(slot),
            ..notice(NoticeCode::EncodingGuessed, message, 1)
        });
    }
    if request.options.sheets.pairs.is_none() {
        for name in &side.skipped {
            let message = format!("文件{slot}的隐藏工作表\"{name}\"未比较");
            let notice = notice(NoticeCode::SheetSkipped, message, 1);
            notices.push(Notice {
                file: Some(slot),
                sheet: Some(name.clone()),
                ..notice
            });
        }
    }
    for table in &side.tables {
        let facts = [
            (
                NoticeCode::FormulaWithoutCache,
                table.facts.formulas_without_value,
                "个公式没有缓存值,按空白比较",
            ),
            (
                NoticeCode::CellsRepeated,
                table.facts.repeated_cells,
                "个单元格在文件中重复出现,以最后一个为准",
            ),
            (
                NoticeCode::ImageNotCompared,
                table.images,
                "个单元格图片未比较",
            ),
        ];
        for (code, count, what) in facts.into_iter().filter(|fact| fact.1 > 0) {
            let message = format!("文件{slot} {}: {count}{what}", table.name);
            let notice = notice(code, message, count);
            notices.push(Notice {
                file: Some(slot),
                sheet: Some(table.name.clone()),
                ..notice
            });
        }
    }
}

fn of_headers(pair: &Pair, right: &Side, notices: &mut Vec<Notice>) {
    let sheet = &right.tables[pair.right_table].name;
    let mut say = |code, message: String, count| {
        notices.push(Notice {
            sheet: Some(sheet.clone()),
            ..notice(code, message, count)
        });
    };
    if pair.left.header_row == 0 {
        say(
            NoticeCode::HeaderNotFound,
            "未识别到表头,按列位置比较".to_owned(),
            1,
        );
    }
    let above = (pair.left.first + pair.right.first).saturating_sub(2);
    if pair.left.header_row > 0 && above > 0 {
        say(
            NoticeCode::RowsAboveHeader,
            format!("表头以上的{above}行未比较"),
            above as u64,
        );
    }
}

fn of_pair(pair: &Pair, right: &Side, notices: &mut Vec<Notice>) {
    let sheet = &right.tables[pair.right_table].name;
    let mut say = |code, message: String, count| {
        notices.push(Notice {
            sheet: Some(sheet.clone()),
            ..notice(code, message, count)
        });
    };
    if pair.mode == "sequence" {
        say(
            NoticeCode::KeyNotFound,
            "未找到主键,按行的先后顺序比较".to_owned(),
            1,
        );
    }
    if pair.hints.bounded {
        say(
            NoticeCode::KeyNotFound,
            "部分区域差异过大,按行位置比较".to_owned(),
            1,
        );
    }
    let repeats = pair.pairing.repeats.0 + pair.pairing.repeats.1;
    if repeats > 0 {
        let groups = pair.pairing.groups.len();
        say(
            NoticeCode::KeyDuplicate,
            format!("主键重复{groups}组,已按先后顺序配对,见\"问题\"表"),
            groups as u64,
        );
    }
    let keyless = (pair.keyless.0.len() + pair.keyless.1.len()) as u64;
    if keyless > 0 {
        say(
            NoticeCode::KeyBlank,
            format!("{keyless}行没有主键,按整行内容配对"),
            keyless,
        );
    }
    if !pair.hints.mismatch.is_empty() {
        let names = pair.hints.mismatch.iter();
        let names: Vec<&str> = names.map(|&slot| pair.slots[slot].name.as_str()).collect();
        let message = format!(
            "两表\"{}\"的写法不同(前导零、大小写或空格),可设 values.leading_zeros=ignore、\
             values.case=ignore 并以其为主键重新比较",
            names.join(" + ")
        );
        say(NoticeCode::KeyFormatMismatch, message, 1);
    } else if !pair.key.is_empty() && pair.overlap == 0.0 {
        say(NoticeCode::KeyNoOverlap, "主键没有交集".to_owned(), 1);
    }
    for renamed in &pair.hints.renamed {
        let message = format!("列\"{}\"疑似改名为\"{}\"", renamed.from, renamed.to);
        say(NoticeCode::ColumnRenameSuggested, message, 1);
    }
    let footer = (pair.left.footer + pair.right.footer) as u64;
    if footer > 0 {
        say(
            NoticeCode::FooterSeparate,
            format!("末尾{footer}行合计单独比较"),
            footer,
        );
    }
}

/// Numbers too long for a cell: their last digits were lost before we saw them.
fn of_long_numbers(pair: &Pair, left: &Side, right: &Side, notices: &mut Vec<Notice>) {
    for slot in &pair.slots {
        for (side, table, column) in [
            (left, pair.left_table, slot.left),
            (right, pair.right_table, slot.right),
        ] {
            let facts = side.tables[table].columns.get(column as usize);
            let count = facts.map_or(0, |facts| facts.long_numbers);
            if count > 0 {
                let message = format!(
                    "文件{}列\"{}\"有{count}个超过15位的数字,Excel已丢失末位精度",
                    side.slot, slot.name
                );
                let notice = notice(NoticeCode::PrecisionLossSuspected, message, count);
                notices.push(Notice {
                    file: Some(side.slot),
                    sheet: Some(side.tables[table].name.clone()),
                    column: Some(slot.name.clone()),
                    ..notice
                });
            }
        }
    }
}
