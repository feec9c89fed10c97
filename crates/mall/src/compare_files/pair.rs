//! One pair of files, compared in a child process.

use std::{
    fs,
    io::{IsTerminal, Write, stderr},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use compare::child;
use diff::{Input, Limits, Options, Preview, Progress, Request, Stage, Summary};
use tokio_util::sync::CancellationToken;

use super::words::Words;

pub(super) struct Outcome {
    pub(super) summary: Summary,
    pub(super) preview: Preview,
    /// Where the result workbook is, if one was wanted.
    pub(super) result: Option<PathBuf>,
}

/// What every pair of a run has in common.
pub(super) struct Terms<'a> {
    pub(super) options: &'a Options,
    pub(super) limits: Limits,
    pub(super) words: &'a Words,
}

impl Terms<'_> {
    pub(super) fn compare(
        &self,
        left: &Path,
        right: &Path,
        result: Option<&Path>,
    ) -> Result<Outcome> {
        let scratch = tempfile::tempdir().context("no room for temporary files")?;
        let request = Request {
            left: input(left),
            right: input(right),
            options: self.options.clone(),
            result: result.map_or(scratch.path().join("result"), Path::to_owned),
            preview: scratch.path().join("preview.json"),
            scratch: scratch.path().to_owned(),
            limits: self.limits.clone(),
            created_ms: clock::Clock::now_ms(&clock::SystemClock),
        };
        let binary = std::env::current_exe()?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let bar = Bar::new(self.words);
        let done = runtime.block_on(child::run(
            &binary,
            &request,
            |progress| bar.show(progress),
            CancellationToken::new(),
        ));
        bar.clear();
        Ok(Outcome {
            summary: done?.summary,
            preview: serde_json::from_slice(&fs::read(&request.preview)?)?,
            result: result.map(Path::to_owned),
        })
    }
}

/// What only shows at the end of a comparison is said before it: and a result that takes an input's
/// place would be the end of that input.
pub(super) fn check_paths(left: &Path, right: &Path, output: &Path) -> Result<()> {
    let folder = output.parent().unwrap_or(output);
    if !folder.is_dir() {
        bail!("没有文件夹 {},结果无法写入", folder.display());
    }
    if output.is_dir() {
        bail!("{} 是文件夹,请用 -o 给出结果文件名", output.display());
    }
    for (slot, input) in [(1, left), (2, right)] {
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

/// One line that is written over and over, only where somebody looks.
struct Bar<'a> {
    words: &'a Words,
    shown: bool,
}

const WIDTH: usize = 30;

impl<'a> Bar<'a> {
    fn new(words: &'a Words) -> Self {
        Self {
            words,
            shown: stderr().is_terminal(),
        }
    }

    fn show(&self, progress: Progress) {
        if !self.shown {
            return;
        }
        let filled = usize::from(progress.percent) * WIDTH / 100;
        let stage = match progress.stage {
            Stage::Preflight => self.words.checking,
            Stage::Parse => self.words.reading,
            Stage::Join => self.words.joining,
            Stage::Write => self.words.writing,
        };
        let bar = format!("{}{}", "█".repeat(filled), "░".repeat(WIDTH - filled));
        let (percent, rows) = (progress.percent, progress.rows);
        eprint!("\r{stage} {bar} {percent:3}% {rows} {}", self.words.rows);
        let _ = stderr().flush();
    }

    fn clear(&self) {
        if self.shown {
            eprint!("\r\x1b[2K");
        }
    }
}
