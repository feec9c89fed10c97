//! `mall sheet-text FILE`: a workbook as text, a row a line, so that `git diff` shows what changed.

use std::{
    io::{BufWriter, Write, stdout},
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::Result;
use sheet::{
    Budget, COLUMN_LAST, Failure, Formula, Limits, Row, Value, date_text, display, open, sniff,
};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[arg(value_hint = clap::ValueHint::FilePath)]
    file: PathBuf,
    /// Formulas instead of their values, where the format has them (xlsx).
    #[arg(long)]
    formulas: bool,
}

pub(crate) fn run(arguments: &Arguments) -> ExitCode {
    match print(&arguments.file, arguments.formulas) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::from(2)
        }
    }
}

fn print(path: &Path, formulas: bool) -> Result<()> {
    let budget = Budget::new(&Limits {
        file_bytes: u64::MAX,
        ..Limits::default()
    });
    let mut source = open(path, sniff(path, &budget)?, &budget)?;
    if formulas {
        source.keep_formulas(Formula::Text);
    }
    let mut strings = Vec::new();
    source.strings(&mut |text| {
        strings.push(text.to_owned());
        Ok(())
    })?;
    let dates: Vec<bool> = source
        .formats()
        .iter()
        .map(|format| format.is_date)
        .collect();
    let mut out = BufWriter::new(stdout().lock());
    for index in 0..source.sheets().len() {
        writeln!(out, "# {}", source.sheets()[index].name)?;
        source.rows(index, &mut |row| {
            writeln!(out, "{}", line(row, &strings, &dates)).map_err(Failure::internal)
        })?;
    }
    out.flush()?;
    Ok(())
}

/// The cells from the first column on, with tabs between them.
fn line(row: &Row, strings: &[String], dates: &[bool]) -> String {
    let mut line = String::new();
    let mut column = 0;
    for cell in row.cells.iter().filter(|cell| cell.column <= COLUMN_LAST) {
        while column < cell.column {
            line.push('\t');
            column += 1;
        }
        let text = match cell.value {
            Value::Number { value, format, .. } if dates[usize::from(format)] => date_text(value),
            Value::Number { value, .. } => display(value),
            Value::Shared(index) => strings.get(index as usize).cloned().unwrap_or_default(),
            Value::Bool(true) => "TRUE".to_owned(),
            Value::Bool(false) => "FALSE".to_owned(),
            Value::Text(span)
            | Value::Untyped(span)
            | Value::Error(span)
            | Value::Formula(span) => row.slice(span).to_owned(),
        };
        let plain = |letter: char| if letter.is_control() { ' ' } else { letter };
        line.extend(text.chars().map(plain));
    }
    line.truncate(line.trim_end().len());
    line
}
