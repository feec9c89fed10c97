//! `bench sale` and `bench overload`: measured in the release profile on real engines; the crate
//! `e2e` does it.
//! `bench compare`: see [`compare`]. `bench write`: see [`write`].

mod compare;
mod write;

use std::process::Command;

use anyhow::{Result, bail};

use crate::{engines, paths, process, step::step};

pub(crate) fn bench(arguments: &[String]) -> Result<()> {
    let Some((what, rest)) = arguments.split_first() else {
        bail!(
            "usage: cargo xtask bench sale|overload|compare|write …, as deploy/BENCHMARKS.md says"
        );
    };
    if what == "compare" {
        return compare::run(rest);
    }
    if what == "write" {
        return write::run(rest);
    }
    let mode: &[&str] = match what.as_str() {
        "sale" => &[],
        "overload" => &["overload"],
        _ => bail!("there is no bench {what}: sale, overload, compare, write"),
    };
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
            .args(mode)
            .args(rest)
            .envs(engines.env())
            .current_dir(paths::root()),
    )
}
