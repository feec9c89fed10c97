//! `mall compare-files OLD NEW`: two workbooks, or two folders of them, without any server.

mod changes;
mod folders;
mod options;
mod page;
mod pair;
mod terminal;
mod texts;
mod words;

use std::{
    fmt::Write as _,
    fs,
    io::{IsTerminal, stdout},
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context, Result, bail};
use clap::{ValueEnum, ValueHint};
use diff::{Lang, Limits, Options};
use serde_json::{Value, json};

use pair::{Outcome, Terms, check_paths};
use terminal::Paint;
use words::{Words, words};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The old file (xlsx, xlsm, xls, xlsb, ods, csv, tsv), or a folder of such files.
    #[arg(value_hint = ValueHint::AnyPath)]
    left: PathBuf,
    /// The new file or folder; files of folders are paired by their names.
    #[arg(value_hint = ValueHint::AnyPath)]
    right: PathBuf,
    /// Where the result workbook goes: result.xlsx, or with output.csv result.zip. Of folders: a
    /// folder, and none is written without it.
    #[arg(short, long, value_hint = ValueHint::AnyPath)]
    output: Option<PathBuf>,
    /// What is printed.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
    /// Write a single page with the differences here too.
    #[arg(long, value_hint = ValueHint::FilePath)]
    html: Option<PathBuf>,
    /// A key column; several together are one key.
    #[arg(long)]
    key: Vec<String>,
    /// A column that is not compared.
    #[arg(long)]
    ignore: Vec<String>,
    /// A sheet that is compared, others are not; OLD=NEW if it has another name now.
    #[arg(long)]
    sheet: Vec<String>,
    /// How far numbers may be apart: 0.01, or 0.1% of the larger.
    #[arg(long)]
    tolerance: Option<String>,
    /// zh-CN or en.
    #[arg(long)]
    lang: Option<String>,
    /// Options as JSON, or @file.
    #[arg(long)]
    options: Option<String>,
    #[arg(long, value_enum, default_value_t = Colour::Auto)]
    color: Colour,
    /// Print the summary as JSON instead of a table.
    #[arg(long, conflicts_with = "format")]
    json: bool,
    /// Write the preview (JSON) here too.
    #[arg(long, value_hint = ValueHint::FilePath)]
    preview: Option<PathBuf>,
    /// Memory a comparison may take, in MiB.
    #[arg(long, default_value_t = 1536)]
    memory: u64,
    /// Time a comparison may take, in seconds.
    #[arg(long, default_value_t = 600)]
    time: u64,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Table,
    Json,
    Csv,
    Html,
    Markdown,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Colour {
    Auto,
    Always,
    Never,
}

const DIFFERENT: u8 = 1;
const FAILED: u8 = 2;
/// Differences that the formats for programs and the page show, per pair of sheets.
const PREVIEW_ROWS: u32 = 2_000;
const PREVIEW_BYTES: u64 = 16 * 1024 * 1024;

pub(crate) fn run(arguments: &Arguments) -> ExitCode {
    let folders = arguments.left.is_dir() && arguments.right.is_dir();
    let done = if folders {
        compare_folders(arguments)
    } else {
        compare_files(arguments)
    };
    done.unwrap_or_else(|error| {
        eprintln!("{error:#}");
        ExitCode::from(FAILED)
    })
}

fn compare_files(arguments: &Arguments) -> Result<ExitCode> {
    let options = options::read(arguments)?;
    let output = output(arguments, &options)?;
    check_paths(&arguments.left, &arguments.right, &output)?;
    let terms = terms(arguments, &options);
    let outcome = terms.compare(&arguments.left, &arguments.right, Some(&output))?;
    if let Some(path) = &arguments.preview {
        fs::write(path, serde_json::to_vec(&outcome.preview)?)?;
    }
    write_page(arguments, &[(None, &outcome)], terms.words)?;
    print!("{}", shown(arguments, &outcome, terms.words)?);
    let code = if outcome.summary.identical {
        0
    } else {
        DIFFERENT
    };
    Ok(ExitCode::from(code))
}

/// Every pair is compared whatever becomes of the others; the exit code is the worst of all.
fn compare_folders(arguments: &Arguments) -> Result<ExitCode> {
    let options = options::read(arguments)?;
    if options.output.csv || arguments.preview.is_some() {
        bail!("output.csv and --preview are of one pair of files, not of folders");
    }
    let terms = terms(arguments, &options);
    let names = folders::pair(&arguments.left, &arguments.right)?;
    let mut worst = u8::from(!names.only_left.is_empty() || !names.only_right.is_empty());
    let mut outcomes: Vec<(String, Outcome)> = Vec::new();
    let mut failures: Vec<(String, String)> = Vec::new();
    for name in &names.both {
        let result = arguments
            .output
            .as_deref()
            .map(|folder| result_in(folder, name));
        let result = result.transpose()?;
        let (left, right) = (arguments.left.join(name), arguments.right.join(name));
        let shown = name.display().to_string();
        match terms.compare(&left, &right, result.as_deref()) {
            Ok(outcome) => {
                worst = worst.max(u8::from(!outcome.summary.identical));
                outcomes.push((shown, outcome));
            }
            Err(error) => {
                worst = FAILED;
                failures.push((shown, format!("{error:#}")));
            }
        }
    }
    let pages: Vec<(Option<&str>, &Outcome)> = outcomes
        .iter()
        .map(|(name, outcome)| (Some(name.as_str()), outcome))
        .collect();
    write_page(arguments, &pages, terms.words)?;
    let found = Folders {
        names: &names,
        outcomes: &outcomes,
        failures: &failures,
    };
    print!("{}", found.shown(arguments, &pages, terms.words)?);
    for (name, failure) in &failures {
        eprintln!("{name}: {failure}");
    }
    Ok(ExitCode::from(worst))
}

fn terms<'a>(arguments: &Arguments, options: &'a Options) -> Terms<'a> {
    Terms {
        options,
        limits: Limits {
            // The file is on this machine already; only a server refuses large uploads.
            file_bytes: u64::MAX,
            memory_bytes: arguments.memory * 1024 * 1024,
            wall_s: arguments.time,
            preview_rows: PREVIEW_ROWS,
            preview_bytes: PREVIEW_BYTES,
            ..Limits::default()
        },
        words: words(options.output.lang),
    }
}

/// Where the result goes. A zip that is called a workbook would not open.
fn output(arguments: &Arguments, options: &Options) -> Result<PathBuf> {
    let csv = options.output.csv;
    let usual = if csv { "result.zip" } else { "result.xlsx" };
    let output = arguments.output.as_deref().unwrap_or(Path::new(usual));
    if csv
        && output
            .extension()
            .is_none_or(|extension| extension != "zip")
    {
        bail!("output.csv 的结果是zip,请用 -o 给出 .zip 文件名");
    }
    Ok(std::path::absolute(output)?)
}

/// The result of a pair of files of folders: the same name in the folder of results.
fn result_in(folder: &Path, name: &Path) -> Result<PathBuf> {
    let mut file = name.as_os_str().to_owned();
    file.push(".diff.xlsx");
    let path = std::path::absolute(folder.join(file))?;
    let parent = path.parent().unwrap_or(folder);
    fs::create_dir_all(parent).with_context(|| parent.display().to_string())?;
    Ok(path)
}

fn write_page(
    arguments: &Arguments,
    outcomes: &[(Option<&str>, &Outcome)],
    words: &Words,
) -> Result<()> {
    let Some(path) = &arguments.html else {
        return Ok(());
    };
    let inputs = [&arguments.left, &arguments.right];
    let there = path.canonicalize().ok();
    if there.is_some()
        && inputs
            .iter()
            .any(|input| input.canonicalize().ok() == there)
    {
        bail!("{} 是要比较的文件,请用 --html 另取名", path.display());
    }
    fs::write(path, page::page(outcomes, words)).with_context(|| path.display().to_string())
}

fn shown(arguments: &Arguments, outcome: &Outcome, words: &Words) -> Result<String> {
    if arguments.json {
        return Ok(serde_json::to_string_pretty(&outcome.summary)? + "\n");
    }
    Ok(match arguments.format {
        Format::Table => terminal::show(outcome, words, paint(arguments)),
        Format::Json => serde_json::to_string_pretty(&as_json(outcome))? + "\n",
        Format::Csv => texts::csv_head(false) + &texts::csv(outcome, None),
        Format::Html => page::page(&[(None, outcome)], words),
        Format::Markdown => texts::markdown(outcome, words),
    })
}

fn as_json(outcome: &Outcome) -> Value {
    json!({ "summary": outcome.summary, "differences": outcome.preview.pairs })
}

/// The convention is at no-color.org: any value but an empty one.
fn paint(arguments: &Arguments) -> Paint {
    let wanted = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    Paint {
        coloured: match arguments.color {
            Colour::Auto => wanted && stdout().is_terminal(),
            Colour::Always => true,
            Colour::Never => false,
        },
    }
}

struct Folders<'a> {
    names: &'a folders::Names,
    outcomes: &'a [(String, Outcome)],
    failures: &'a [(String, String)],
}

impl Folders<'_> {
    fn shown(
        &self,
        arguments: &Arguments,
        pages: &[(Option<&str>, &Outcome)],
        words: &Words,
    ) -> Result<String> {
        let format = if arguments.json {
            Format::Json
        } else {
            arguments.format
        };
        Ok(match format {
            Format::Table => self.table(paint(arguments), words),
            Format::Json => serde_json::to_string_pretty(&self.json())? + "\n",
            Format::Csv => {
                let lines = self.outcomes.iter();
                let lines: String = lines
                    .map(|(name, outcome)| texts::csv(outcome, Some(name)))
                    .collect();
                texts::csv_head(true) + &lines
            }
            Format::Html => page::page(pages, words),
            Format::Markdown => self
                .outcomes
                .iter()
                .map(|(_, outcome)| texts::markdown(outcome, words) + "\n")
                .collect(),
        })
    }

    fn table(&self, paint: Paint, words: &Words) -> String {
        let mut text = String::new();
        for (name, outcome) in self.outcomes {
            text += &terminal::one_line(name, outcome, words, paint);
        }
        for (name, _) in self.failures {
            let _ = writeln!(text, "{name}  {}", words.failed);
        }
        for (label, names) in [
            (words.only_left, &self.names.only_left),
            (words.only_right, &self.names.only_right),
        ] {
            for name in names {
                let _ = writeln!(text, "{}  {label}", name.display());
            }
        }
        text
    }

    fn json(&self) -> Value {
        let pairs = self.outcomes.iter().map(|(name, outcome)| {
            let mut pair = as_json(outcome);
            pair["name"] = json!(name);
            pair
        });
        let failed = self.failures.iter();
        let failed = failed.map(|(name, why)| json!({ "name": name, "failure": why }));
        json!({
            "pairs": pairs.collect::<Vec<_>>(),
            "failed": failed.collect::<Vec<_>>(),
            "only_left": self.names.only_left,
            "only_right": self.names.only_right,
        })
    }
}

/// The language of an option, or of the command line.
fn language(name: &str) -> Result<Lang> {
    let lang = serde_json::from_value(json!(name));
    lang.with_context(|| format!("--lang {name}: zh-CN, en"))
}
