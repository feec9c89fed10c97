//! The differences as text for other programs and for discussions: CSV and Markdown.

use std::fmt::Write as _;

use diff::Summary;

use super::{
    changes::{Change, changes},
    pair::Outcome,
    words::Words,
};

/// `file` is empty for a single pair.
pub(super) fn csv_head(with_file: bool) -> String {
    let file = if with_file { "file," } else { "" };
    format!("{file}sheet,kind,key,old_cell,new_cell,column,old,new\r\n")
}

pub(super) fn csv(outcome: &Outcome, file: Option<&str>) -> String {
    let line = |change: Change| {
        let fields = [
            &change.sheet,
            change.kind.name(),
            &change.key,
            &change.cell1,
            &change.cell2,
            &change.column,
            &change.old,
            &change.new,
        ];
        let fields: Vec<String> = file.iter().copied().chain(fields).map(field).collect();
        fields.join(",") + "\r\n"
    };
    changes(&outcome.preview).into_iter().map(line).collect()
}

/// A spreadsheet that opens the file must not take a value for a formula.
fn field(text: &str) -> String {
    let risky = text.starts_with(['=', '@', '\t', '\r'])
        || (text.starts_with(['+', '-']) && text.parse::<f64>().is_err());
    let text = if risky {
        format!("'{text}")
    } else {
        text.to_owned()
    };
    if text.contains([',', '"', '\r', '\n']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text
    }
}

pub(super) fn markdown(outcome: &Outcome, words: &Words) -> String {
    let mut text = head(&outcome.summary, words);
    text += &row(&[
        words.sheet,
        words.key,
        words.unchanged,
        words.changed,
        words.added,
        words.removed,
        words.changed_cells,
        words.outside,
    ]);
    text += "|---|---|--:|--:|--:|--:|--:|--:|\n";
    for pair in &outcome.summary.pairs {
        let rows = &pair.rows;
        let counts = [
            rows.unchanged,
            rows.changed,
            rows.added,
            rows.removed,
            pair.cells.changed,
            pair.outside.changed,
        ];
        let key = pair.key.columns.join(" + ");
        let counts = counts.map(|count| count.to_string());
        let mut cells = vec![pair.sheet2.as_str(), key.as_str()];
        cells.extend(counts.iter().map(String::as_str));
        text += &row(&cells);
    }
    let found = changes(&outcome.preview);
    if !found.is_empty() {
        let names = [
            words.sheet,
            words.kind,
            words.key,
            words.cell,
            words.column,
            words.old,
            words.new,
        ];
        let _ = write!(text, "\n{}|---|---|---|---|---|---|---|\n", row(&names));
    }
    for change in &found {
        let cell = match change.cell2.as_str() {
            "" => &change.cell1,
            cell => cell,
        };
        let kind = change.kind.word(words);
        let key = &change.key;
        let (column, old, new) = (&change.column, &change.old, &change.new);
        text += &row(&[&change.sheet, kind, key, cell, column, old, new]);
    }
    for notice in &outcome.summary.notices {
        let _ = write!(text, "\n> {}\n", notice.message.replace('\n', " "));
    }
    text
}

fn head(summary: &Summary, words: &Words) -> String {
    let names: Vec<String> = summary.files.iter().map(|file| code(&file.name)).collect();
    let verdict = if summary.identical {
        words.identical
    } else {
        words.different
    };
    format!("### {}: **{verdict}**\n\n", names.join(" → "))
}

fn code(text: &str) -> String {
    format!("`{}`", text.replace('`', "'"))
}

fn row(cells: &[&str]) -> String {
    let escape = |text: &&str| {
        let text = text.replace('\\', "\\\\").replace('|', "\\|");
        let text = text.replace('<', "&lt;").replace("\r\n", "<br>");
        text.replace(['\n', '\r'], "<br>")
    };
    let cells: Vec<String> = cells.iter().map(escape).collect();
    format!("| {} |\n", cells.join(" | "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_stay_values() {
        assert_eq!(field("=1+1"), "'=1+1");
        assert_eq!(field("-5"), "-5");
        assert_eq!(field("-cmd"), "'-cmd");
        assert_eq!(field("a,\"b\""), "\"a,\"\"b\"\"\"");
        assert_eq!(row(&["a|b", "x\ny"]), "| a\\|b | x<br>y |\n");
    }
}
