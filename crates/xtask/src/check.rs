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
    })?;
    dependencies()
}

/// Licences and sources; advisories need a database that not every machine can have.
fn dependencies() -> Result<()> {
    if !process::succeeds("cargo", &["deny", "--version"]) {
        println!("· cargo deny is not installed: licences and sources are NOT checked");
        return Ok(());
    }
    let check = |what: &'static str| {
        process::run(
            cargo()
                .args(["deny", "check", "--config", "deploy/deny.toml"])
                .args(what.split(' ')),
        )
    };
    step("licences and sources", || check("licenses sources bans"))
}

fn cargo() -> Command {
    let mut command = Command::new("cargo");
    command.current_dir(paths::root());
    command
}
