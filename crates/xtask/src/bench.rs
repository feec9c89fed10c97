//! `bench sale`: measured in the release profile on real engines; the crate `e2e` does it.
//! `bench compare`: see [`compare`]. `bench write`: see [`write`].

mod compare;
mod write;

use std::process::Command;

use anyhow::{Result, bail};

use crate::{engines, paths, process, step::step};

pub(crate) fn bench(arguments: &[String]) -> Result<()> {
    let Some((what, rest)) = arguments.split_first() else {
        bail!("usage: cargo xtask bench sale [--duration SECONDS] [--connections N] [--json FILE]");
    };
    if what == "compare" {
        return compare::run(rest);
    }
    if what == "write" {
        return write::run(rest);
    }
    if what != "sale" {
        bail!("there is no bench {what}: sale, compare, write");
    }
    let engines = engines::up()?;
    step("building the release", || {
        let packages = [
            "build",
            "--release",
            "--package",
            "mall",
            "--package",
            "e2e",
            "--bins",
        ];
        process::run(
            Command::new("cargo")
                .args(packages)
                .current_dir(paths::root()),
        )
    })?;
    let bench = paths::root().join("target/release/bench");
    process::run(
        Command::new(bench)
            .args(rest)
            .envs(engines.env())
            .current_dir(paths::root()),
    )
}
