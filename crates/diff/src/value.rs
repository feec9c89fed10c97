//! When two cells are equal: the profile `v1`.
//!
//! Every cell has one canonical value, and cells are equal exactly when their canonical values are:
//! so equality is an equivalence, and equal cells have equal hashes. Tolerances are not
//! transitive and come later, for the few rows that differ.

mod hash;
mod text;

use std::borrow::Cow;

pub(crate) use hash::{Digest, Seed};

use sheet::{canonical, parse_date, parse_plain, to_millisecond};

use super::{NumberText, TextCase, Values, ZeroPrefix};

/// What a cell is worth in a comparison.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Canon<'a> {
    Blank,
    /// Also dates, as Excel's serial number (1900 system).
    Number(f64),
    Text(Cow<'a, str>),
    Bool(bool),
    Error(Cow<'a, str>),
}

/// What a cell looks like: equal values of different kinds are counted, not changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Kind {
    Blank,
    Number,
    Date,
    Text,
    Bool,
    Error,
}

impl Kind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Blank => "blank",
            Self::Number => "number",
            Self::Date => "date",
            Self::Text => "text",
            Self::Bool => "bool",
            Self::Error => "error",
        }
    }
}

const ERRORS: [&str; 14] = [
    "#NULL!",
    "#DIV/0!",
    "#VALUE!",
    "#REF!",
    "#NAME?",
    "#NUM!",
    "#N/A",
    "#GETTING_DATA",
    "#SPILL!",
    "#CALC!",
    "#FIELD!",
    "#BLOCKED!",
    "#UNKNOWN!",
    "#CONNECT!",
];

/// The rules of equality, with the options filled in.
#[derive(Debug, Clone)]
pub(crate) struct Profile {
    fold: text::Fold,
    loose_numbers: bool,
    drop_zeros: bool,
    pub(crate) text_dates: bool,
    date_only: bool,
    blank_tokens: Vec<String>,
}

impl Profile {
    pub(crate) fn new(values: &Values) -> Self {
        let fold = text::Fold {
            trim: values.trim,
            collapse: values.collapse_spaces,
            width: values.width_fold,
            case: values.case == TextCase::Ignore,
        };
        let blank_tokens = values.blank_tokens.iter();
        let blank_tokens = blank_tokens.map(|token| fold.apply(token).into_owned());
        Self {
            fold,
            loose_numbers: values.number_text == NumberText::Loose,
            drop_zeros: values.leading_zeros == ZeroPrefix::Ignore,
            text_dates: values.text_dates,
            date_only: values.date_only,
            blank_tokens: blank_tokens.collect(),
        }
    }

    pub(crate) fn number(&self, value: f64, is_date: bool) -> f64 {
        let value = canonical(value);
        if is_date {
            // A time of day that went through a binary fraction is the same millisecond.
            let value = to_millisecond(value);
            return if self.date_only { value.floor() } else { value };
        }
        value
    }

    /// Text of a typed source (a workbook's text cell).
    pub(crate) fn text<'a>(&self, raw: &'a str) -> Canon<'a> {
        self.classify(raw, self.loose_numbers)
    }

    /// Text of a source without types (a text file): what looks like a number is one.
    pub(crate) fn untyped<'a>(&self, raw: &'a str) -> Canon<'a> {
        let trimmed = raw.trim();
        if trimmed.starts_with('#') && ERRORS.contains(&trimmed) {
            return Canon::Error(Cow::Borrowed(trimmed));
        }
        self.classify(raw, true)
    }

    fn classify<'a>(&self, raw: &'a str, numbers: bool) -> Canon<'a> {
        let folded = self.fold.apply(raw);
        let trimmed = folded.trim();
        if trimmed.is_empty() || self.blank_tokens.iter().any(|token| *token == folded) {
            return Canon::Blank;
        }
        if numbers {
            if let Some(value) = parse_plain(trimmed) {
                return Canon::Number(value);
            }
            if trimmed.eq_ignore_ascii_case("true") {
                return Canon::Bool(true);
            }
            if trimmed.eq_ignore_ascii_case("false") {
                return Canon::Bool(false);
            }
        }
        if self.drop_zeros && trimmed.len() > 1 && trimmed.bytes().all(|b| b.is_ascii_digit()) {
            let digits = trimmed.trim_start_matches('0');
            return match parse_plain(if digits.is_empty() { "0" } else { digits }) {
                Some(value) => Canon::Number(value),
                None => Canon::Text(Cow::Owned(digits.to_owned())),
            };
        }
        Canon::Text(folded)
    }

    /// The serial of a text that is a date, year first; the column decides whether it counts.
    pub(crate) fn text_date(&self, raw: &str) -> Option<f64> {
        let first = raw.trim_start().as_bytes().first()?;
        if !self.text_dates || !(first.is_ascii_digit() || *first >= 0x80) {
            return None;
        }
        let folded = self.fold.apply(raw);
        let serial = parse_date(folded.trim())?;
        Some(self.number(serial, true))
    }
}

/// A name compared as people read it: headers and sheet names.
pub(crate) fn normal_name(raw: &str) -> String {
    let fold = text::Fold {
        trim: true,
        collapse: true,
        width: true,
        case: true,
    };
    let folded = fold.apply(raw);
    folded
        .chars()
        .filter_map(|character| match character {
            '\n' | '\r' | '\t' => None,
            '【' | '〔' | '[' => Some('('),
            '】' | '〕' | ']' => Some(')'),
            other => Some(other),
        })
        .collect()
}

#[cfg(test)]
mod tests;
