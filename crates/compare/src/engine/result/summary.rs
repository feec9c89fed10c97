//! 摘要: the answer on one page.

use super::{Book, page::Page, style::Class};
use crate::engine::{Failure, PairReport, Summary, value::date_text};

/// Columns listed by how much they changed.
const COLUMNS_MAX: usize = 20;

pub(super) fn write(book: &mut Book<'_>, summary: &Summary) -> Result<(), Failure> {
    let mut page = Page::free(book, "摘要")?;
    let verdict = if summary.identical {
        "两个文件一致"
    } else {
        "两个文件有差异"
    };
    page.text(book, verdict, Class::Title)?;
    page.end_row(book)?;
    page.end_row(book)?;
    files(book, summary, &mut page)?;
    for pair in &summary.pairs {
        of_pair(book, pair, &mut page)?;
    }
    for (label, sheets) in [
        ("新增工作表", &summary.sheets.added),
        ("减少工作表", &summary.sheets.removed),
        ("未比较的工作表", &summary.sheets.skipped),
    ] {
        if !sheets.is_empty() {
            line(book, &mut page, label, &sheets.join("、"))?;
        }
    }
    if !summary.notices.is_empty() {
        heading(book, &mut page, &["提示"])?;
        for notice in &summary.notices {
            page.text(book, &notice.message, Class::Warning)?;
            page.end_row(book)?;
        }
        page.end_row(book)?;
    }
    legend(book, &mut page)?;
    page.finish(book)
}

fn line(book: &mut Book<'_>, page: &mut Page, label: &str, value: &str) -> Result<(), Failure> {
    page.text(book, label, Class::Label)?;
    page.text(book, value, Class::Plain)?;
    page.end_row(book)
}

fn heading(book: &mut Book<'_>, page: &mut Page, words: &[&str]) -> Result<(), Failure> {
    for word in words {
        page.text(book, word, Class::Header)?;
    }
    page.end_row(book)
}

fn files(book: &mut Book<'_>, summary: &Summary, page: &mut Page) -> Result<(), Failure> {
    heading(
        book,
        page,
        &[
            "",
            "文件名",
            "大小(字节)",
            "格式",
            "行数",
            "单元格数",
            "SHA-256",
        ],
    )?;
    for file in &summary.files {
        let label = if file.slot == 1 {
            "文件1(旧)"
        } else {
            "文件2(新)"
        };
        page.text(book, label, Class::Label)?;
        page.text(book, &file.name, Class::Plain)?;
        page.number(book, file.bytes as f64, "#,##0", Class::Plain)?;
        page.text(book, &file.format, Class::Plain)?;
        page.number(book, file.rows as f64, "#,##0", Class::Plain)?;
        page.number(book, file.cells as f64, "#,##0", Class::Plain)?;
        page.text(
            book,
            file.sha256.get(..16).unwrap_or_default(),
            Class::Plain,
        )?;
        page.end_row(book)?;
    }
    page.end_row(book)?;
    // Unix milliseconds as a serial number; China keeps one time.
    let created = book.request.created_ms as f64 / 86_400_000.0 + 25_569.0 + 8.0 / 24.0;
    if book.request.created_ms > 0 {
        line(
            book,
            page,
            "时间(北京)",
            date_text((created * 86_400.0).round() / 86_400.0).as_str(),
        )?;
    }
    let version = format!("{} / 规则 {}", summary.engine, summary.profile);
    line(book, page, "引擎", &version)?;
    page.end_row(book)
}

fn of_pair(book: &mut Book<'_>, pair: &PairReport, page: &mut Page) -> Result<(), Failure> {
    let title = format!("{} ↔ {}", pair.sheet1, pair.sheet2);
    heading(book, page, &["工作表", &title])?;
    let header = match (pair.header_row1, pair.header_row2) {
        (0, _) | (_, 0) => "无".to_owned(),
        (one, other) => format!("文件1第{one}行,文件2第{other}行"),
    };
    line(book, page, "表头", &header)?;
    let key = match (pair.key.columns.is_empty(), pair.mode.as_str()) {
        (false, _) => {
            let chosen = if pair.key.chosen == "auto" {
                "自动识别"
            } else {
                "指定"
            };
            format!("{}({chosen})", pair.key.columns.join(" + "))
        }
        (true, "sequence") => "无,按行的先后顺序".to_owned(),
        (true, "position") => "无,按行位置".to_owned(),
        (true, _) => "整行或行号".to_owned(),
    };
    line(book, page, "主键", &key)?;
    page.end_row(book)?;
    heading(book, page, &["行", "数量"])?;
    let rows = &pair.rows;
    for (label, count) in [
        ("旧表行数", rows.left),
        ("新表行数", rows.right),
        ("未变动", rows.unchanged),
        ("变动", rows.changed),
        ("新增", rows.added),
        ("减少", rows.removed),
        ("变动单元格", pair.cells.changed),
        ("仅类型不同的单元格", pair.cells.type_only),
        ("容差内的单元格", pair.cells.within_tolerance),
    ] {
        page.text(book, label, Class::Label)?;
        page.number(book, count as f64, "#,##0", Class::Plain)?;
        page.end_row(book)?;
    }
    for (label, names) in [
        ("新增列", &pair.columns.added),
        ("减少列", &pair.columns.removed),
    ] {
        if !names.is_empty() {
            line(book, page, label, &names.join("、"))?;
        }
    }
    for renamed in &pair.columns.renamed {
        let share = renamed.agreement * 100.0;
        let columns = format!("{} → {}({share:.1}%的行相同)", renamed.from, renamed.to);
        line(book, page, "疑似改名的列", &columns)?;
    }
    if !pair.columns.changed.is_empty() {
        page.end_row(book)?;
        heading(book, page, &["变动最多的列", "变动单元格"])?;
        for column in pair.columns.changed.iter().take(COLUMNS_MAX) {
            page.text(book, &column.name, Class::Label)?;
            page.number(book, column.cells as f64, "#,##0", Class::Plain)?;
            page.end_row(book)?;
        }
    }
    page.end_row(book)
}

fn legend(book: &mut Book<'_>, page: &mut Page) -> Result<(), Failure> {
    heading(book, page, &["图例", ""])?;
    for (word, class, meaning) in [
        ("旧值", Class::Old, "文件1中的值"),
        ("新值", Class::New, "文件2中的值"),
        ("仅类型", Class::TypeOnly, "值相同,类型不同(如数字与文本)"),
        ("未变动", Class::Context, "供对照"),
    ] {
        page.text(book, word, class)?;
        page.text(book, meaning, Class::Plain)?;
        page.end_row(book)?;
    }
    Ok(())
}
