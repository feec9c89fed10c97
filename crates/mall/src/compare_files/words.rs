//! What the command says, in both of its languages.

use diff::Lang;

macro_rules! words {
    ($($name:ident: $chinese:literal, $english:literal;)*) => {
        pub(super) struct Words { $(pub(super) $name: &'static str),* }

        static CHINESE: Words = Words { $($name: $chinese),* };
        static ENGLISH: Words = Words { $($name: $english),* };
    };
}

words! {
    title: "比对结果", "Comparison";
    identical: "一致", "identical";
    different: "有差异", "different";
    file: "文件", "File";
    rows: "行", "rows";
    cells: "单元格", "cells";
    sheet: "工作表", "Sheet";
    key: "主键", "Key";
    no_key: "无", "none";
    unchanged: "未变动", "Unchanged";
    changed: "变动", "Changed";
    added: "新增", "Added";
    removed: "减少", "Removed";
    changed_cells: "变动单元格", "Cells changed";
    outside: "表外", "Outside";
    columns_added: "新增列", "Columns added";
    columns_removed: "减少列", "Columns removed";
    sheets_added: "新增工作表", "Sheets added";
    sheets_removed: "减少工作表", "Sheets removed";
    sheets_apart: "无法比较的工作表", "Sheets that cannot be compared";
    first: "前几处差异", "First differences";
    more: "还有更多,见结果文件", "There are more: see the result";
    cell: "单元格", "Cell";
    column: "列", "Column";
    old: "旧值", "Old";
    new: "新值", "New";
    kind: "类型", "Kind";
    result: "结果", "Result";
    only_left: "只在旧文件夹", "Only in the old folder";
    only_right: "只在新文件夹", "Only in the new folder";
    failed: "失败", "failed";
    checking: "检查", "check";
    reading: "读取", "read";
    joining: "比对", "compare";
    writing: "写出", "write";
}

pub(super) fn words(lang: Lang) -> &'static Words {
    match lang {
        Lang::Chinese => &CHINESE,
        Lang::English => &ENGLISH,
    }
}
