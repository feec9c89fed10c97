//! `bench compare`: pairs of workbooks with planted differences, compared by us and by what people use.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Map, Value, json};

use crate::{paths, process, python, step::step};

/// Name, rows, columns.
const PAIRS: [(&str, u32, u32); 3] = [
    ("10kx42", 10_000, 42),
    ("200kx10", 200_000, 10),
    ("1Mx10", 1_000_000, 10),
];
const TOOLS: [&str; 4] = ["mall", "polars", "pandas", "openpyxl"];
const PACKAGES: [&str; 7] = [
    "polars",
    "fastexcel",
    "pandas",
    "python-calamine",
    "datacompy",
    "openpyxl",
    "pyarrow",
];
/// Runs of which the fastest counts; the slow tools run once.
const RUNS: u32 = 3;
const FAST_TOOLS: [&str; 2] = ["mall", "polars"];

pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let options = Options::parse(arguments)?;
    let target = paths::root().join("target");
    step("building the release", || {
        build(&["--package", "mall", "--bin", "mall"])
    })?;
    let python = python::with(&PACKAGES)?;
    let mut found = Map::new();
    let mut agreed = true;
    for (pair, rows, columns) in PAIRS {
        if !options.pairs.is_empty() && !options.pairs.iter().any(|wanted| wanted == pair) {
            continue;
        }
        let folder = target.join("bench-pairs").join(pair);
        step(&format!("the pair {pair}"), || {
            make(&target, rows, columns, &folder)
        })?;
        let planted: Value = serde_json::from_slice(&fs::read(folder.join("planted.json"))?)?;
        for tool in TOOLS {
            if !options.tools.is_empty() && !options.tools.iter().any(|wanted| wanted == tool) {
                continue;
            }
            let best = measure(&python, &target, tool, &folder)?;
            println!("{pair:8} {tool:9} {}", serde_json::to_string(&best)?);
            for count in ["added", "removed", "changed"] {
                if best[count] != planted[count] {
                    println!("{pair:8} {tool:9} {count}: planted were {}", planted[count]);
                    agreed = false;
                }
            }
            for (name, value) in best.as_object().into_iter().flatten() {
                found.insert(format!("{pair}.{tool}.{name}"), value.clone());
            }
        }
    }
    if let Some(file) = options.json {
        fs::write(file, serde_json::to_vec_pretty(&found)?)?;
    }
    ensure!(agreed, "the tools do not agree on what was planted");
    Ok(())
}

#[derive(Default)]
struct Options {
    json: Option<PathBuf>,
    pairs: Vec<String>,
    tools: Vec<String>,
}

impl Options {
    fn parse(arguments: &[String]) -> Result<Self> {
        let mut options = Self::default();
        let mut rest = arguments.iter();
        while let Some(name) = rest.next() {
            let value = rest
                .next()
                .with_context(|| format!("{name} needs a value"))?;
            match name.as_str() {
                "--json" => options.json = Some(value.into()),
                "--pair" => options.pairs.push(value.clone()),
                "--tool" => options.tools.push(value.clone()),
                _ => bail!(
                    "usage: cargo xtask bench compare [--json FILE] [--pair NAME] [--tool NAME]"
                ),
            }
        }
        Ok(options)
    }
}

fn build(what: &[&str]) -> Result<()> {
    let mut cargo = Command::new("cargo");
    process::run(
        cargo
            .args(["build", "--release"])
            .args(what)
            .current_dir(paths::root()),
    )
}

fn make(target: &Path, rows: u32, columns: u32, folder: &Path) -> Result<()> {
    if folder.join("planted.json").exists() {
        return Ok(());
    }
    build(&["--package", "diff", "--example", "pairs"])?;
    let (rows, columns) = (rows.to_string(), columns.to_string());
    let example = target.join("release/examples/pairs");
    process::run(Command::new(example).args([rows, columns]).arg(folder))
}

/// The fastest of some runs: wall, CPU, memory, and what was found.
fn measure(python: &Path, target: &Path, tool: &str, folder: &Path) -> Result<Value> {
    let runs = if FAST_TOOLS.contains(&tool) { RUNS } else { 1 };
    let mut best: Option<Value> = None;
    for _ in 0..runs {
        let run = once(python, target, tool, folder)?;
        let faster = |best: &Value| run["wall_s"].as_f64() < best["wall_s"].as_f64();
        if best.as_ref().is_none_or(faster) {
            best = Some(run);
        }
    }
    best.context("no run")
}

fn once(python: &Path, target: &Path, tool: &str, folder: &Path) -> Result<Value> {
    let scripts = paths::root().join("crates/xtask/src/bench");
    let mut command = Command::new(python);
    command.arg(scripts.join("measure.py"));
    let (old, new) = (folder.join("old.xlsx"), folder.join("new.xlsx"));
    if tool == "mall" {
        command
            .arg(target.join("release/mall"))
            .arg("compare-files")
            .args([old, new]);
        command
            .arg("-o")
            .arg(folder.join("result.xlsx"))
            .arg("--json");
    } else {
        command
            .arg(python)
            .arg(scripts.join("tools.py"))
            .arg(tool)
            .args([old, new]);
    }
    let output = command.output().context("the measurement")?;
    let measured: Value = serde_json::from_slice(&output.stdout).context("what was measured")?;
    let code = measured["code"].as_i64();
    ensure!(
        code == Some(0) || (tool == "mall" && code == Some(1)),
        "{tool} failed: {measured}"
    );
    let answer: Value = serde_json::from_str(measured["output"].as_str().unwrap_or_default())?;
    let counts = if tool == "mall" {
        &answer["pairs"][0]["rows"]
    } else {
        &answer
    };
    Ok(json!({
        "wall_s": measured["wall_s"], "cpu_s": measured["cpu_s"], "peak_mb": measured["peak_mb"], "largest_mb": measured["largest_mb"],
        "added": counts["added"], "removed": counts["removed"], "changed": counts["changed"],
    }))
}
