//! `smoke`: the story is played by the crate `e2e`, which may be heavy; this only starts it.

use std::process::Command;

use anyhow::{Result, bail};

use crate::{engines, fleet, paths, ports, process};

pub(crate) fn smoke(arguments: &[String]) -> Result<()> {
    if !process::listening(ports::GATEWAY) {
        bail!(
            "no gateway on port {}: run `cargo xtask up` first",
            ports::GATEWAY
        );
    }
    // `up` is idempotent: this only finds out where the engines are.
    let env = fleet::env(&engines::up()?)?;
    process::run(
        Command::new("cargo")
            .args(["run", "--quiet", "--package", "e2e", "--bin", "smoke", "--"])
            .args(arguments)
            .envs(env)
            .current_dir(paths::root()),
    )
}
