//! `ci`: everything that needs no engine.

use std::process::Command;

use anyhow::Result;

use crate::{paths, process, step::step, tidy};

pub(crate) fn ci() -> Result<()> {
    step("house rules", tidy::tidy)?;
    step("formatting", || {
        process::run(cargo().args(["fmt", "--all", "--check"]))
    })?;
    step("lints", || {
        process::run(
            cargo()
                .args([
                    "clippy",
                    "--workspace",
                    "--all-targets",
                    "--features",
                    "mall/failpoints,e2e/failpoints",
                ])
                .args(["--", "--deny", "warnings"]),
        )
    })
}

fn cargo() -> Command {
    let mut command = Command::new("cargo");
    command.current_dir(paths::root());
    command
}
