//! What operators rely on: every alert has its runbook, every service its configuration, every copy of a
//! shared table the same text.

use super::{File, Findings};
use crate::ports;

pub(crate) fn check(files: &[File], findings: &mut Findings) {
    for (service, _) in ports::SERVICES {
        let path = format!("deploy/config/{service}.toml");
        if !files.iter().any(|file| file.path == path) {
            findings.add(&path, "missing: one complete, commented file per service");
        }
    }
    for table in ["0100_outbox.sql", "0101_inbox.sql"] {
        check_copies(files, table, findings);
    }
    for file in files
        .iter()
        .filter(|file| file.path.starts_with("deploy/prometheus/"))
    {
        for line in file.text.lines() {
            if let Some(alert) = line.trim().strip_prefix("- alert: ") {
                let runbook = format!("deploy/runbooks/{alert}.md");
                if !files.iter().any(|other| other.path == runbook) {
                    findings.add(&file.path, &format!("{alert} has no {runbook}"));
                }
            }
        }
    }
}

fn check_copies(files: &[File], name: &str, findings: &mut Findings) {
    let mut copies = files
        .iter()
        .filter(|file| file.path.starts_with("migrations/") && file.path.ends_with(name));
    let Some(first) = copies.next() else { return };
    for copy in copies {
        if copy.text != first.text {
            findings.add(&copy.path, &format!("differs from {}", first.path));
        }
    }
}
