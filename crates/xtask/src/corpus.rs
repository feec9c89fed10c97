//! `corpus [FOLDER] [--seconds N] [--json FILE]`: every workbook of a folder, or of the test data
//! of other projects, compared with itself, with a planted edit, with copies and with twins.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::{paths, process, step::step};

/// Go modules that ship workbooks: from Excel, LibreOffice, WPS and several libraries.
const MODULES: [(&str, &str); 4] = [
    ("excelize", "github.com/xuri/excelize/v2@v2.9.0"),
    ("tealeg", "github.com/tealeg/xlsx/v3@v3.3.13"),
    ("xlsReader", "github.com/shakinm/xlsReader@v0.9.12"),
    ("extrame", "github.com/extrame/xls@v0.0.1"),
];
const ENDINGS: [&str; 7] = ["xlsx", "xlsm", "xls", "xlsb", "ods", "csv", "tsv"];
/// Larger files take a debug build longer than all others together.
const BYTES_MAX: u64 = 2 * 1024 * 1024;
/// Of a run over the fetched files, in seconds: what is not reached is counted as late.
const BUDGET: &str = "120";

pub(crate) fn corpus(arguments: &[String]) -> Result<()> {
    let (folder, rest) = match arguments.split_first() {
        Some((folder, rest)) if !folder.starts_with('-') => (PathBuf::from(folder), rest.to_vec()),
        _ => {
            let mut rest = arguments.to_vec();
            if !rest.iter().any(|name| name == "--seconds") {
                rest.extend(["--seconds", BUDGET].map(str::to_owned));
            }
            (step("other projects' workbooks", fetch)?, rest)
        }
    };
    let build = [
        "build",
        "--quiet",
        "--package",
        "diff",
        "--example",
        "corpus",
    ];
    process::run(Command::new("cargo").args(build).current_dir(paths::root()))?;
    let example = paths::root().join("target/debug/examples/corpus");
    process::run(Command::new(example).arg(folder).args(rest))
}

fn fetch() -> Result<PathBuf> {
    let folder = paths::root().join("target/corpus");
    if !process::installed("go") {
        bail!("fetching the corpus needs Go; or name a folder: cargo xtask corpus FOLDER");
    }
    for (suite, module) in MODULES {
        let suite = folder.join(suite);
        if suite.exists() {
            continue;
        }
        let source = download(module)?;
        let part = folder.join("part");
        let _ = fs::remove_dir_all(&part);
        fs::create_dir_all(&part)?;
        copy(&source, &part)?;
        fs::rename(&part, &suite)?;
    }
    Ok(folder)
}

/// Where Go keeps the module's files.
fn download(module: &str) -> Result<PathBuf> {
    let output = Command::new("go")
        .args(["mod", "download", "-json", module])
        .current_dir(std::env::temp_dir())
        .output()?;
    let answer: Value = serde_json::from_slice(&output.stdout)
        .with_context(|| String::from_utf8_lossy(&output.stderr).into_owned())?;
    let folder = answer["Dir"].as_str();
    Ok(PathBuf::from(folder.with_context(|| {
        format!("{module}: {}", answer["Error"])
    })?))
}

/// The workbooks below a folder, with the folder they stand in as part of their names.
fn copy(from: &Path, to: &Path) -> Result<()> {
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let path = entry.path();
        if entry.file_type()?.is_dir() {
            let below = to.join(entry.file_name());
            fs::create_dir_all(&below)?;
            copy(&path, &below)?;
            continue;
        }
        let ending = path.extension().and_then(|ending| ending.to_str());
        let wanted = ending.is_some_and(|ending| ENDINGS.contains(&ending));
        if wanted && entry.metadata()?.len() <= BYTES_MAX {
            // The cache is read-only; a copy of its content is not.
            fs::write(to.join(entry.file_name()), fs::read(&path)?)?;
        }
    }
    Ok(())
}
