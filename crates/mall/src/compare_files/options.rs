//! The command line's shorthands as options.

use std::fs;

use anyhow::{Context, Result, bail};
use diff::{KeyMode, Options, SheetMatch, SheetPair};

use super::{Arguments, language};

pub(super) fn read(arguments: &Arguments) -> Result<Options> {
    let json = match arguments.options.as_deref() {
        None => "{}".to_owned(),
        Some(text) => match text.strip_prefix('@') {
            Some(file) => fs::read_to_string(file).with_context(|| file.to_owned())?,
            None => text.to_owned(),
        },
    };
    let mut options = Options::from_json(&json)?;
    if !arguments.key.is_empty() {
        if options.key.columns.is_some() {
            bail!("--key and key.columns in --options: only one of them");
        }
        options.key.mode = KeyMode::Columns;
        options.key.columns = Some(arguments.key.clone());
    }
    if !arguments.sheet.is_empty() {
        if options.sheets.pairs.is_some() {
            bail!("--sheet and sheets.pairs in --options: only one of them");
        }
        options.sheets.by = SheetMatch::Pairs;
        options.sheets.pairs = Some(arguments.sheet.iter().map(|name| sheet(name)).collect());
    }
    if let Some(tolerance) = &arguments.tolerance {
        let (number, share) = match tolerance.trim().strip_suffix('%') {
            Some(number) => (number, true),
            None => (tolerance.trim(), false),
        };
        let number: f64 = number
            .trim()
            .parse()
            .with_context(|| format!("--tolerance {tolerance}: 0.01, 0.1%"))?;
        if share {
            options.values.rel_tol = number / 100.0;
        } else {
            options.values.abs_tol = number;
        }
    }
    if let Some(name) = &arguments.lang {
        options.output.lang = language(name)?;
    }
    let ignored = arguments.ignore.iter().cloned();
    options.columns.ignore.extend(ignored);
    options.validate()?;
    Ok(options)
}

fn sheet(name: &str) -> SheetPair {
    let (sheet1, sheet2) = name.split_once('=').unwrap_or((name, name));
    SheetPair {
        sheet1: sheet1.to_owned(),
        sheet2: sheet2.to_owned(),
    }
}
