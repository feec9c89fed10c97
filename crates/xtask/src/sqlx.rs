//! `sqlx`: checks every static statement against a schema made from the migrations, and keeps what the macros
//! learnt in `<crate>/.sqlx`, so that builds need no database.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail};

use crate::{engines, fleet, paths, process, secrets, step::step};

const ALL: [&str; 6] = ["user", "product", "order", "seckill", "payment", "compare"];

/// Prepares the named crates, or all; with `--check` it only compares.
pub(crate) fn sqlx(arguments: &[String]) -> Result<()> {
    let check = arguments.iter().any(|argument| argument == "--check");
    let named: Vec<&str> = arguments
        .iter()
        .map(String::as_str)
        .filter(|argument| *argument != "--check")
        .collect();
    let crates = if named.is_empty() {
        ALL.to_vec()
    } else {
        named
    };
    let engines = engines::up()?;
    for name in crates {
        step(&format!("statements of {name}"), || {
            prepare(name, &engines.mysql, check)
        })?;
    }
    Ok(())
}

fn prepare(name: &str, server: &str, check: bool) -> Result<()> {
    let schema = format!("mall_sqlx_{name}");
    let mut env = secrets::env()?;
    env.push(("MALL_MYSQL_URL".to_owned(), server.to_owned()));
    env.push(("MALL_DB__SCHEMA".to_owned(), schema.clone()));
    process::run(&mut fleet::mall(&env, &["migrate", name]))?;

    let root = paths::root();
    let fresh = paths::run_dir().join("sqlx").join(name);
    if fresh.exists() {
        fs::remove_dir_all(&fresh)?;
    }
    fs::create_dir_all(&fresh)?;
    // The macros write what they learn only while they expand, so the crate has to be compiled anew.
    process::run(Command::new("touch").arg(root.join(format!("crates/{name}/src/lib.rs"))))?;
    process::run(
        Command::new("cargo")
            .args(["check", "--quiet", "--package", name, "--all-targets"])
            .env("SQLX_OFFLINE", "false")
            .env("SQLX_OFFLINE_DIR", &fresh)
            .env("DATABASE_URL", format!("{server}/{schema}"))
            .current_dir(&root),
    )?;
    let kept = root.join(format!("crates/{name}/.sqlx"));
    if check {
        if read_all(&fresh)? != read_all(&kept)? {
            bail!(
                "{} is not what the migrations say: run `cargo xtask sqlx {name}`",
                kept.display()
            );
        }
        return Ok(());
    }
    replace(&fresh, &kept)
}

fn read_all(directory: &Path) -> Result<BTreeMap<PathBuf, String>> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(directory).with_context(|| directory.display().to_string())? {
        let path = entry?.path();
        let name = path.file_name().context("a file without a name")?.into();
        files.insert(name, fs::read_to_string(&path)?);
    }
    Ok(files)
}

fn replace(fresh: &Path, kept: &Path) -> Result<()> {
    if kept.exists() {
        fs::remove_dir_all(kept)?;
    }
    fs::create_dir_all(kept)?;
    for (name, text) in read_all(fresh)? {
        fs::write(kept.join(name), text)?;
    }
    Ok(())
}
