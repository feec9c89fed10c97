//! Engines from Debian's packages, installed without starting any system service.

use std::{fs, os::unix::fs::PermissionsExt, path::Path, process::Command};

use anyhow::{Result, bail};

use crate::{process, step::step};

/// A program that has to be there, and the package that brings it.
const NEEDED: [(&str, &str); 3] = [
    ("mariadbd", "mariadb-server"),
    ("redis-server", "redis-server"),
    ("/usr/lib/rabbitmq/bin/rabbitmq-server", "rabbitmq-server"),
];

const POLICY: &str = "/usr/sbin/policy-rc.d";

/// Installs what is missing of the packages that bring `programs`.
pub(crate) fn install_missing(wanted: &[&str]) -> Result<()> {
    let missing: Vec<&str> = NEEDED
        .iter()
        .filter(|(program, package)| wanted.contains(package) && !present(program))
        .map(|(_, package)| *package)
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    if !process::installed("apt-get") {
        bail!(
            "{} missing and this is not Debian: install them, name engines in MALL_MYSQL_URL, MALL_REDIS_URL and MALL_AMQP_URL, or start Docker",
            missing.join(", ")
        );
    }
    install(&missing)
}

/// Installs packages that are known to be missing.
pub(crate) fn install(missing: &[&str]) -> Result<()> {
    let names = missing.join(", ");
    if !is_root() {
        bail!(
            "{names} missing: run `apt-get install {}` as root, or this command as root",
            missing.join(" ")
        );
    }
    step(
        &format!("installing {names} (no system service is started)"),
        || without_services(missing),
    )
}

fn present(program: &str) -> bool {
    Path::new(program).exists() || process::installed(program)
}

fn is_root() -> bool {
    Command::new("id")
        .arg("-u")
        .output()
        .is_ok_and(|out| out.stdout.trim_ascii() == b"0")
}

/// Debian asks `policy-rc.d` before a package starts its service: ours refuses, for as long as this takes.
fn without_services(packages: &[&str]) -> Result<()> {
    let ours = !Path::new(POLICY).exists();
    if ours {
        fs::write(POLICY, "#!/bin/sh\nexit 101\n")?;
        fs::set_permissions(POLICY, fs::Permissions::from_mode(0o755))?;
    }
    let result = apt_get(&["update"]).and_then(|()| {
        let mut arguments = vec!["install", "-y", "--no-install-recommends"];
        arguments.extend(packages);
        apt_get(&arguments)
    });
    if ours {
        fs::remove_file(POLICY)?;
    }
    result
}

fn apt_get(arguments: &[&str]) -> Result<()> {
    process::run(
        Command::new("apt-get")
            .arg("-qq")
            .args(arguments)
            .env("DEBIAN_FRONTEND", "noninteractive"),
    )
}
