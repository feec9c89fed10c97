//! `chaos`: the crate `e2e` plays the rounds; this builds it and sees to it that there are engines
//! to kill.

use std::process::Command;

use anyhow::Result;

use crate::{packages, paths, process, step::step};

/// Chaos starts its own: engines that others use, or that Docker holds, cannot be killed.
const PACKAGES: [&str; 3] = ["mariadb-server", "redis-server", "rabbitmq-server"];

pub(crate) fn chaos(arguments: &[String]) -> Result<()> {
    packages::install_missing(&PACKAGES)?;
    step("building the fleet and what strikes it", || {
        process::run(
            Command::new("cargo")
                .args(["build", "--package", "mall", "--package", "e2e", "--bins"])
                .current_dir(paths::root()),
        )
    })?;
    process::run(
        Command::new(paths::root().join("target/debug/chaos"))
            .args(arguments)
            .current_dir(paths::root()),
    )
}
