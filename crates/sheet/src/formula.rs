//! The references in a formula: moved, as a shared formula wants it, or relative to their cell.

use std::fmt::Write;

use super::{COLUMN_LAST, ROW_LAST, grid::column_name};

/// `B$2`, or one end of `B:B` or `2:2`.
#[derive(Clone, Copy)]
struct Reference {
    column: Option<Axis>,
    row: Option<Axis>,
}

#[derive(Clone, Copy)]
struct Axis {
    /// Counted from 0.
    at: u32,
    /// It has a `$`.
    fixed: bool,
}

/// The formula as it reads in a cell so many rows and columns further on.
pub(crate) fn moved(formula: &str, rows: i64, columns: i64) -> String {
    rewrite(formula, |reference, text| {
        let shift = |axis: Option<Axis>, by: i64, last: u32| match axis {
            Some(axis) if !axis.fixed => {
                let at = u32::try_from(i64::from(axis.at) + by).ok()?;
                (at <= last).then_some(Some(Axis { at, fixed: false }))
            }
            other => Some(other),
        };
        let column = shift(reference.column, columns, COLUMN_LAST);
        let row = shift(reference.row, rows, ROW_LAST);
        let (Some(column), Some(row)) = (column, row) else {
            text.push_str("#REF!");
            return;
        };
        let dollar = |axis: Axis| if axis.fixed { "$" } else { "" };
        if let Some(column) = column {
            text.push_str(dollar(column));
            text.push_str(&column_name(column.at));
        }
        if let Some(row) = row {
            // A string takes whatever is written.
            let _ = write!(text, "{}{}", dollar(row), row.at + 1);
        }
    })
}

/// The formula as seen from its own cell: `=B2*2` in row 2 and `=B3*2` in row 3 are the same.
pub fn relative(formula: &str, row: u32, column: u32) -> String {
    rewrite(formula, |reference, text| {
        for (letter, axis, own) in [('R', reference.row, row), ('C', reference.column, column)] {
            let _ = match axis {
                Some(axis) if axis.fixed => write!(text, "{letter}{}", axis.at + 1),
                Some(axis) => write!(text, "{letter}[{}]", i64::from(axis.at) - i64::from(own)),
                None => Ok(()),
            };
        }
    })
}

/// Copies everything but references: texts, names of sheets, tables and functions stay.
fn rewrite(formula: &str, mut write: impl FnMut(Reference, &mut String)) -> String {
    let mut text = String::with_capacity(formula.len());
    let mut rest = formula;
    // The end of a range that begins with a whole column or row.
    let mut half: Option<Reference> = None;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '"' | '\'' => quoted(rest, first),
            '[' => bracketed(rest),
            _ if is_word(first) => rest.find(|c| !is_word(c)).unwrap_or(rest.len()),
            _ => first.len_utf8(),
        };
        let (piece, after) = rest.split_at(length);
        let found = is_word(first)
            .then(|| reference(piece, after))
            .flatten()
            .filter(|found| found.is_cell() || opens(*found, after) || half.is_some());
        match found {
            Some(found) => write(found, &mut text),
            None => text.push_str(piece),
        }
        if piece != ":" {
            half = found.filter(|found| !found.is_cell() && opens(*found, after));
        }
        rest = after;
    }
    text
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, '_' | '.' | '$' | '\\' | '?')
}

/// Up to and with the closing quote; a doubled one stands for itself, which comes to the same.
fn quoted(text: &str, quote: char) -> usize {
    text[1..].find(quote).map_or(text.len(), |end| end + 2)
}

fn bracketed(text: &str) -> usize {
    let mut depth = 0_u32;
    for (at, character) in text.char_indices() {
        match character {
            '[' => depth += 1,
            ']' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return at + 1;
        }
    }
    text.len()
}

/// A word that can be a reference, unless what follows makes it a name.
fn reference(word: &str, after: &str) -> Option<Reference> {
    if after.starts_with(['(', '!', '[']) {
        return None;
    }
    let (column, rest) = column(word);
    let (row, rest) = row(rest);
    let found = Reference { column, row };
    (rest.is_empty() && (column.is_some() || row.is_some())).then_some(found)
}

fn column(word: &str) -> (Option<Axis>, &str) {
    let (fixed, letters) = dollar(word);
    let count = letters.bytes().take_while(u8::is_ascii_alphabetic).count();
    let (letters, rest) = letters.split_at(count);
    let digit = |letter: u8| u32::from(letter.to_ascii_uppercase() - b'A') + 1;
    let at = letters
        .bytes()
        .fold(0, |at, letter| at * 26 + digit(letter));
    if (1..=3).contains(&count) && at <= COLUMN_LAST + 1 {
        return (Some(Axis { at: at - 1, fixed }), rest);
    }
    (None, word)
}

fn row(word: &str) -> (Option<Axis>, &str) {
    let (fixed, digits) = dollar(word);
    let count = digits.bytes().take_while(u8::is_ascii_digit).count();
    let (digits, rest) = digits.split_at(count);
    let at = digits
        .parse()
        .ok()
        .filter(|at| (1..=ROW_LAST + 1).contains(at));
    match at {
        Some(at) if !digits.starts_with('0') => (Some(Axis { at: at - 1, fixed }), rest),
        _ => (None, word),
    }
}

fn dollar(word: &str) -> (bool, &str) {
    word.strip_prefix('$')
        .map_or((false, word), |rest| (true, rest))
}

/// Whether a range of whole columns or rows begins here.
fn opens(found: Reference, after: &str) -> bool {
    let Some(other) = after.strip_prefix(':') else {
        return false;
    };
    let length = other.find(|c| !is_word(c)).unwrap_or(other.len());
    let (word, after) = other.split_at(length);
    reference(word, after).is_some_and(|other| {
        other.column.is_some() == found.column.is_some()
            && other.row.is_some() == found.row.is_some()
    })
}

impl Reference {
    fn is_cell(self) -> bool {
        self.column.is_some() && self.row.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_move_and_nothing_else_does() {
        for (formula, expected) in [
            ("A1+$B$2+C$3+$D4", "B3+$B$2+D$3+$D6"),
            ("SUM(A1:B2,LOG10(C1))", "SUM(B3:C4,LOG10(D3))"),
            (
                "\"A1\"&A1&\"say \"\"B1\"\"\"",
                "\"A1\"&B3&\"say \"\"B1\"\"\"",
            ),
            ("'A1 it''s B2'!A1+AB1!C1", "'A1 it''s B2'!B3+AB1!D3"),
            (
                "[1]Sheet1!A1+Table1[[#This Row],[A1]]",
                "[1]Sheet1!B3+Table1[[#This Row],[A1]]",
            ),
            ("SUM(A:A)+SUM(1:2)+SUM($A:C)", "SUM(B:B)+SUM(3:4)+SUM($A:D)"),
            (
                "1E5+1.5+A_1+TRUE+ABCD1+单价*A1",
                "1E5+1.5+A_1+TRUE+ABCD1+单价*B3",
            ),
            ("XFD1+A1048576", "#REF!+#REF!"),
            ("IF(A1>1,A,1)", "IF(B3>1,A,1)"),
        ] {
            assert_eq!(moved(formula, 2, 1), expected);
            assert_eq!(moved(formula, 0, 0), formula);
        }
    }

    #[test]
    fn the_same_formula_in_two_places_is_the_same() {
        assert_eq!(relative("B2*$C$1", 1, 3), "R[0]C[-2]*R1C3");
        assert_eq!(relative("B2*$C$1", 1, 3), relative("B3*$C$1", 2, 3));
        assert_ne!(relative("B2*2", 1, 3), relative("B2*2", 2, 3));
        assert_eq!(relative("SUM(B:B)", 0, 2), "SUM(C[-1]:C[-1])");
    }

    #[test]
    fn broken_formulas_are_copied() {
        for formula in ["\"open", "'open", "[[open", "A1:", ":", "$", "A$", "$$1"] {
            assert!(!moved(formula, 1, 1).is_empty());
        }
    }
}
