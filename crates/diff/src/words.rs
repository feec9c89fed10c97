//! Everything the result says in words, in each of its languages, side by side.

use std::fmt::{Display, Write};

use super::Lang;

/// Declares what is said as `name: Chinese, English;`. `{0}`, `{1}` … stand for values.
macro_rules! words {
    ($($name:ident: $chinese:literal, $english:literal;)*) => {
        pub(crate) struct Words { $(pub(crate) $name: &'static str),* }

        static CHINESE: Words = Words { $($name: $chinese),* };
        static ENGLISH: Words = Words { $($name: $english),* };

        #[cfg(test)]
        const ALL: &[(&str, &str)] = &[$(($chinese, $english)),*];
    };
}

words! {
    // The sheets.
    summary: "摘要", "Summary";
    changed_rows: "变动项目", "Changed";
    added_rows: "新增项", "Added";
    removed_rows: "减少项", "Removed";
    changed_cells: "变动明细", "Cell changes";
    issues: "问题", "Issues";
    workbook: "比对结果.xlsx", "comparison.xlsx";

    // Everywhere.
    comma: "、", ", ";
    none: "无", "None";
    old_of: "{0}(旧)", "{0} (old)";
    formula_of: "{0}(公式)", "{0} (formula)";
    new_of: "{0}(新)", "{0} (new)";

    // The summary: the files.
    identical: "两个文件一致", "The files are identical";
    different: "两个文件有差异", "The files differ";
    file_name: "文件名", "File name";
    bytes: "大小(字节)", "Size (bytes)";
    format: "格式", "Format";
    row_count: "行数", "Rows";
    cell_count: "单元格数", "Cells";
    old_file: "文件1(旧)", "File 1 (old)";
    new_file: "文件2(新)", "File 2 (new)";
    time: "时间(北京)", "Time (Beijing)";
    engine: "引擎", "Engine";
    version: "{0} / 规则 {1}", "{0} / rules {1}";
    formulas: "公式", "Formulas";
    formulas_text: "比较公式文本,不比较值", "Compared instead of values";
    formulas_both: "公式文本与值都比较", "Compared beside values";
    sheets_added: "新增工作表", "Sheets added";
    sheets_removed: "减少工作表", "Sheets removed";
    sheets_skipped: "未比较的工作表", "Sheets not compared";
    notices: "提示", "Notices";

    // The summary: a pair of sheets.
    sheet: "工作表", "Sheet";
    header: "表头", "Header";
    header_rows: "文件1第{0}行,文件2第{1}行", "Row {0} of file 1, row {1} of file 2";
    header_levels: "表头行数", "Rows of the header";
    key: "主键", "Key";
    key_found: "{0}(自动识别)", "{0} (found)";
    key_given: "{0}(指定)", "{0} (given)";
    key_by_sequence: "无,按行的先后顺序", "None, rows in sequence";
    key_by_place: "无,按行位置", "None, rows by position";
    key_by_row: "整行或行号", "The whole row, or its number";
    rows: "行", "Rows";
    count: "数量", "Count";
    left_rows: "旧表行数", "Rows (old)";
    right_rows: "新表行数", "Rows (new)";
    unchanged: "未变动", "Unchanged";
    changed: "变动", "Changed";
    added: "新增", "Added";
    removed: "减少", "Removed";
    cells_changed: "变动单元格", "Cells changed";
    cells_type_only: "仅类型不同的单元格", "Cells that differ only in type";
    cells_tolerated: "容差内的单元格", "Cells within tolerance";
    columns_added: "新增列", "Columns added";
    columns_removed: "减少列", "Columns removed";
    renamed: "疑似改名的列", "Perhaps renamed";
    renamed_to: "{0} → {1}({2}%的行相同)", "{0} → {1} (the same in {2}% of the rows)";
    most_changed: "变动最多的列", "Columns with most changes";

    // The legend.
    legend: "图例", "Legend";
    old_value: "旧值", "Old value";
    old_meaning: "文件1中的值", "As it is in file 1";
    new_value: "新值", "New value";
    new_meaning: "文件2中的值", "As it is in file 2";
    type_only: "仅类型", "Type only";
    type_meaning: "值相同,类型不同(如数字与文本)", "Equal values of different types, as 1 and \"1\"";
    context_meaning: "供对照", "For orientation";

    // The heads of the tables and their states.
    status: "状态", "Status";
    changed_again: "变动(主键重复)", "Changed (key repeated)";
    old_line: "{0}·旧", "{0} · old";
    new_line: "{0}·新", "{0} · new";
    row: "行号", "Row";
    old_row: "行号(旧)", "Row (old)";
    new_row: "行号(新)", "Row (new)";
    columns_changed: "变动列数", "Columns changed";
    which_columns: "变动列", "Which columns";
    column: "列", "Column";
    old_cell: "单元格(旧)", "Cell (old)";
    new_cell: "单元格(新)", "Cell (new)";
    delta: "差值", "Difference";
    kind: "类型", "Kind";
    kind_value: "值变动", "Value";
    kind_type: "仅类型不同", "Type only";
    kind_written: "写法不同", "Written differently";
    kind_not_shown: "15位以外", "Beyond 15 digits";
    outside: "表外变动", "Outside the table";
    cells_outside: "表外变动单元格", "Cells changed outside the table";
    sheets_apart: "无法比较的工作表", "Sheets that cannot be compared";
    kind_tolerated: "容差内", "Within tolerance";
    file: "文件", "File";
    column_or_key: "列/主键", "Column or key";
    remark: "说明", "Remark";
    key_repeated: "主键重复", "The key is repeated";
    key_missing: "没有主键", "No key";
    more_repeated: "另有{0}组主键重复未列出", "{0} more groups with a repeated key are not listed";
    more_missing: "另有{0}行没有主键未列出", "{0} more rows without a key are not listed";

    note: "旧值: {0}", "Old value: {0}";
    note_blank: "旧值: 空", "Old value: blank";

    // Notices of a file.
    encoding_guessed:
        "文件{0}: 文本编码按{1}读取,请核对",
        "File {0}: the text was read as {1}; please check";
    hidden_sheet:
        "文件{0}的隐藏工作表\"{1}\"未比较",
        "File {0}: the hidden sheet \"{1}\" was not compared";
    without_value:
        "文件{0} {1}: {2}个公式没有缓存值,按空白比较",
        "File {0}, {1}: {2} formulas have no cached value and count as blank";
    without_text:
        "文件{0} {1}: {2}个公式的文本读不到,按值比较",
        "File {0}, {1}: {2} formulas could not be read and are compared by value";
    cells_repeated:
        "文件{0} {1}: {2}个单元格在文件中重复出现,以最后一个为准",
        "File {0}, {1}: {2} cells occur more than once; the last one counts";
    images:
        "文件{0} {1}: {2}个单元格图片未比较",
        "File {0}, {1}: {2} pictures in cells were not compared";
    sheet_in_old: "工作表\"{0}\"只在文件1中,未比较", "Sheet \"{0}\" is only in file 1";
    sheet_in_new: "工作表\"{0}\"只在文件2中,未比较", "Sheet \"{0}\" is only in file 2";

    // Notices of a pair of sheets.
    no_header:
        "未识别到表头,按列位置比较",
        "No header was found; columns are compared by position";
    cells_outside_differ:
        "表头及其以上有{0}个单元格不同",
        "{0} cells differ in the header or above it";
    written:
        "{0}个单元格在文本文件中按显示样式书写(如12.5%、09:00:00),视为相同",
        "{0} cells are written in the text file as they are shown (12.5%, 09:00:00) and count as equal";
    not_shown:
        "{0}个单元格只在Excel显示的15位数字之外不同,视为相同",
        "{0} cells differ only beyond the 15 digits that Excel shows and count as equal";
    sheet_apart:
        "工作表\"{0}\"没有同名列,未逐行比较",
        "Sheet \"{0}\" has no column in common and was not compared row by row";
    no_key: "未找到主键,按行的先后顺序比较", "No key was found; rows are compared in sequence";
    too_different:
        "部分区域差异过大,按行位置比较",
        "Some stretches differ too much and are compared by position";
    keys_repeated:
        "主键重复{0}组,已按先后顺序配对,见\"问题\"表",
        "{0} keys are repeated; their rows are paired in order, see sheet \"Issues\"";
    keys_blank:
        "{0}行没有主键,按整行内容配对",
        "{0} rows have no key and are paired by all they hold";
    keys_differ:
        "两表\"{0}\"的写法不同(前导零、大小写或空格),可设 values.leading_zeros=ignore、\
         values.case=ignore 并以其为主键重新比较",
        "The files write \"{0}\" in different ways (leading zeros, case or spaces): compare again \
         with it as the key, values.leading_zeros=ignore and values.case=ignore";
    keys_apart: "主键没有交集", "The files have no key in common";
    rename_suggested:
        "列\"{0}\"疑似改名为\"{1}\"",
        "Column \"{0}\" seems to be called \"{1}\" now";
    footer_apart: "末尾{0}行合计单独比较", "{0} rows of totals at the end are compared apart";
    long_numbers:
        "文件{0}列\"{1}\"有{2}个超过15位的数字,Excel已丢失末位精度",
        "File {0}, column \"{1}\": Excel has lost the last digits of {2} numbers longer than 15";

    // Notices of the result.
    without_context:
        "差异过多,结果中省略了未变动的列",
        "Too many differences: columns without changes are left out";
    only_cells:
        "差异过多,变动只列在\"变动明细\"中",
        "Too many differences: changes are listed in \"Cell changes\" only";
    cut_short:
        "差异过多,结果表格只含前一部分;统计数字完整",
        "Too many differences: the tables hold only the first of them; the counts are complete";
    cut_but_texts:
        "差异过多,工作簿只含前一部分,完整内容见CSV文件",
        "Too many differences: the workbook holds only the first of them, the CSV files all";
    notes_cut:
        "只有前{0}个变动单元格有批注,其余{1}个没有",
        "Only the first {0} changed cells have notes, {1} have none";
    texts_cut:
        "{0}个单元格的文本超过32,767字,结果中已截断",
        "The texts of {0} cells have more than 32,767 characters and are cut";
}

impl Lang {
    pub(crate) fn words(self) -> &'static Words {
        match self {
            Self::Chinese => &CHINESE,
            Self::English => &ENGLISH,
        }
    }
}

/// The words with values in their places. What stands in a value is left as it is.
pub(crate) fn say(words: &str, values: &[&dyn Display]) -> String {
    let mut said = String::with_capacity(words.len());
    let mut rest = words;
    while let Some((before, after)) = rest.split_once('{') {
        said.push_str(before);
        let (place, after) = after.split_once('}').unwrap_or((after, ""));
        let value = place
            .parse()
            .ok()
            .and_then(|place: usize| values.get(place));
        if let Some(value) = value {
            // A string takes whatever is written.
            let _ = write!(said, "{value}");
        }
        rest = after;
    }
    said.push_str(rest);
    said
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(words: &str) -> Vec<&str> {
        let mut places: Vec<&str> = words
            .split('{')
            .skip(1)
            .filter_map(|rest| rest.split('}').next())
            .collect();
        places.sort_unstable();
        places
    }

    #[test]
    fn both_languages_say_the_same_in_their_own_letters() {
        for (chinese, english) in ALL {
            assert_eq!(places(chinese), places(english), "{english}");
            let latin = |c: char| c.is_ascii() || ['→', '·'].contains(&c);
            assert!(english.chars().all(latin), "{english}");
        }
    }

    #[test]
    fn values_are_not_read_as_places() {
        assert_eq!(say("{1} of {0}", &[&"{1}", &2]), "2 of {1}");
        assert_eq!(say("a{", &[&1]), "a");
    }
}
