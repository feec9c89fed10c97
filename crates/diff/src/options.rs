//! `compare.options/1`: what the owner of the files may ask for. Unknown names are errors.

mod rules;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Failure, Formula};

/// Declares an option's words; the first is the default.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $first:ident $(, $other:ident)* $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { #[default] $first $(, $other)* }
    };
}

words!(Mode {
    Auto,
    Keyed,
    Sequence,
    Position
});
words!(SheetMatch {
    Auto,
    Name,
    Index,
    Pairs
});
words!(HeaderMode { Auto, Row, None });
words!(KeyMode {
    Auto,
    Columns,
    RowNumber,
    WholeRow
});
words!(ColumnMatch { Name, Position });
words!(TextCase { Exact, Ignore });
words!(
    /// Whether the text "1" equals the number 1.
    NumberText { Loose, Strict }
);
words!(ZeroPrefix { Keep, Ignore });
words!(Duplicates { Pair, Fail, Report });
words!(Keyless { Report, Fail });
words!(Footer { Auto, Off });
words!(Layout {
    SideBySide,
    Stacked,
    LogOnly
});

/// What the result is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Lang {
    #[default]
    #[serde(rename = "zh-CN")]
    Chinese,
    #[serde(rename = "en")]
    English,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    pub schema: String,
    pub mode: Mode,
    pub sheets: Sheets,
    pub header: Header,
    pub key: Key,
    pub columns: Columns,
    pub values: Values,
    pub duplicates: Duplicates,
    pub blank_key_rows: Keyless,
    pub footer: Footer,
    pub output: Output,
}

#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Sheets {
    #[serde(rename = "match")]
    pub by: SheetMatch,
    pub pairs: Option<Vec<SheetPair>>,
    pub include_hidden: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SheetPair {
    pub sheet1: String,
    pub sheet2: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Header {
    pub mode: HeaderMode,
    /// The header's first row in file 1, counted from 1.
    pub row1: Option<u32>,
    pub row2: Option<u32>,
    /// Rows of the header, 1 to 3.
    pub levels: u32,
}

#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Key {
    pub mode: KeyMode,
    pub columns: Option<Vec<String>>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Columns {
    #[serde(rename = "match")]
    pub by: ColumnMatch,
    /// Name in file 1 to name in file 2.
    pub map: Option<BTreeMap<String, String>>,
    pub ignore: Vec<String>,
    pub only: Option<Vec<String>>,
    pub suggest_renames: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Values {
    pub profile: String,
    pub case: TextCase,
    pub trim: bool,
    pub collapse_spaces: bool,
    pub width_fold: bool,
    pub number_text: NumberText,
    pub leading_zeros: ZeroPrefix,
    pub text_dates: bool,
    pub date_only: bool,
    pub blank_tokens: Vec<String>,
    pub abs_tol: f64,
    pub rel_tol: f64,
    pub per_column: BTreeMap<String, Tolerance>,
    pub formula: Formula,
}

/// How far two numbers may be apart and still count as one.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Tolerance {
    pub abs_tol: f64,
    pub rel_tol: f64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Output {
    pub layout: Layout,
    pub context_columns: String,
    pub max_context: u32,
    pub cell_log: bool,
    /// On new values in the sheet of changed rows, on the first 2,000.
    pub notes_with_old_value: bool,
    /// The sheets as text files too; the result is a zip then.
    pub csv: bool,
    pub lang: Lang,
}

/// What [`Options::schema`] says.
const SCHEMA: &str = "compare.options/1";

impl Default for Options {
    fn default() -> Self {
        Self {
            schema: SCHEMA.to_owned(),
            mode: Mode::default(),
            sheets: Sheets::default(),
            header: Header::default(),
            key: Key::default(),
            columns: Columns::default(),
            values: Values::default(),
            duplicates: Duplicates::default(),
            blank_key_rows: Keyless::default(),
            footer: Footer::default(),
            output: Output::default(),
        }
    }
}

impl Default for Header {
    fn default() -> Self {
        Self {
            mode: HeaderMode::Auto,
            row1: None,
            row2: None,
            levels: 1,
        }
    }
}

impl Default for Columns {
    fn default() -> Self {
        Self {
            by: ColumnMatch::Name,
            map: None,
            ignore: Vec::new(),
            only: None,
            suggest_renames: true,
        }
    }
}

impl Default for Values {
    fn default() -> Self {
        Self {
            profile: "v1".to_owned(),
            case: TextCase::Exact,
            trim: true,
            collapse_spaces: false,
            width_fold: true,
            number_text: NumberText::Loose,
            leading_zeros: ZeroPrefix::Keep,
            text_dates: true,
            date_only: false,
            blank_tokens: Vec::new(),
            abs_tol: 0.0,
            rel_tol: 0.0,
            per_column: BTreeMap::new(),
            formula: Formula::Value,
        }
    }
}

impl Default for Output {
    fn default() -> Self {
        Self {
            layout: Layout::SideBySide,
            context_columns: "all".to_owned(),
            max_context: 60,
            cell_log: true,
            notes_with_old_value: false,
            csv: false,
            lang: Lang::default(),
        }
    }
}

impl Options {
    /// Reads options as their owner wrote them; nothing at all means the defaults.
    pub fn from_json(text: &str) -> Result<Self, Failure> {
        let text = if text.trim().is_empty() { "{}" } else { text };
        let invalid = |error: serde_json::Error| Failure::option(format!("选项无效: {error}"));
        let options: Self = serde_json::from_str(text).map_err(invalid)?;
        let given = serde_json::from_str(text).map_err(invalid)?;
        let full = serde_json::to_value(&options).map_err(invalid)?;
        if !has_shape(&given, &full) {
            return Err(Failure::option("选项无效: 应为对象之处是数组"));
        }
        Ok(options)
    }
}

/// Whether lists stand only where lists belong: a list would else be taken as an object's fields
/// in their order, without their names.
fn has_shape(given: &Value, full: &Value) -> bool {
    match (given, full) {
        (Value::Object(given), Value::Object(full)) => given
            .iter()
            .all(|(name, value)| full.get(name).is_none_or(|full| has_shape(value, full))),
        (Value::Array(given), Value::Array(full)) => given
            .iter()
            .zip(full)
            .all(|(value, full)| has_shape(value, full)),
        (Value::Array(_), _) => false,
        _ => true,
    }
}

#[cfg(test)]
mod tests;
