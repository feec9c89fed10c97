//! The differences as one page that needs nothing beside itself: it can be mailed.

use std::fmt::Write as _;

use diff::{PairReport, PreviewPair, PreviewRow};

use super::{changes::is_complete, pair::Outcome, words::Words};

const STYLE: &str = include_str!("page.css");

pub(super) fn page(outcomes: &[(Option<&str>, &Outcome)], words: &Words) -> String {
    let language = if words.old == "Old" { "en" } else { "zh-CN" };
    let mut body = String::new();
    for (name, outcome) in outcomes {
        body += &of_outcome(*name, outcome, words);
    }
    format!(
        "<!doctype html>\n<html lang=\"{language}\">\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{}</title>\n<style>\n{STYLE}</style>\n<main>\n{body}</main>\n</html>\n",
        words.title
    )
}

fn of_outcome(name: Option<&str>, outcome: &Outcome, words: &Words) -> String {
    let summary = &outcome.summary;
    let (class, verdict) = if summary.identical {
        ("same", words.identical)
    } else {
        ("differs", words.different)
    };
    let files: Vec<String> = summary
        .files
        .iter()
        .map(|file| {
            let (name, rows, cells) = (escape(&file.name), file.rows, file.cells);
            format!(
                "<b>{name}</b> <small>{rows} {} · {cells} {}</small>",
                words.rows, words.cells
            )
        })
        .collect();
    let title = name.map_or(words.title.to_owned(), escape);
    let mut page = format!(
        "<header><h1>{title} <span class=\"verdict {class}\">{verdict}</span></h1>\
         <p class=\"files\">{}</p></header>\n",
        files.join(" <span class=\"arrow\">→</span> ")
    );
    let sheets = &summary.sheets;
    for (label, names) in [
        (words.sheets_added, &sheets.added),
        (words.sheets_removed, &sheets.removed),
        (words.sheets_apart, &sheets.apart),
    ] {
        if !names.is_empty() {
            let _ = writeln!(
                page,
                "<p class=\"notice\">{label}: {}</p>",
                escape(&names.join(", "))
            );
        }
    }
    for (report, shown) in summary.pairs.iter().zip(&outcome.preview.pairs) {
        page += &of_pair(report, shown, words);
    }
    if !is_complete(summary, &outcome.preview) {
        let _ = writeln!(page, "<p class=\"notice\">{}</p>", words.more);
    }
    for notice in &summary.notices {
        let _ = writeln!(page, "<p class=\"notice\">{}</p>", escape(&notice.message));
    }
    page
}

fn of_pair(report: &PairReport, shown: &PreviewPair, words: &Words) -> String {
    let rows = &report.rows;
    let mut section = format!("<section><h2>{}</h2>\n<dl>", escape(&report.sheet2));
    for (class, label, count) in [
        ("", words.unchanged, rows.unchanged),
        ("changed", words.changed, rows.changed),
        ("added", words.added, rows.added),
        ("removed", words.removed, rows.removed),
        ("changed", words.changed_cells, report.cells.changed),
        ("changed", words.outside, report.outside.changed),
    ] {
        let class = if count == 0 { "none" } else { class };
        let _ = write!(
            section,
            "<div class=\"{class}\"><dt>{label}</dt><dd>{count}</dd></div>"
        );
    }
    section += "</dl>\n";
    for (label, names) in [
        (words.columns_added, &report.columns.added),
        (words.columns_removed, &report.columns.removed),
    ] {
        if !names.is_empty() {
            let _ = writeln!(
                section,
                "<p class=\"notice\">{label}: {}</p>",
                escape(&names.join(", "))
            );
        }
    }
    section += &cells(shown, words);
    section += &whole_rows(&shown.added, "added", words.added);
    section += &whole_rows(&shown.removed, "removed", words.removed);
    section + "</section>\n"
}

/// Changed cells, one a line: old and new beside each other.
fn cells(shown: &PreviewPair, words: &Words) -> String {
    let mut lines = String::new();
    let mut line = |key: &str, (one, other): (&str, &str), column: &str, old: &str, new: &str| {
        let place = if one == other || one.is_empty() {
            other.to_owned()
        } else if other.is_empty() {
            one.to_owned()
        } else {
            format!("{one} → {other}")
        };
        let _ = writeln!(
            lines,
            "<tr><th>{}</th><td class=\"place\">{place}</td><td>{}</td>\
             <td class=\"old\"><del>{}</del></td><td class=\"new\"><ins>{}</ins></td></tr>",
            escape(key),
            escape(column),
            escape(old),
            escape(new)
        );
    };
    for cell in &shown.outside {
        let places = (text(cell.cell1.as_ref()), text(cell.cell2.as_ref()));
        line("", places, words.outside, &cell.old, &cell.new);
    }
    for row in &shown.changed {
        let key = row.key.join(" / ");
        for cell in &row.cells {
            let places = (text(cell.cell1.as_ref()), text(cell.cell2.as_ref()));
            let values = (text(cell.old.as_ref()), text(cell.new.as_ref()));
            line(&key, places, &cell.column, values.0, values.1);
        }
    }
    if lines.is_empty() {
        return lines;
    }
    let head: String = [words.key, words.cell, words.column, words.old, words.new]
        .map(|word| format!("<th>{word}</th>"))
        .concat();
    format!("<div class=\"scroll\"><table><thead><tr>{head}</tr></thead>\n{lines}</table></div>\n")
}

/// Rows that only one file has, with the columns that any of them fills.
fn whole_rows(rows: &[PreviewRow], class: &str, label: &str) -> String {
    let mut columns: Vec<&str> = Vec::new();
    for cell in rows.iter().flat_map(|row| &row.cells) {
        if !columns.contains(&cell.column.as_str()) {
            columns.push(&cell.column);
        }
    }
    if rows.is_empty() {
        return String::new();
    }
    let heads = columns
        .iter()
        .map(|name| format!("<th>{}</th>", escape(name)));
    let head = heads.collect::<Vec<_>>().concat();
    let line = |row: &PreviewRow| {
        let number = row.row2.or(row.row1).unwrap_or_default();
        let value = |column: &&str| {
            let cell = row.cells.iter().find(|cell| cell.column == *column);
            let value = cell.and_then(|cell| cell.new.as_ref().or(cell.old.as_ref()));
            format!("<td>{}</td>", escape(text(value)))
        };
        let values: String = columns.iter().map(value).collect();
        format!("<tr><td class=\"place\">{number}</td>{values}</tr>\n")
    };
    let lines: String = rows.iter().map(line).collect();
    format!(
        "<h3>{label}</h3><div class=\"scroll\"><table class=\"{class}\">\
         <thead><tr><th></th>{head}</tr></thead>\n{lines}</table></div>\n"
    )
}

fn text(value: Option<&String>) -> &str {
    value.map_or("", String::as_str)
}

fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\n' => safe.push_str("<br>"),
            letter if letter.is_control() => {}
            letter => safe.push(letter),
        }
    }
    safe
}
