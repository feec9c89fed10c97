//! Python with packages of its own, for what the comparison is compared with.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::Result;

use crate::{packages, paths, process, step::step};

/// What the tests compare with.
pub(crate) const TESTS: [&str; 4] = ["pandas", "datacompy", "python-calamine", "openpyxl"];

/// An interpreter that has these packages; kept under `target`.
pub(crate) fn with(names: &[&str]) -> Result<PathBuf> {
    let folder = paths::root().join("target/python");
    let python = folder.join("bin/python");
    step("Python packages", || {
        if !python.exists() && make(&folder).is_err() {
            // Debian's Python comes without the module.
            packages::install(&["python3-venv"])?;
            make(&folder)?;
        }
        process::run(
            Command::new(&python)
                .args([
                    "-m",
                    "pip",
                    "install",
                    "--quiet",
                    "--disable-pip-version-check",
                ])
                .args(names),
        )
    })?;
    Ok(python)
}

fn make(folder: &Path) -> Result<()> {
    process::run(Command::new("python3").args(["-m", "venv"]).arg(folder))
}
