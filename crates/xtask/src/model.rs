//! `model`: the sale's protocol, checked; the crate `model` does it.

use std::process::Command;

use anyhow::Result;

use crate::{paths, process};

pub(crate) fn model(arguments: &[String]) -> Result<()> {
    process::run(
        Command::new("cargo")
            .args(["run", "--quiet", "--release", "--package", "model", "--"])
            .args(arguments)
            .current_dir(paths::root()),
    )
}
