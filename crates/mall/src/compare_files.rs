//! `mall compare-files`: two files compared without any server.

use std::{
    fs,
    io::{IsTerminal, Write, stderr},
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context, Result, bail};
use compare::{
    child,
    engine::{Input, KeyMode, Limits, Options, Progress, Request, Stage, Summary},
};
use tokio_util::sync::CancellationToken;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The old file: xlsx, xlsm, xls, xlsb, ods, csv or tsv.
    left: PathBuf,
    /// The new file.
    right: PathBuf,
    /// Where the result goes: result.xlsx, or with output.csv result.zip.
    #[arg(short, long)]
    output: Option<PathBuf>,
    /// Options as JSON, or @file.
    #[arg(long)]
    options: Option<String>,
    /// A key column; several together are one key.
    #[arg(long)]
    key: Vec<String>,
    /// A column that is not compared.
    #[arg(long)]
    ignore: Vec<String>,
    /// Print the summary as JSON instead of a table.
    #[arg(long)]
    json: bool,
    /// Write the preview (JSON) here too.
    #[arg(long)]
    preview: Option<PathBuf>,
    /// Memory the comparison may take, in MiB.
    #[arg(long, default_value_t = 1536)]
    memory: u64,
    /// Time the comparison may take, in seconds.
    #[arg(long, default_value_t = 600)]
    time: u64,
}

const DIFFERENT: u8 = 1;
const FAILED: u8 = 2;

pub(crate) fn run(arguments: &Arguments) -> ExitCode {
    match compare(arguments) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(DIFFERENT),
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::from(FAILED)
        }
    }
}

/// True: the files are identical.
fn compare(arguments: &Arguments) -> Result<bool> {
    let options = options(arguments)?;
    let output = output(arguments, &options)?;
    check_paths(arguments, &output)?;
    let scratch = tempfile::tempdir().context("no room for temporary files")?;
    let preview = scratch.path().join("preview.json");
    let request = Request {
        left: input(&arguments.left),
        right: input(&arguments.right),
        options,
        result: output.clone(),
        preview: arguments.preview.clone().unwrap_or(preview),
        scratch: scratch.path().to_owned(),
        limits: Limits {
            // The file is on this machine already; only a server refuses large uploads.
            file_bytes: u64::MAX,
            memory_bytes: arguments.memory * 1024 * 1024,
            wall_s: arguments.time,
            ..Limits::default()
        },
        created_ms: clock::Clock::now_ms(&clock::SystemClock),
    };
    let binary = std::env::current_exe()?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let bar = Bar::new();
    let done = runtime.block_on(child::run(
        &binary,
        &request,
        |progress| bar.show(progress),
        CancellationToken::new(),
    ));
    bar.clear();
    let summary = done?.summary;
    if arguments.json {
        println!("{}", serde_json::to_string_pretty(&summary)?);
    } else {
        print!("{}", table(&summary, &output));
    }
    Ok(summary.identical)
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

/// What only shows at the end of a comparison is said before it: and a result that takes an input's
/// place would be the end of that input.
fn check_paths(arguments: &Arguments, output: &Path) -> Result<()> {
    let folder = output.parent().unwrap_or(output);
    if !folder.is_dir() {
        bail!("没有文件夹 {},结果无法写入", folder.display());
    }
    if output.is_dir() {
        bail!("{} 是文件夹,请用 -o 给出结果文件名", output.display());
    }
    for (slot, input) in [(1, &arguments.left), (2, &arguments.right)] {
        if input.is_dir() {
            bail!("文件{slot}: {} 是文件夹", input.display());
        }
        let same = input.canonicalize().ok();
        if same.is_some() && same == output.canonicalize().ok() {
            bail!("结果 {} 会覆盖文件{slot},请用 -o 另取名", output.display());
        }
    }
    Ok(())
}

fn input(path: &Path) -> Input {
    let name = path.file_name().unwrap_or(path.as_os_str());
    Input {
        path: path.to_owned(),
        name: name.to_string_lossy().into_owned(),
    }
}

fn options(arguments: &Arguments) -> Result<Options> {
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
    options
        .columns
        .ignore
        .extend(arguments.ignore.iter().cloned());
    options.validate()?;
    Ok(options)
}

/// One line that is written over and over, only where somebody looks.
struct Bar {
    shown: bool,
}

const WIDTH: usize = 30;

impl Bar {
    fn new() -> Self {
        Self {
            shown: stderr().is_terminal(),
        }
    }

    fn show(&self, progress: Progress) {
        if !self.shown {
            return;
        }
        let filled = usize::from(progress.percent) * WIDTH / 100;
        let stage = match progress.stage {
            Stage::Preflight => "检查",
            Stage::Parse => "读取",
            Stage::Join => "比对",
            Stage::Write => "写出",
        };
        let bar = format!("{}{}", "█".repeat(filled), "░".repeat(WIDTH - filled));
        eprint!(
            "\r{stage} {bar} {:3}% {} 行",
            progress.percent, progress.rows
        );
        let _ = stderr().flush();
    }

    fn clear(&self) {
        if self.shown {
            eprint!("\r\x1b[2K");
        }
    }
}

fn table(summary: &Summary, output: &Path) -> String {
    let mut lines = Vec::new();
    for file in &summary.files {
        let (name, rows, cells) = (&file.name, file.rows, file.cells);
        lines.push(format!(
            "文件{}  {name}  {}  {rows} 行  {cells} 单元格",
            file.slot, file.format
        ));
    }
    for pair in &summary.pairs {
        let key = match pair.key.columns.as_slice() {
            [] => format!("无主键({})", pair.mode),
            columns => format!("主键 {}", columns.join(" + ")),
        };
        lines.push(format!("\n{} ↔ {}  {key}", pair.sheet1, pair.sheet2));
        let rows = &pair.rows;
        for (label, count) in [
            ("未变动", rows.unchanged),
            ("变动  ", rows.changed),
            ("新增  ", rows.added),
            ("减少  ", rows.removed),
        ] {
            lines.push(format!("  {label}  {count:>10} 行"));
        }
        lines.push(format!("  变动    {:>10} 单元格", pair.cells.changed));
        for column in pair.columns.changed.iter().take(10) {
            lines.push(format!("    {}  {}", column.name, column.cells));
        }
        for (label, names) in [
            ("新增列", &pair.columns.added),
            ("减少列", &pair.columns.removed),
        ] {
            if !names.is_empty() {
                lines.push(format!("  {label}  {}", names.join("、")));
            }
        }
    }
    for notice in &summary.notices {
        lines.push(format!("! {}", notice.message));
    }
    let verdict = if summary.identical {
        "一致"
    } else {
        "有差异"
    };
    lines.push(format!("\n{verdict},结果: {}\n", output.display()));
    lines.join("\n")
}
