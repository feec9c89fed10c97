//! The table on a terminal: the counts of each sheet, then the first differences.

use std::fmt::Write as _;

use diff::{PairReport, Summary};

use super::{
    changes::{Change, Kind, changes, is_complete},
    pair::Outcome,
    words::Words,
};

/// Differences that a terminal shows.
const SHOWN: usize = 20;
/// Columns that one value takes at most.
const VALUE_WIDTH: usize = 32;

#[derive(Clone, Copy)]
pub(super) struct Paint {
    pub(super) coloured: bool,
}

impl Paint {
    fn with(self, code: &str, text: &str) -> String {
        if self.coloured && !text.is_empty() && !code.is_empty() {
            format!("\x1b[{code}m{text}\x1b[0m")
        } else {
            text.to_owned()
        }
    }
}

const BOLD: &str = "1";
const DIM: &str = "2";
const RED: &str = "31";
const GREEN: &str = "32";
const YELLOW: &str = "33";

pub(super) fn show(outcome: &Outcome, words: &Words, paint: Paint) -> String {
    let summary = &outcome.summary;
    let mut lines = Vec::new();
    for file in &summary.files {
        let (name, rows, cells) = (&file.name, file.rows, file.cells);
        lines.push(format!(
            "{}{}  {}  {}  {rows} {}  {cells} {}",
            words.file,
            file.slot,
            paint.with(BOLD, name),
            file.format,
            words.rows,
            words.cells
        ));
    }
    lines.push(String::new());
    lines.extend(counts(summary, words, paint));
    for pair in &summary.pairs {
        lines.extend(columns(pair, words, paint));
    }
    let sheets = &summary.sheets;
    for (label, names, code) in [
        (words.sheets_added, &sheets.added, GREEN),
        (words.sheets_removed, &sheets.removed, RED),
        (words.sheets_apart, &sheets.apart, RED),
    ] {
        if !names.is_empty() {
            lines.push(format!("{label}  {}", paint.with(code, &names.join("、"))));
        }
    }
    let found = changes(&outcome.preview);
    if !found.is_empty() {
        lines.push(String::new());
        lines.push(paint.with(BOLD, words.first));
        lines.extend(differences(&found, words, paint));
        if found.len() > SHOWN || !is_complete(summary, &outcome.preview) {
            lines.push(paint.with(DIM, &format!("… {}", words.more)));
        }
    }
    if !summary.notices.is_empty() {
        lines.push(String::new());
    }
    for notice in &summary.notices {
        lines.push(paint.with(YELLOW, &format!("! {}", notice.message)));
    }
    lines.push(String::new());
    lines.push(verdict(outcome, words, paint));
    lines.join("\n") + "\n"
}

/// A pair among others: its verdict and its counts.
pub(super) fn one_line(name: &str, outcome: &Outcome, words: &Words, paint: Paint) -> String {
    let summary = &outcome.summary;
    let mut line = format!("{name}  {}", verdict(outcome, words, paint));
    let sum = |count: fn(&PairReport) -> u64| summary.pairs.iter().map(count).sum::<u64>();
    for (label, count, code) in [
        (words.changed, sum(|pair| pair.rows.changed), YELLOW),
        (words.added, sum(|pair| pair.rows.added), GREEN),
        (words.removed, sum(|pair| pair.rows.removed), RED),
        (words.outside, sum(|pair| pair.outside.changed), YELLOW),
    ] {
        if count > 0 {
            let _ = write!(line, "  {}", paint.with(code, &format!("{label} {count}")));
        }
    }
    line + "\n"
}

fn verdict(outcome: &Outcome, words: &Words, paint: Paint) -> String {
    let verdict = if outcome.summary.identical {
        paint.with(GREEN, words.identical)
    } else {
        paint.with(RED, words.different)
    };
    match &outcome.result {
        Some(path) => format!("{verdict}  {}: {}", words.result, path.display()),
        None => verdict,
    }
}

fn counts(summary: &Summary, words: &Words, paint: Paint) -> Vec<String> {
    let head = [
        words.sheet,
        words.key,
        words.unchanged,
        words.changed,
        words.added,
        words.removed,
        words.changed_cells,
        words.outside,
    ];
    let mut rows = vec![head.map(|word| (word.to_owned(), BOLD)).to_vec()];
    for pair in &summary.pairs {
        let key = match pair.key.columns.as_slice() {
            [] => words.no_key.to_owned(),
            columns => columns.join(" + "),
        };
        let colour = |count: u64, code: &'static str| {
            let code = if count == 0 { DIM } else { code };
            (count.to_string(), code)
        };
        let counts = &pair.rows;
        rows.push(vec![
            (sheet_name(pair), ""),
            (key, ""),
            (counts.unchanged.to_string(), ""),
            colour(counts.changed, YELLOW),
            colour(counts.added, GREEN),
            colour(counts.removed, RED),
            colour(pair.cells.changed, YELLOW),
            colour(pair.outside.changed, YELLOW),
        ]);
    }
    aligned(&rows, 2, paint)
}

fn sheet_name(pair: &PairReport) -> String {
    if pair.sheet1 == pair.sheet2 {
        pair.sheet1.clone()
    } else {
        format!("{} → {}", pair.sheet1, pair.sheet2)
    }
}

fn columns(pair: &PairReport, words: &Words, paint: Paint) -> Vec<String> {
    let lists = [
        (words.columns_added, &pair.columns.added, GREEN),
        (words.columns_removed, &pair.columns.removed, RED),
    ];
    let named = lists.into_iter().filter(|(_, names, _)| !names.is_empty());
    named
        .map(|(label, names, code)| {
            let names = paint.with(code, &names.join("、"));
            format!("{}: {label}  {names}", pair.sheet2)
        })
        .collect()
}

fn differences(found: &[Change], words: &Words, paint: Paint) -> Vec<String> {
    let head = [
        words.sheet,
        words.cell,
        words.key,
        words.column,
        words.old,
        words.new,
    ];
    let mut rows = vec![head.map(|word| (word.to_owned(), BOLD)).to_vec()];
    for change in found.iter().take(SHOWN) {
        let place = match (change.cell1.as_str(), change.cell2.as_str()) {
            (one, "") => one.to_owned(),
            ("", other) => other.to_owned(),
            (one, other) if one == other => one.to_owned(),
            (one, other) => format!("{one}→{other}"),
        };
        let mark = match change.kind {
            Kind::Added => "+",
            Kind::Removed => "-",
            Kind::Changed | Kind::Outside => "",
        };
        rows.push(vec![
            (change.sheet.clone(), DIM),
            (format!("{mark}{place}"), ""),
            (change.key.clone(), ""),
            (change.column.clone(), ""),
            (change.old.clone(), RED),
            (change.new.clone(), GREEN),
        ]);
    }
    aligned(&rows, usize::MAX, paint)
}

/// A table of texts and their colours; columns from `right` on hold numbers.
fn aligned(rows: &[Vec<(String, &str)>], right: usize, paint: Paint) -> Vec<String> {
    let columns = rows.first().map_or(0, Vec::len);
    let cut: Vec<Vec<String>> = rows
        .iter()
        .map(|row| row.iter().map(|(text, _)| short(text)).collect())
        .collect();
    let widths: Vec<usize> = (0..columns)
        .map(|column| cut.iter().map(|row| width(&row[column])).max().unwrap_or(0))
        .collect();
    let line = |(row, texts): (&Vec<(String, &str)>, &Vec<String>)| {
        let mut line = String::new();
        for column in 0..columns {
            let (text, code) = (&texts[column], row[column].1);
            let space = " ".repeat(widths[column] - width(text));
            let painted = paint.with(code, text);
            let cell = if column >= right {
                format!("{space}{painted}")
            } else {
                format!("{painted}{space}")
            };
            line.push_str(&cell);
            line.push_str("  ");
        }
        line.trim_end().to_owned()
    };
    rows.iter().zip(&cut).map(line).collect()
}

/// On one line, and no wider than a value may be.
fn short(text: &str) -> String {
    let mut cut = String::new();
    let mut used = 0;
    for letter in text.chars() {
        let letter = match letter {
            '\n' | '\r' | '\t' => '⏎',
            letter if letter.is_control() => '·',
            letter => letter,
        };
        used += letter_width(letter);
        if used > VALUE_WIDTH {
            cut.push('…');
            break;
        }
        cut.push(letter);
    }
    cut
}

fn width(text: &str) -> usize {
    text.chars().map(letter_width).sum()
}

/// Han and full-width forms take two columns.
fn letter_width(letter: char) -> usize {
    match letter {
        '\u{300}'..='\u{36F}' | '\u{200B}'..='\u{200F}' | '\u{FE00}'..='\u{FE0F}' => 0,
        '\u{1100}'..='\u{115F}'
        | '\u{2E80}'..='\u{303E}'
        | '\u{3041}'..='\u{33FF}'
        | '\u{3400}'..='\u{4DBF}'
        | '\u{4E00}'..='\u{A4CF}'
        | '\u{AC00}'..='\u{D7A3}'
        | '\u{F900}'..='\u{FAFF}'
        | '\u{FE30}'..='\u{FE6F}'
        | '\u{FF00}'..='\u{FF60}'
        | '\u{FFE0}'..='\u{FFE6}'
        | '\u{1F300}'..='\u{1FAFF}'
        | '\u{20000}'..='\u{3FFFD}' => 2,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_below_each_other_whatever_the_script() {
        let rows = [
            vec![("编号".to_owned(), ""), ("n".to_owned(), "")],
            vec![("A".to_owned(), ""), ("12".to_owned(), RED)],
        ];
        let lines = aligned(&rows, 1, Paint { coloured: false });
        assert_eq!(lines, ["编号   n", "A     12"]);
        let coloured = aligned(&rows, 1, Paint { coloured: true });
        assert_eq!(coloured[1], "A     \x1b[31m12\x1b[0m");
        assert_eq!(short("a\x1b[31m\nb"), "a·[31m⏎b");
    }
}
