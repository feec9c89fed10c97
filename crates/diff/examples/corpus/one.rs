//! One comparison in a process of its own.

use std::{
    env, fs,
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use diff::{Input, Limits, Options, Request};
use serde::{Deserialize, Serialize};

#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Answer {
    Identical,
    /// How it differs.
    Different(String),
    /// The code of the refusal.
    Refused(String),
    /// The process did not answer.
    Died(String),
}

/// A debug build takes a hundred times as long as a release on a large sheet.
const TIME: Duration = Duration::from_secs(300);

/// In the child: compares and prints the answer.
pub(crate) fn answer(left: &Path, right: &Path) {
    let scratch = tempfile::tempdir().unwrap();
    let input = |path: &Path| Input {
        path: path.to_owned(),
        name: path.display().to_string(),
    };
    let request = Request {
        left: input(left),
        right: input(right),
        options: Options::default(),
        result: scratch.path().join("result.xlsx"),
        preview: scratch.path().join("preview.json"),
        scratch: scratch.path().to_owned(),
        limits: Limits::default(),
        created_ms: 0,
    };
    let answer = match diff::compare(&request, &mut |_| {}) {
        Ok(summary) if summary.identical => Answer::Identical,
        Ok(summary) => {
            let pairs = summary.pairs.iter();
            let counts = pairs.map(|pair| {
                let (rows, outside) = (&pair.rows, pair.outside.changed);
                let columns = pair.columns.added.len() + pair.columns.removed.len();
                let (changed, added, removed) = (rows.changed, rows.added, rows.removed);
                format!("~{changed} +{added} -{removed} columns {columns} outside {outside}")
            });
            Answer::Different(counts.collect::<Vec<_>>().join(", "))
        }
        Err(failure) => Answer::Refused(failure.code.name().to_owned()),
    };
    println!("{}", serde_json::to_string(&answer).unwrap());
}

/// Starts a child that compares, and waits for its answer.
pub(crate) fn ask(left: &Path, right: &Path) -> Answer {
    let child = command("--one", left, right)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn();
    let mut child = child.unwrap();
    if !ends(&mut child) {
        return Answer::Died(format!("no answer in {TIME:?}"));
    }
    let output = child.wait_with_output().unwrap();
    let died = || Answer::Died(output.status.to_string());
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| died())
}

/// Has a child make a copy; false: the library cannot read the file.
pub(crate) fn copied(from: &Path, to: &Path) -> bool {
    let _ = fs::remove_file(to);
    let child = command("--copy", from, to).stderr(Stdio::null()).spawn();
    let mut child = child.unwrap();
    ends(&mut child) && child.wait().unwrap().success()
}

/// What reads a hostile file may take 2 GiB and no more.
fn command(verb: &str, one: &Path, other: &Path) -> Command {
    let mut command = Command::new("sh");
    command
        .args(["-c", "ulimit -v 2097152; exec \"$0\" \"$@\""])
        .arg(env::current_exe().unwrap())
        .arg(verb)
        .args([one, other]);
    command
}

/// Waits until the child has ended or its time is up. The answer is a line: it fits in the pipe.
fn ends(child: &mut Child) -> bool {
    let started = Instant::now();
    while started.elapsed() < TIME {
        if child.try_wait().unwrap().is_some() {
            return true;
        }
        thread::sleep(Duration::from_millis(5));
    }
    let _ = child.kill();
    let _ = child.wait();
    false
}
