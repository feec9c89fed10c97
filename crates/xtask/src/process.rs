//! Commands that are run, and processes that are left running.

use std::{
    fs::{self, File},
    net::{SocketAddr, TcpStream},
    path::PathBuf,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};

use crate::paths;

/// Runs a command with the terminal's output; an unsuccessful end is an error.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let name = format!("{command:?}");
    let status = command
        .status()
        .with_context(|| format!("could not start {name}"))?;
    if status.success() {
        Ok(())
    } else {
        bail!("{name} failed ({status})")
    }
}

/// Runs a command whose output only matters when it fails: then it is the error.
pub(crate) fn quietly(command: &mut Command) -> Result<()> {
    let name = format!("{command:?}");
    let output = command
        .output()
        .with_context(|| format!("could not start {name}"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = [output.stdout, output.stderr].concat();
    bail!("{name} failed:\n{}", String::from_utf8_lossy(&said).trim())
}

/// Runs a command quietly and answers whether it succeeded.
pub(crate) fn succeeds(program: &str, arguments: &[&str]) -> bool {
    Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

pub(crate) fn installed(program: &str) -> bool {
    succeeds("sh", &["-c", &format!("command -v {program}")])
}

fn pid_file(name: &str) -> PathBuf {
    paths::run_dir().join(format!("{name}.pid"))
}

/// The process that was left running under `name`, if it still does.
pub(crate) fn running(name: &str) -> Option<u32> {
    let pid: u32 = fs::read_to_string(pid_file(name))
        .ok()?
        .trim()
        .parse()
        .ok()?;
    alive(pid).then_some(pid)
}

/// A zombie has ended, though nobody has asked how.
fn alive(pid: u32) -> bool {
    fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| {
        stat.rsplit(')')
            .next()
            .is_some_and(|rest| !rest.trim_start().starts_with('Z'))
    })
}

/// Leaves `command` running in a session of its own, with its output in a log file.
pub(crate) fn leave_running(name: &str, command: &Command) -> Result<u32> {
    fs::create_dir_all(paths::log_dir())?;
    let log = File::options()
        .create(true)
        .append(true)
        .open(log_file(name))?;
    let mut detached = Command::new("setsid");
    detached.arg(command.get_program()).args(command.get_args());
    for (key, value) in command.get_envs() {
        match value {
            Some(value) => detached.env(key, value),
            None => detached.env_remove(key),
        };
    }
    if let Some(directory) = command.get_current_dir() {
        detached.current_dir(directory);
    }
    let child = detached
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        .spawn()
        .with_context(|| format!("could not start {name}"))?;
    fs::write(pid_file(name), child.id().to_string())?;
    Ok(child.id())
}

pub(crate) fn log_file(name: &str) -> PathBuf {
    paths::log_dir().join(format!("{name}.log"))
}

/// Ends what was left running under `name`: asks, waits, and insists after `grace`.
pub(crate) fn stop(name: &str, grace: Duration) -> Result<bool> {
    let Some(pid) = running(name) else {
        let _ = fs::remove_file(pid_file(name));
        return Ok(false);
    };
    let pid_text = pid.to_string();
    succeeds("kill", &["-TERM", &pid_text]);
    if !wait_until(grace, || !alive(pid)) {
        // It leads a group: a script that started the server would leave it behind.
        succeeds("kill", &["-KILL", "--", &format!("-{pid_text}")]);
        wait_until(Duration::from_secs(5), || !alive(pid));
    }
    fs::remove_file(pid_file(name))?;
    Ok(true)
}

/// Whether something listens on a loopback port.
pub(crate) fn listening(port: u16) -> bool {
    TcpStream::connect_timeout(
        &SocketAddr::from(([127, 0, 0, 1], port)),
        Duration::from_millis(300),
    )
    .is_ok()
}

/// Polls until `done`, for `limit` at most.
pub(crate) fn wait_until(limit: Duration, mut done: impl FnMut() -> bool) -> bool {
    let start = Instant::now();
    loop {
        if done() {
            return true;
        }
        if start.elapsed() > limit {
            return false;
        }
        thread::sleep(Duration::from_millis(100));
    }
}

/// Waits for `name` to be ready; if it ends first, says so with the end of its log.
pub(crate) fn wait_ready(
    name: &str,
    limit: Duration,
    mut ready: impl FnMut() -> bool,
) -> Result<()> {
    let mut ended = false;
    let is_ready = wait_until(limit, || {
        ended = running(name).is_none();
        ended || ready()
    });
    if is_ready && !ended {
        return Ok(());
    }
    let why = if ended { "ended" } else { "is not ready" };
    bail!(
        "{name} {why}; the end of {}:\n{}",
        log_file(name).display(),
        log_tail(name)
    )
}

fn log_tail(name: &str) -> String {
    const LINES: usize = 15;
    let text = fs::read_to_string(log_file(name)).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(LINES)..].join("\n")
}
