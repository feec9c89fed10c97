//! Which options go together.

use super::{HeaderMode, KeyMode, Layout, Mode, Options, SCHEMA, SheetMatch};
use crate::Failure;

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
        let levels = (1..=3).contains(&self.header.levels);
        require(levels, "header.levels", "须为1、2或3")?;
        require(
            self.header.levels == 1 || self.header.mode != HeaderMode::None,
            "header.levels",
            "不能与 mode=none 同时给出",
        )?;
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
            ["all", "none"].contains(&output.context_columns.as_str()),
            "output.context_columns",
            "只支持 all 或 none",
        )?;
        require(
            !output.notes_with_old_value || output.layout != Layout::LogOnly,
            "output.notes_with_old_value",
            "layout=log_only 时没有可加批注的表",
        )?;
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
