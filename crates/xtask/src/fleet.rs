//! The seven services as seven processes, and the companies that they talk to.

use std::{fs, process::Command, time::Duration};

use anyhow::{Context, Result, bail};

use crate::{engines::Engines, paths, ports, process, secrets, step::step};

const READY_LIMIT: Duration = Duration::from_secs(60);
/// A service drains for up to 20 seconds; then it may be ended.
const STOP_GRACE: Duration = Duration::from_secs(30);

/// What every process of the fleet finds in its environment.
pub(crate) type Env = Vec<(String, String)>;

pub(crate) fn env(engines: &Engines) -> Result<Env> {
    let mut env: Env = engines
        .env()
        .into_iter()
        .map(|(key, value)| (key.to_owned(), value))
        .collect();
    env.push((
        "MALL_S3_URL".into(),
        format!("http://127.0.0.1:{}", ports::S3),
    ));
    env.push(("MALL_SERVICE__PROFILE".into(), "demo".into()));
    env.push(("MALL_PAY__MOCK".into(), "true".into()));
    // `mall token` signs for load tests without any session.
    env.push(("MALL_AUTH__ACCEPT_SESSIONLESS".into(), "true".into()));
    // The demo's administrator is called admin.
    env.push(("MALL_USERS__RESERVED".into(), "[]".into()));
    env.extend(secrets::env()?);
    Ok(env)
}

/// Builds the binary; cargo's own progress is shown.
pub(crate) fn build() -> Result<()> {
    step("building mall (the first time takes minutes)", || {
        process::run(
            Command::new("cargo")
                .args(["build", "--package", "mall"])
                .current_dir(paths::root()),
        )
    })
}

pub(crate) fn mall(env: &Env, arguments: &[&str]) -> Command {
    let mut command = Command::new(paths::mall());
    command
        .args(arguments)
        .envs(env.iter().cloned())
        .current_dir(paths::root());
    command
}

/// Starts the stand-ins for other companies; answers what payment has to know of WeChat's.
pub(crate) fn start_simulators(env: &Env) -> Result<Env> {
    let wechat_dir = paths::run_dir().join("wechat");
    let s3_dir = paths::run_dir().join("data/s3");
    fs::create_dir_all(&s3_dir)?;
    fs::create_dir_all(&wechat_dir)?;
    let wechat = wechat_dir.display().to_string();
    let s3 = s3_dir.display().to_string();
    start(
        "wechat",
        ports::WECHAT,
        &mall(env, &["simulate", "wechat", "--dir", &wechat]),
    )?;
    start(
        "s3",
        ports::S3,
        &mall(env, &["simulate", "s3", "--dir", &s3]),
    )?;
    let client = wechat_dir.join("client.env");
    let text = fs::read_to_string(&client).with_context(|| client.display().to_string())?;
    Ok(secrets::parse(&text))
}

fn start(name: &str, port: u16, command: &Command) -> Result<()> {
    if process::running(name).is_some() {
        return Ok(());
    }
    refuse_taken(name, port)?;
    process::leave_running(name, command)?;
    process::wait_ready(name, READY_LIMIT, || process::listening(port))
}

fn refuse_taken(name: &str, port: u16) -> Result<()> {
    if process::listening(port) {
        bail!("port {port} of {name} is taken by something that is not ours: stop it first");
    }
    Ok(())
}

/// Starts what does not run yet and waits until all of them are ready. The gateway comes last: a peer that it
/// did not reach it lets rest for a while.
pub(crate) fn start_services(env: &Env) -> Result<()> {
    let (gateway, others) = ports::SERVICES.split_at(1);
    for services in [others, gateway] {
        for (name, admin) in services {
            if process::running(name).is_none() {
                refuse_taken(name, *admin)?;
                process::leave_running(name, &mall(env, &[name]))?;
            }
        }
        for (name, admin) in services {
            let url = format!("http://127.0.0.1:{admin}/readyz");
            process::wait_ready(name, READY_LIMIT, || ureq::get(&url).call().is_ok())?;
        }
    }
    Ok(())
}

/// Stops the services first, then the companies.
pub(crate) fn down() -> Result<()> {
    let services = ports::SERVICES.iter().map(|(name, _)| *name);
    for name in services.chain(["wechat", "s3"]) {
        if process::stop(name, STOP_GRACE)? {
            println!("· {name} stopped");
        }
    }
    Ok(())
}
