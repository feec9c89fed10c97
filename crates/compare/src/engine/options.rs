//! `compare.options/1`: what the owner of the files may ask for. Unknown names are errors.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Failure;

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
words!(Formula { Value, Text, Both });
words!(Duplicates { Pair, Fail, Report });
words!(Keyless { Report, Fail });
words!(Footer { Auto, Off });
words!(Layout {
    SideBySide,
    Stacked,
    LogOnly
});

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
    /// The header's row in file 1, counted from 1.
    pub row1: Option<u32>,
    pub row2: Option<u32>,
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
    pub notes_with_old_value: bool,
    pub csv: bool,
    pub lang: String,
}

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
            lang: "zh-CN".to_owned(),
        }
    }
}

impl Options {
    /// Refuses what contradicts itself and what this engine does not do: an option that is taken
    /// and not kept would be a silent lie.
    pub fn validate(&self) -> Result<(), Failure> {
        self.validate_choices()?;
        self.validate_values()?;
        self.validate_output()
    }

    fn validate_choices(&self) -> Result<(), Failure> {
        require(self.schema == SCHEMA, "schema", "只支持 compare.options/1")?;
        let pairs = self
            .sheets
            .pairs
            .as_ref()
            .is_some_and(|pairs| !pairs.is_empty());
        require(
            pairs == (self.sheets.by == SheetMatch::Pairs),
            "sheets.pairs",
            "须与 match=pairs 同时给出",
        )?;
        let rows = self.header.row1.is_some() && self.header.row2.is_some();
        let any_row = self.header.row1.is_some() || self.header.row2.is_some();
        require(
            rows == (self.header.mode == HeaderMode::Row) && rows == any_row,
            "header.row1/row2",
            "须与 mode=row 同时给出",
        )?;
        let counted = |row: Option<u32>| row.is_none_or(|row| (1..=1_048_576).contains(&row));
        require(
            counted(self.header.row1) && counted(self.header.row2),
            "header.row1/row2",
            "从1开始,最大1048576",
        )?;
        require(self.header.levels == 1, "header.levels", "目前只支持1")?;
        let columns = self
            .key
            .columns
            .as_ref()
            .is_some_and(|names| !names.is_empty());
        require(
            columns == (self.key.mode == KeyMode::Columns),
            "key.columns",
            "须与 mode=columns 同时给出",
        )?;
        require(
            self.mode != Mode::Sequence || self.key.mode != KeyMode::Columns,
            "mode",
            "sequence 与 key.columns 不能同时使用",
        )
    }

    fn validate_values(&self) -> Result<(), Failure> {
        let values = &self.values;
        require(values.profile == "v1", "values.profile", "只支持 v1")?;
        require(
            values.formula == Formula::Value,
            "values.formula",
            "目前只支持 value",
        )?;
        let sound = |tolerance: f64| tolerance.is_finite() && tolerance >= 0.0;
        require(
            sound(values.abs_tol) && sound(values.rel_tol),
            "values.abs_tol/rel_tol",
            "须不小于0",
        )?;
        for (column, tolerance) in &values.per_column {
            require(
                sound(tolerance.abs_tol) && sound(tolerance.rel_tol),
                &format!("values.per_column.{column}"),
                "须不小于0",
            )?;
        }
        Ok(())
    }

    fn validate_output(&self) -> Result<(), Failure> {
        let output = &self.output;
        require(
            output.layout != Layout::Stacked,
            "output.layout",
            "目前不支持 stacked",
        )?;
        require(
            ["all", "none"].contains(&output.context_columns.as_str()),
            "output.context_columns",
            "只支持 all 或 none",
        )?;
        require(
            !output.notes_with_old_value,
            "output.notes_with_old_value",
            "目前不支持",
        )?;
        require(!output.csv, "output.csv", "目前不支持")?;
        require(output.lang == "zh-CN", "output.lang", "目前只支持 zh-CN")?;
        require(
            output.cell_log || output.layout != Layout::LogOnly,
            "output.cell_log",
            "layout=log_only 时不能关闭",
        )
    }
}

fn require(holds: bool, name: &str, rule: &str) -> Result<(), Failure> {
    if holds {
        return Ok(());
    }
    Err(Failure::option(format!("选项 {name}: {rule}")).with("option", name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(json: &str) -> Options {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn the_defaults_are_valid_and_come_back_from_json() {
        let options = Options::default();
        options.validate().unwrap();
        let json = serde_json::to_string(&options).unwrap();
        assert_eq!(parse(&json), options);
        assert_eq!(parse("{}"), options);
    }

    #[test]
    fn unknown_names_are_refused() {
        assert!(serde_json::from_str::<Options>(r#"{"tolerence":1}"#).is_err());
        assert!(serde_json::from_str::<Options>(r#"{"values":{"abs_tolerance":1}}"#).is_err());
        assert!(serde_json::from_str::<Options>(r#"{"mode":"fuzzy"}"#).is_err());
    }

    #[test]
    fn what_is_not_done_is_refused() {
        for json in [
            r#"{"output":{"csv":true}}"#,
            r#"{"output":{"layout":"stacked"}}"#,
            r#"{"values":{"formula":"text"}}"#,
            r#"{"header":{"levels":2}}"#,
            r#"{"header":{"mode":"row","row1":1}}"#,
            r#"{"key":{"mode":"columns"}}"#,
            r#"{"values":{"abs_tol":-1}}"#,
        ] {
            let failure = parse(json).validate().unwrap_err();
            assert_eq!(
                failure.code,
                crate::engine::FailureCode::OptionInvalid,
                "{json}"
            );
        }
    }
}
