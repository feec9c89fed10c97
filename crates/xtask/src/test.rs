//! `test`: every test of the workspace, on real engines.

use std::process::Command;

use anyhow::Result;

use crate::{engines, paths, process, python, step::step};

/// Fail points are compiled in: tests kill the fleet at them.
const WORKSPACE: [&str; 4] = [
    "test",
    "--workspace",
    "--features",
    "mall/failpoints,e2e/failpoints",
];

/// Tests isolate themselves by schema and prefix, so they share engines with each other and with `up`.
pub(crate) fn test(filter: &[String]) -> Result<()> {
    println!(
        "mall: testing on real engines under {}",
        paths::run_dir().display()
    );
    let engines = engines::up()?;
    let python = python::with(&python::TESTS)?;
    // The whole-fleet tests start the binary, which is built beside the tests of its own crate.
    step("building the fleet and its tests", || {
        process::run(cargo().args(WORKSPACE).arg("--no-run"))
    })?;
    process::run(
        cargo()
            .args(WORKSPACE)
            .args(filter)
            .envs(engines.env())
            .env("MALL_PYTHON", python)
            .env("RUST_TEST_THREADS", threads().to_string()),
    )
}

/// The engines' connections bound how many tests run at once, however many cores there are.
fn threads() -> usize {
    const THREADS_MAX: usize = 4;
    std::thread::available_parallelism().map_or(1, |cores| cores.get().min(THREADS_MAX))
}

fn cargo() -> Command {
    let mut command = Command::new("cargo");
    command.current_dir(paths::root());
    command
}
