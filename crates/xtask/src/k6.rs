//! `k6`: load by real k6, and an audit afterwards.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use crate::{engines, fleet, paths, ports, process, step::step};

/// The scenarios of `deploy/k6/seckill.js`, and how many users each has.
const SCENARIOS: [(&str, u64); 4] = [
    ("storm", 20_000),
    ("burst", 10_000),
    ("duplicates", 1_000),
    ("steady", 9_000),
];
const MODULE: &str = "go.k6.io/k6@v1.8.1";
/// Gateways other than `up`'s: then the engines are named in the environment as well.
const URL: &str = "MALL_K6_URL";

const USAGE: &str = "usage: cargo xtask k6 [storm|burst|duplicates|steady] [--users N] [k6's own]";

/// No scenario: all of them, one after the other.
pub(crate) fn k6(arguments: &[String]) -> Result<()> {
    let (scenarios, rest) = match arguments.split_first() {
        Some((name, rest)) if !name.starts_with('-') => {
            let known = SCENARIOS.iter().find(|(known, _)| known == name);
            (vec![*known.context(USAGE)?], rest)
        }
        _ => (SCENARIOS.to_vec(), arguments),
    };
    let (users, rest) = match rest {
        [flag, users, rest @ ..] if flag == "--users" => {
            (Some(users.parse::<u64>().context(USAGE)?), rest)
        }
        rest => (None, rest),
    };
    let elsewhere = engines::named(URL);
    let url = elsewhere
        .clone()
        .unwrap_or_else(|| format!("http://127.0.0.1:{}", ports::GATEWAY));
    if elsewhere.is_none() && !process::listening(ports::GATEWAY) {
        bail!("no gateway at {url}: run `cargo xtask up` first, or name one in {URL}");
    }
    let env = fleet::env(&engines::up()?)?;
    let k6 = program()?;
    let out = paths::root().join("target/k6");
    fs::create_dir_all(&out)?;
    for (scenario, own_users) in scenarios {
        let tokens = sign_tokens(&env, &out, users.unwrap_or(own_users))?;
        let load = Load {
            k6: &k6,
            url: &url,
            tokens: &tokens,
            rest,
        };
        let passed = load.run(scenario, &out);
        audit(&env, &out.join(format!("{scenario}.json")))?;
        passed?;
    }
    Ok(())
}

/// k6, built from its module where it is not installed.
fn program() -> Result<PathBuf> {
    if process::installed("k6") {
        return Ok("k6".into());
    }
    let tools = paths::root().join("target/tools");
    let built = tools.join("k6");
    if !built.exists() {
        if !process::installed("go") {
            bail!("k6 is not installed, and neither is Go ≥ 1.25 to build it: install either");
        }
        step(
            &format!("building {MODULE} (once; it takes minutes)"),
            || {
                process::run(
                    Command::new("go")
                        .args(["install", MODULE])
                        .env("GOBIN", &tools),
                )
            },
        )?;
    }
    Ok(built)
}

fn sign_tokens(env: &fleet::Env, out: &Path, users: u64) -> Result<PathBuf> {
    let file = out.join("tokens.txt");
    let signed = fleet::mall(env, &["token", "--users", &format!("1..{users}")])
        .stdout(fs::File::create(&file)?)
        .status()
        .context("mall token")?;
    ensure!(signed.success(), "mall token failed ({signed})");
    Ok(file)
}

struct Load<'a> {
    k6: &'a Path,
    url: &'a str,
    tokens: &'a Path,
    /// For k6 itself: `-e RATE=500`, `--quiet`.
    rest: &'a [String],
}

impl Load<'_> {
    fn run(&self, scenario: &str, out: &Path) -> Result<()> {
        process::run(
            Command::new(self.k6)
                .args(["run", "--no-usage-report"])
                .args(self.rest)
                .arg("deploy/k6/seckill.js")
                .env("SCENARIO", scenario)
                .env("URL", self.url)
                .env("TOKENS", self.tokens)
                .env("REPORT", out.join(scenario))
                .current_dir(paths::root()),
        )
        .with_context(|| format!("{scenario}: a threshold, or k6 itself"))
    }
}

/// What buyers were told is in MySQL, each order with a unit of its own.
fn audit(env: &fleet::Env, report: &Path) -> Result<()> {
    let text = fs::read_to_string(report).with_context(|| report.display().to_string())?;
    let report: Value = serde_json::from_str(&text)?;
    let figure = |name: &'static str| {
        let figure = report[name].as_u64();
        figure.with_context(|| format!("a report without {name}"))
    };
    let (asked, won) = (figure("asked")?, figure("won")?);
    let decided = won + figure("repeated")? + figure("sold_out")? + figure("errors")?;
    ensure!(
        asked == decided,
        "{asked} asked, and {decided} were told anything"
    );
    let arguments = [figure("activity")?.to_string(), won.to_string()];
    process::run(
        Command::new("cargo")
            .args(["run", "--quiet", "--package", "e2e", "--bin", "audit", "--"])
            .args(arguments)
            .envs(env.iter().cloned())
            .current_dir(paths::root()),
    )
}
