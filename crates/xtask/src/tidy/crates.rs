//! Which crate may stand on which, and which may name a technology.

use super::{File, Findings};

const SERVICES: [&str; 7] = [
    "gateway", "user", "product", "order", "seckill", "payment", "compare",
];

/// Lower rings first; a crate stands only on rings below its own.
const RINGS: [&[&str]; 5] = [
    &["ids", "money", "clock", "fault", "trace"],
    &[
        "service", "db", "kv", "mq", "outbox", "rpc", "auth", "blob", "batch", "search", "sheet",
        "diff",
    ],
    &["proto", "wechatpay"],
    &SERVICES,
    &[
        "mall",
        "xtask",
        "e2e",
        "testkit",
        "simulators",
        "model",
        "fuzz",
    ],
];

/// The one exception inside a ring, and vocabulary that stands on vocabulary.
const ALLOWED_BESIDE: [(&str, &str); 4] = [
    ("outbox", "db"),
    ("outbox", "mq"),
    ("ids", "clock"),
    ("diff", "sheet"),
];

/// A library, and the only crates that may depend on it.
const HOMES: [(&str, &[&str]); 9] = [
    ("lapin", &["mq"]),
    ("redis", &["kv"]),
    ("aws-sdk-s3", &["blob"]),
    // e2e measures the fleet beside a server that decodes tokens the general way.
    ("jsonwebtoken", &["auth", "e2e"]),
    ("calamine", &[]),
    ("rust_xlsxwriter", &["diff"]),
    ("tantivy", &["search"]),
    ("axum", &["e2e", "gateway", "service", "simulators"]),
    ("clap", &["mall", "e2e"]),
];

const VAGUE: [&str; 9] = [
    "utils", "util", "helpers", "helper", "common", "core", "shared", "types", "prelude",
];

pub(crate) fn check(files: &[File], findings: &mut Findings) {
    for file in files {
        check_name(&file.path, findings);
        let Some(name) = manifest_of(&file.path) else {
            continue;
        };
        let Some(ring) = ring_of(name) else {
            findings.add(
                &file.path,
                "this crate is in no ring: place it in tidy/crates.rs",
            );
            continue;
        };
        for (kind, dependency) in dependencies(&file.text) {
            check_dependency(file, name, ring, kind, &dependency, findings);
        }
    }
}

fn check_name(path: &str, findings: &mut Findings) {
    let vague = path.split(['/', '.']).any(|part| VAGUE.contains(&part));
    if vague && path.starts_with("crates/") {
        findings.add(path, "a vague name attracts strangers: name the noun");
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Normal,
    Dev,
}

fn check_dependency(
    file: &File,
    name: &str,
    ring: usize,
    kind: Kind,
    dependency: &str,
    findings: &mut Findings,
) {
    if let Some((_, homes)) = HOMES.iter().find(|(library, _)| *library == dependency)
        && !homes.contains(&name)
        && kind == Kind::Normal
    {
        findings.add(
            &file.path,
            &format!("{dependency} belongs to {}", homes.join(", ")),
        );
    }
    let Some(below) = ring_of(dependency) else {
        return;
    };
    if SERVICES.contains(&name) && SERVICES.contains(&dependency) {
        findings.add(
            &file.path,
            &format!("a service learns about {dependency} through proto only"),
        );
    } else if kind == Kind::Normal
        && below >= ring
        && ring < RINGS.len() - 1
        && !ALLOWED_BESIDE.contains(&(name, dependency))
    {
        findings.add(&file.path, &format!("{dependency} is not below {name}"));
    }
}

fn manifest_of(path: &str) -> Option<&str> {
    path.strip_prefix("crates/")?.strip_suffix("/Cargo.toml")
}

fn ring_of(name: &str) -> Option<usize> {
    RINGS.iter().position(|ring| ring.contains(&name))
}

/// Dependencies by table, from a manifest in the house's form: `name.workspace = true` or `name = { … }`.
fn dependencies(manifest: &str) -> Vec<(Kind, String)> {
    let mut kind = None;
    let mut found = Vec::new();
    for line in manifest.lines() {
        let line = line.trim();
        if line.starts_with('[') {
            kind = match line {
                "[dependencies]" => Some(Kind::Normal),
                "[dev-dependencies]" => Some(Kind::Dev),
                _ => None,
            };
        } else if let (Some(kind), Some((name, _))) = (kind, line.split_once('='))
            && !line.starts_with('#')
        {
            let name = name.trim();
            found.push((
                kind,
                name.strip_suffix(".workspace").unwrap_or(name).to_owned(),
            ));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, text: &str) -> usize {
        let mut findings = Findings::default();
        check(
            &[File {
                path: path.into(),
                text: text.into(),
            }],
            &mut findings,
        );
        findings.0.len()
    }

    #[test]
    fn a_service_may_not_depend_on_a_service() {
        assert_eq!(
            found(
                "crates/order/Cargo.toml",
                "[dependencies]\nseckill.workspace = true\n"
            ),
            1
        );
        assert_eq!(
            found(
                "crates/order/Cargo.toml",
                "[dependencies]\nproto.workspace = true\n"
            ),
            0
        );
    }

    #[test]
    fn technologies_stay_at_home_and_arrows_point_down() {
        assert_eq!(
            found(
                "crates/order/Cargo.toml",
                "[dependencies]\nlapin.workspace = true\n"
            ),
            1
        );
        assert_eq!(
            found(
                "crates/db/Cargo.toml",
                "[dependencies]\nservice.workspace = true\n"
            ),
            1
        );
        assert_eq!(
            found(
                "crates/outbox/Cargo.toml",
                "[dependencies]\ndb.workspace = true\n"
            ),
            0
        );
        assert_eq!(found("crates/order/src/utils.rs", ""), 1);
    }
}
