//! The binary as an operator meets it, before any engine is there.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail their test")]

use std::process::{Command, Output};

fn mall(arguments: &[&str], env: &[(&str, &str)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mall"));
    command
        .args(arguments)
        .envs(env.iter().copied())
        .output()
        .unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn the_defaults_of_every_service_are_in_order() {
    let checked = mall(&["check-config"], &[]);
    assert!(checked.status.success(), "{}", stderr(&checked));
    assert_eq!(stdout(&checked).lines().count(), 7, "{}", stdout(&checked));
}

#[test]
fn a_wrong_setting_is_named_with_its_variable() {
    let checked = mall(&["check-config"], &[("MALL_LIMITS__IP_PER_S", "0")]);
    assert_eq!(checked.status.code(), Some(64), "{}", stderr(&checked));
    assert!(
        stderr(&checked).contains("ip_per_s"),
        "{}",
        stderr(&checked)
    );
}

#[test]
fn production_refuses_what_everybody_knows() {
    let checked = mall(
        &["check-config"],
        &[("MALL_SERVICE__PROFILE", "production")],
    );
    assert_eq!(checked.status.code(), Some(64));
    assert!(stderr(&checked).contains("secret"), "{}", stderr(&checked));
}

#[test]
fn tokens_are_signed_offline_one_a_line() {
    let signed = mall(&["token", "--users", "7..9"], &[]);
    assert!(signed.status.success(), "{}", stderr(&signed));
    let tokens = stdout(&signed);
    let tokens: Vec<&str> = tokens.lines().collect();
    assert!(tokens.len() >= 2 && tokens.iter().all(|token| token.split('.').count() == 3));
}

#[test]
fn an_unknown_command_is_refused() {
    assert_eq!(mall(&["sell-everything"], &[]).status.code(), Some(2));
}
