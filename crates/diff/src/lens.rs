//! A stored cell as its side means it.

use super::{
    Failure,
    spill::{Record, Stored, StoredCell, TextNote},
    strings::{Rules, Strings},
    value::{Canon, Digest, Kind},
};
use sheet::{NumberFormat, date_text, display};

/// What a side's cells refer to.
#[derive(Clone, Copy)]
pub(crate) struct Lens<'a> {
    pub(crate) strings: &'a Strings,
    pub(crate) formats: &'a [NumberFormat],
    pub(crate) rules: &'a Rules,
    pub(crate) typed: bool,
}

/// A cell as people see it: never folded or rounded.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Shown {
    Blank,
    /// A value and its number format.
    Number(f64, u16),
    Text(String),
    Bool(bool),
    Error(String),
}

impl Lens<'_> {
    fn is_date(&self, format: u16) -> bool {
        format > 0
            && self
                .formats
                .get(usize::from(format))
                .is_some_and(|format| format.is_date)
    }

    /// The fingerprint of a cell in a column that holds dates, or does not.
    pub(crate) fn digest(
        &self,
        cell: &StoredCell,
        record: &Record,
        dates: bool,
    ) -> Result<Digest, Failure> {
        Ok(match cell.value {
            Stored::Number {
                value,
                exact,
                format,
            } => {
                let is_date = self.is_date(format);
                let canon = if exact && !is_date {
                    value
                } else {
                    self.rules.profile.number(value, is_date)
                };
                self.rules.seed.number(canon)
            }
            Stored::Shared(index) => {
                if dates && self.strings.is_date(index) {
                    self.text_date(&self.strings.text(index)?)
                } else {
                    self.strings.digest(index)
                }
            }
            Stored::Text {
                start,
                end,
                digest,
                note,
            } => {
                if dates && matches!(note, TextNote::Date | TextNote::NumberOrDate) {
                    self.text_date(record.slice(start, end))
                } else {
                    digest
                }
            }
            Stored::Bool(value) => self.rules.seed.digest(&Canon::Bool(value)),
        })
    }

    fn text_date(&self, text: &str) -> Digest {
        match self.rules.profile.text_date(text) {
            Some(serial) => self.rules.seed.number(serial),
            None => self.rules.seed.digest(&self.rules.profile.text(text)),
        }
    }

    pub(crate) fn kind(&self, cell: &StoredCell) -> Kind {
        match cell.value {
            Stored::Number { format, .. } if self.is_date(format) => Kind::Date,
            Stored::Number { .. } => Kind::Number,
            Stored::Shared(_) => Kind::Text,
            Stored::Text { note, .. } => match note {
                TextNote::Number | TextNote::NumberOrDate => Kind::Number,
                TextNote::Bool => Kind::Bool,
                TextNote::Error => Kind::Error,
                TextNote::Date if !self.typed => Kind::Date,
                TextNote::Plain | TextNote::Date | TextNote::Image => Kind::Text,
            },
            Stored::Bool(_) => Kind::Bool,
        }
    }

    /// The cell's number, for tolerances and differences.
    pub(crate) fn number(
        &self,
        cell: &StoredCell,
        record: &Record,
    ) -> Result<Option<f64>, Failure> {
        let text = match cell.value {
            Stored::Number { value, format, .. } => {
                return Ok(Some(self.rules.profile.number(value, self.is_date(format))));
            }
            Stored::Bool(_) => return Ok(None),
            Stored::Shared(index) => self.strings.text(index)?,
            Stored::Text { start, end, .. } => record.slice(start, end).to_owned(),
        };
        let canon = if self.typed {
            self.rules.profile.text(&text)
        } else {
            self.rules.profile.untyped(&text)
        };
        Ok(match canon {
            Canon::Number(value) => Some(value),
            _ => None,
        })
    }

    pub(crate) fn shown(
        &self,
        cell: Option<&StoredCell>,
        record: &Record,
    ) -> Result<Shown, Failure> {
        let Some(cell) = cell else {
            return Ok(Shown::Blank);
        };
        Ok(match cell.value {
            Stored::Number { value, format, .. } => Shown::Number(value, format),
            Stored::Shared(index) => Shown::Text(self.strings.text(index)?),
            Stored::Text {
                start, end, note, ..
            } => {
                let text = record.slice(start, end).to_owned();
                match note {
                    TextNote::Error => Shown::Error(text),
                    _ => Shown::Text(text),
                }
            }
            Stored::Bool(value) => Shown::Bool(value),
        })
    }

    /// The cell as plain text.
    pub(crate) fn text(
        &self,
        cell: Option<&StoredCell>,
        record: &Record,
    ) -> Result<String, Failure> {
        Ok(match self.shown(cell, record)? {
            Shown::Blank => String::new(),
            Shown::Number(value, format) if self.is_date(format) => date_text(value),
            Shown::Number(value, _) => display(value),
            Shown::Text(text) | Shown::Error(text) => text,
            Shown::Bool(true) => "TRUE".to_owned(),
            Shown::Bool(false) => "FALSE".to_owned(),
        })
    }
}
