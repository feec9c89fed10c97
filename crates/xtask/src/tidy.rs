//! The house rules that no compiler checks, most of them absences (crates/README.md).

mod crates;
mod files;
mod operations;

use std::{fs, process::Command};

use anyhow::{Context, Result, bail};

use crate::paths;

/// A tracked text file.
pub(crate) struct File {
    pub(crate) path: String,
    pub(crate) text: String,
}

/// Every violation, one line each, as `path:line: what to do`.
#[derive(Default)]
pub(crate) struct Findings(Vec<String>);

impl Findings {
    pub(crate) fn add(&mut self, place: &str, what: &str) {
        self.0.push(format!("{place}: {what}"));
    }
}

pub(crate) fn tidy() -> Result<()> {
    let files = tracked()?;
    let mut findings = Findings::default();
    crates::check(&files, &mut findings);
    files::check(&files, &mut findings);
    operations::check(&files, &mut findings);
    if findings.0.is_empty() {
        return Ok(());
    }
    for finding in &findings.0 {
        println!("{finding}");
    }
    bail!("{} house rules broken", findings.0.len())
}

/// Files that git tracks or would track.
fn tracked() -> Result<Vec<File>> {
    let root = paths::root();
    let output = Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard"])
        .current_dir(&root)
        .output()
        .context("git ls-files")?;
    let names = String::from_utf8(output.stdout)?;
    let read = |path: &str| {
        let text = fs::read_to_string(root.join(path)).ok()?;
        Some(File {
            path: path.to_owned(),
            text,
        })
    };
    Ok(names.lines().filter_map(read).collect())
}
