//! What the owner of the files should know besides the differences.

use super::{
    Notice, NoticeCode, Request,
    pair::Pair,
    run::Found,
    side::Side,
    words::{Words, say},
};

pub(super) fn notices(request: &Request, left: &Side, right: &Side, found: &Found) -> Vec<Notice> {
    let words = request.options.output.lang.words();
    let mut notices = Vec::new();
    for side in [left, right] {
        of_side(side, request, &mut notices);
    }
    for (side, tables, code, what) in [
        (
            left,
            &found.sheets.only_left,
            NoticeCode::SheetRemoved,
            words.sheet_in_old,
        ),
        (
            right,
            &found.sheets.only_right,
            NoticeCode::SheetAdded,
            words.sheet_in_new,
        ),
    ] {
        for &table in tables {
            let name = &side.tables[table].name;
            let notice = notice(code, say(what, &[name]), 1);
            notices.push(Notice {
                sheet: Some(name.clone()),
                file: Some(side.slot),
                ..notice
            });
        }
    }
    for &(_, table) in &found.apart {
        let name = &right.tables[table].name;
        let notice = notice(NoticeCode::SheetApart, say(words.sheet_apart, &[name]), 1);
        notices.push(Notice {
            sheet: Some(name.clone()),
            ..notice
        });
    }
    for pair in &found.pairs {
        of_headers(pair, right, words, &mut notices);
        of_pair(pair, right, words, &mut notices);
        of_long_numbers(pair, (left, right), words, &mut notices);
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
    let words = request.options.output.lang.words();
    if let Some(encoding) = side.assumed_encoding {
        let message = say(words.encoding_guessed, &[&slot, &encoding]);
        notices.push(Notice {
            file: Some(slot),
            ..notice(NoticeCode::EncodingGuessed, message, 1)
        });
    }
    if request.options.sheets.pairs.is_none() {
        for name in &side.skipped {
            let message = say(words.hidden_sheet, &[&slot, name]);
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
                words.without_value,
            ),
            (
                NoticeCode::FormulaWithoutText,
                table.facts.formulas_without_text,
                words.without_text,
            ),
            (
                NoticeCode::CellsRepeated,
                table.facts.repeated_cells,
                words.cells_repeated,
            ),
            (NoticeCode::ImageNotCompared, table.images, words.images),
        ];
        for (code, count, what) in facts.into_iter().filter(|fact| fact.1 > 0) {
            let message = say(what, &[&slot, &table.name, &count]);
            let notice = notice(code, message, count);
            notices.push(Notice {
                file: Some(slot),
                sheet: Some(table.name.clone()),
                ..notice
            });
        }
    }
}

fn of_headers(pair: &Pair, right: &Side, words: &Words, notices: &mut Vec<Notice>) {
    let sheet = &right.tables[pair.right_table].name;
    let mut add = |code, message: String, count| {
        notices.push(Notice {
            sheet: Some(sheet.clone()),
            ..notice(code, message, count)
        });
    };
    if pair.left.header_row == 0 {
        add(NoticeCode::HeaderNotFound, words.no_header.to_owned(), 1);
    }
    let counts = [
        (
            NoticeCode::OutsideChanged,
            pair.outside.changed,
            words.cells_outside_differ,
        ),
        (
            NoticeCode::WrittenDifferently,
            pair.hints.written,
            words.written,
        ),
        (
            NoticeCode::DifferenceNotShown,
            pair.hints.not_shown,
            words.not_shown,
        ),
    ];
    for (code, count, what) in counts.into_iter().filter(|(_, count, _)| *count > 0) {
        add(code, say(what, &[&count]), count);
    }
}

fn of_pair(pair: &Pair, right: &Side, words: &Words, notices: &mut Vec<Notice>) {
    let sheet = &right.tables[pair.right_table].name;
    let mut add = |code, message: String, count| {
        notices.push(Notice {
            sheet: Some(sheet.clone()),
            ..notice(code, message, count)
        });
    };
    if pair.mode == "sequence" {
        add(NoticeCode::KeyNotFound, words.no_key.to_owned(), 1);
    }
    if pair.hints.bounded {
        add(NoticeCode::KeyNotFound, words.too_different.to_owned(), 1);
    }
    let repeats = pair.pairing.repeats.0 + pair.pairing.repeats.1;
    if repeats > 0 {
        let groups = pair.pairing.groups.len();
        add(
            NoticeCode::KeyDuplicate,
            say(words.keys_repeated, &[&groups]),
            groups as u64,
        );
    }
    let keyless = (pair.keyless.0.len() + pair.keyless.1.len()) as u64;
    if keyless > 0 {
        add(
            NoticeCode::KeyBlank,
            say(words.keys_blank, &[&keyless]),
            keyless,
        );
    }
    if !pair.hints.mismatch.is_empty() {
        let names = pair.hints.mismatch.iter();
        let names: Vec<&str> = names.map(|&slot| pair.slots[slot].name.as_str()).collect();
        let message = say(words.keys_differ, &[&names.join(" + ")]);
        add(NoticeCode::KeyFormatMismatch, message, 1);
    } else if !pair.key.is_empty() && pair.overlap == 0.0 {
        add(NoticeCode::KeyNoOverlap, words.keys_apart.to_owned(), 1);
    }
    for renamed in &pair.hints.renamed {
        let message = say(words.rename_suggested, &[&renamed.from, &renamed.to]);
        add(NoticeCode::ColumnRenameSuggested, message, 1);
    }
    let footer = (pair.left.footer + pair.right.footer) as u64;
    if footer > 0 {
        add(
            NoticeCode::FooterSeparate,
            say(words.footer_apart, &[&footer]),
            footer,
        );
    }
}

/// Numbers too long for a cell: their last digits were lost before we saw them.
fn of_long_numbers(
    pair: &Pair,
    (left, right): (&Side, &Side),
    words: &Words,
    notices: &mut Vec<Notice>,
) {
    for slot in &pair.slots {
        for (side, table, column) in [
            (left, pair.left_table, slot.left),
            (right, pair.right_table, slot.right),
        ] {
            let facts = side.tables[table].columns.get(column as usize);
            let count = facts.map_or(0, |facts| facts.long_numbers);
            if count > 0 {
                let message = say(words.long_numbers, &[&side.slot, &slot.name, &count]);
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
