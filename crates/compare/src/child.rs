//! Comparisons in a process of their own: a hostile file may take its process, never ours.
//!
//! One JSON request goes to the child's standard input; JSON lines come back, progress first, one
//! `done` or `failed` at the end.

mod serve;

use std::{path::Path, process::Stdio, time::Duration};

use serde::{Deserialize, Serialize};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines},
    process::{Child, ChildStdout, Command},
    time::timeout,
};
use tokio_util::sync::CancellationToken;

use diff::{Failure, FailureCode, Meter, Progress, Request, Summary};

pub use serve::serve;

/// The subcommand that serves.
pub const COMMAND: &str = "compare-child";

/// The child stops itself when its time is up; if it cannot, it is killed so much later.
const GRACE: Duration = Duration::from_secs(5);

/// To the allocator: small pages, given back at once. A child lives for seconds beside others of
/// its kind; as a server would keep its memory, it would hold more than twice as much.
const FRUGAL: [(&str, &str); 2] = [("MIMALLOC_ALLOW_THP", "0"), ("MIMALLOC_PURGE_DELAY", "0")];

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Verb {
    Quote,
    Compare,
}

#[derive(Debug, Serialize, Deserialize)]
struct Order {
    verb: Verb,
    request: Request,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line {
    Progress(Progress),
    Done(Answer),
    Failed(Failure),
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged)]
enum Answer {
    Summary(Box<Summary>),
    Meter(Meter),
}

/// A comparison that has its result.
#[derive(Debug, Clone)]
pub struct Done {
    pub summary: Summary,
}

/// Compares in a child of this `binary`.
pub async fn run(
    binary: &Path,
    request: &Request,
    on_progress: impl FnMut(Progress),
    cancel: CancellationToken,
) -> Result<Done, Failure> {
    match supervise(binary, Verb::Compare, request, on_progress, cancel).await? {
        Answer::Summary(summary) => Ok(Done { summary: *summary }),
        Answer::Meter(_) => Err(Failure::internal("the child answered another question")),
    }
}

/// Counts in a child of this `binary` what a comparison would read.
pub async fn quote(
    binary: &Path,
    request: &Request,
    cancel: CancellationToken,
) -> Result<Meter, Failure> {
    match supervise(binary, Verb::Quote, request, |_| {}, cancel).await? {
        Answer::Meter(meter) => Ok(meter),
        Answer::Summary(_) => Err(Failure::internal("the child answered another question")),
    }
}

async fn supervise(
    binary: &Path,
    verb: Verb,
    request: &Request,
    on_progress: impl FnMut(Progress),
    cancel: CancellationToken,
) -> Result<Answer, Failure> {
    let order = Order {
        verb,
        request: request.clone(),
    };
    let order = serde_json::to_vec(&order).map_err(Failure::internal)?;
    let mut child = command(binary).spawn().map_err(Failure::internal)?;
    if let Some(mut stdin) = child.stdin.take() {
        // A child that died already says so below.
        let _ = stdin.write_all(&order).await;
    }
    let Some(stdout) = child.stdout.take() else {
        return Err(Failure::internal("the child has no output"));
    };
    let wall = Duration::from_secs(request.limits.wall_s) + GRACE;
    let answer = listen(BufReader::new(stdout).lines(), on_progress);
    tokio::select! {
        () = cancel.cancelled() => {
            stop(&mut child).await;
            Err(Failure::new(FailureCode::Cancelled, "已取消"))
        }
        answer = timeout(wall, answer) => match answer {
            Ok(Some(answer)) => {
                stop(&mut child).await;
                answer
            }
            Ok(None) => Err(death(&mut child).await),
            Err(_) => {
                stop(&mut child).await;
                Err(timed_out())
            }
        },
    }
}

fn command(binary: &Path) -> Command {
    let mut command = Command::new(binary);
    command
        .arg(COMMAND)
        // A hostile file that takes the child finds no secret of its parent's.
        .env_clear()
        .envs(FRUGAL)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true);
    command
}

/// The child's last word, or `None` if it ended without one.
async fn listen(
    mut lines: Lines<BufReader<ChildStdout>>,
    mut on_progress: impl FnMut(Progress),
) -> Option<Result<Answer, Failure>> {
    while let Ok(Some(line)) = lines.next_line().await {
        match serde_json::from_str(&line) {
            Ok(Line::Progress(progress)) => on_progress(progress),
            Ok(Line::Done(answer)) => return Some(Ok(answer)),
            Ok(Line::Failed(failure)) => return Some(Err(failure)),
            Err(error) => return Some(Err(Failure::internal(error))),
        }
    }
    None
}

async fn stop(child: &mut Child) {
    // It may have ended by itself.
    let _ = child.kill().await;
}

/// A child that was killed or aborted ran into its limits.
async fn death(child: &mut Child) -> Failure {
    let status = match child.wait().await {
        Ok(status) => status,
        Err(error) => return Failure::internal(error),
    };
    match status.code() {
        Some(code) => Failure::internal(format!("the child ended with {code} and no answer")),
        None => Failure::new(FailureCode::ResourceLimit, "文件过大或资源不足,可重试")
            .with("status", status.to_string()),
    }
}

fn timed_out() -> Failure {
    Failure::new(FailureCode::Timeout, "任务超时,可重试")
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt};

    use super::*;

    #[tokio::test]
    async fn the_child_inherits_nothing_from_its_parents_environment() {
        let dir = tempfile::tempdir().unwrap();
        let binary = dir.path().join("child");
        fs::write(&binary, "#!/bin/sh\n/usr/bin/env > \"$0.env\"\n").unwrap();
        fs::set_permissions(&binary, fs::Permissions::from_mode(0o755)).unwrap();
        assert!(std::env::vars_os().any(|(name, _)| name == "CARGO_MANIFEST_DIR"));
        let ended = command(&binary).spawn().unwrap().wait().await.unwrap();
        assert!(ended.success());
        let text = fs::read_to_string(dir.path().join("child.env")).unwrap();
        // The shell's own variables, and the allocator's.
        let known = ["PWD", "OLDPWD", "SHLVL", "_"];
        let known: Vec<_> = FRUGAL.iter().map(|(name, _)| *name).chain(known).collect();
        for line in text.lines() {
            let name = line.split('=').next().unwrap_or_default();
            assert!(known.contains(&name), "{line}");
        }
        assert!(text.contains("MIMALLOC_ALLOW_THP=0"));
    }
}
