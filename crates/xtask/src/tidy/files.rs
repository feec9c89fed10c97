//! Sizes, headers, and what may stand in which file.

use super::{File, Findings};

const RUST_LINES_MAX: usize = 500;
const COLUMNS_MAX: usize = 100;
/// Prose may be a little wider than code, so that a link or a table row fits.
const COMMENT_COLUMNS_MAX: usize = 120;

/// Crates whose amounts must never meet a float.
const MONEY: [&str; 5] = ["money", "order", "payment", "wechatpay", "ids"];

/// Statements may stand in these rooms only.
const SQL_ROOMS: [&str; 6] = [
    "/store",
    "crates/outbox/",
    "crates/db/",
    "/tests/",
    "crates/testkit/",
    "crates/e2e/",
];

const TOP_LEVEL: [&str; 18] = [
    "Cargo.toml",
    "Cargo.lock",
    "crates",
    "proto",
    "deploy",
    "migrations",
    "k8s",
    "docker-compose.yml",
    ".gitlab-ci.yml",
    "README.md",
    "README.zh-CN.md",
    "frontend",
    ".ci",
    ".cargo",
    ".gitignore",
    ".rustfmt.toml",
    ".clippy.toml",
    ".dockerignore",
];

pub(crate) fn check(files: &[File], findings: &mut Findings) {
    for file in files {
        let path = file.path.as_str();
        let top = path.split('/').next().unwrap_or(path);
        if !TOP_LEVEL.contains(&top) {
            findings.add(path, "not in the list of top-level names");
        }
        match path.rsplit('.').next() {
            Some("rs") => check_rust(file, findings),
            Some("lua") => check_lua(file, findings),
            _ => {}
        }
    }
}

fn check_rust(file: &File, findings: &mut Findings) {
    let lines = file.text.lines().count();
    if lines > RUST_LINES_MAX {
        findings.add(
            &file.path,
            &format!("{lines} lines: split it by noun or verb"),
        );
    }
    let money = MONEY
        .iter()
        .any(|name| file.path.starts_with(&format!("crates/{name}/src/")));
    let sql_room = SQL_ROOMS.iter().any(|room| file.path.contains(room));
    let mut in_text = false;
    for (index, line) in file.text.lines().enumerate() {
        let place = format!("{}:{}", file.path, index + 1);
        let is_comment = !in_text && line.trim_start().starts_with("//");
        if is_comment && line.chars().count() > COMMENT_COLUMNS_MAX {
            findings.add(&place, "a comment wider than 120 columns");
        }
        if !is_comment && width_without_texts(line, &mut in_text) > COLUMNS_MAX {
            findings.add(&place, "wider than 100 columns");
        }
        if line.trim_start().starts_with("#[allow(") || line.trim_start().starts_with("#![allow(") {
            findings.add(&place, "#[expect(…, reason = …)] instead of #[allow]");
        }
        if money && (line.contains("f64") || line.contains("f32")) && !line.contains("seconds") {
            findings.add(&place, "no float may come near an amount");
        }
        if !sql_room && file.path.starts_with("crates/") && is_statement(line) {
            findings.add(&place, "SQL stands in store only");
        }
    }
}

/// How wide a line of code is beside its string literals, which rustfmt does not break. `in_text`: a
/// literal goes on over the end of the line.
fn width_without_texts(line: &str, in_text: &mut bool) -> usize {
    let (mut width, mut escaped) = (0, false);
    for char in line.replace("'\"'", "   ").chars() {
        let is_quote = char == '"' && !escaped;
        escaped = char == '\\' && !escaped && *in_text;
        if is_quote {
            *in_text = !*in_text;
        }
        width += usize::from(is_quote || !*in_text);
    }
    width
}

fn is_statement(line: &str) -> bool {
    let text = line.trim_start().trim_start_matches(['"', 'r', '#', '(']);
    ["SELECT ", "INSERT INTO ", "INSERT IGNORE ", "DELETE FROM "]
        .iter()
        .any(|verb| text.starts_with(verb))
}

/// A script opens with what it needs, what it answers and what it keeps true.
fn check_lua(file: &File, findings: &mut Findings) {
    let head: String = file
        .text
        .lines()
        .take_while(|line| line.starts_with("--"))
        .collect();
    let head = head.to_lowercase();
    for word in ["keys", "args", "repl", "invariant"] {
        if !head.contains(word) {
            findings.add(&file.path, &format!("the header says nothing of {word}"));
        }
    }
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
    fn statements_stay_in_the_store() {
        assert_eq!(
            found("crates/order/src/app/land.rs", "    \"SELECT 1\","),
            1
        );
        assert_eq!(
            found("crates/order/src/store/orders.rs", "    \"SELECT 1\","),
            0
        );
    }

    #[test]
    fn floats_stay_away_from_money() {
        assert_eq!(found("crates/money/src/lib.rs", "fn yuan() -> f64 {}"), 1);
        assert_eq!(found("crates/rpc/src/lib.rs", "fn seconds() -> f64 {}"), 0);
    }

    #[test]
    fn only_the_text_of_a_literal_may_be_wide() {
        let wide = "x".repeat(110);
        let in_rust = |text: &str| found("crates/ids/src/x.rs", text);
        assert_eq!(in_rust(&format!("call({wide});")), 1);
        assert_eq!(in_rust(&format!("call(\"{wide}\");")), 0);
        assert_eq!(in_rust(&format!("call(\"\", {wide});")), 1);
        assert_eq!(in_rust(&format!("call(\"\n{wide}\n\");\n{wide}")), 1);
        assert_eq!(in_rust(&format!("call('\"', {wide});")), 1);
        assert_eq!(in_rust(&format!("// {wide}")), 0);
        assert_eq!(in_rust(&format!("// {wide}{wide}")), 1);
    }

    #[test]
    fn a_script_without_its_header_is_found() {
        assert_eq!(found("crates/seckill/src/lua/x.lua", "return 1"), 4);
    }

    #[test]
    fn strangers_at_the_top_are_found() {
        assert_eq!(found("notes.md", ""), 1);
    }
}
