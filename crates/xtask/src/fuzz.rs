//! `fuzz`: parsers of foreign bytes under mutated input.

use std::process::Command;

use anyhow::Result;

use crate::{paths, process, step::step};

/// Passes its arguments on: `--executions N` of each target, `--seed N`, `--target NAME`.
pub(crate) fn fuzz(arguments: &[String]) -> Result<()> {
    step("fuzzing", || {
        process::run(
            Command::new("cargo")
                .args(["run", "--quiet", "--package", "fuzz", "--"])
                .args(arguments)
                .current_dir(paths::root()),
        )
    })
}
