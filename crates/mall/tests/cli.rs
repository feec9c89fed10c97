//! The binary as an operator meets it, before any engine is there.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail their test")]

use std::process::{Command, Output};

const RANDOM: &str = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
/// What no default brings.
const SECRETS: [(&str, &str); 3] = [
    ("MALL_FLEET__SECRET", RANDOM),
    ("MALL_AUTH__KEYS__K1__STATE", "signing"),
    ("MALL_AUTH__KEYS__K1__SECRET", RANDOM),
];

fn mall(arguments: &[&str], env: &[(&str, &str)]) -> Output {
    bare(arguments, &[&SECRETS, env].concat())
}

fn bare(arguments: &[&str], env: &[(&str, &str)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mall"));
    command
        .args(arguments)
        .env_clear()
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
fn no_secret_ships_in_a_default() {
    let checked = bare(&["check-config"], &[]);
    assert_eq!(checked.status.code(), Some(64));
    let said = stderr(&checked);
    assert_eq!(said.lines().count(), 7, "{said}");
    assert!(
        said.lines().all(|line| line.contains("MALL_FLEET__SECRET")),
        "{said}"
    );
    let fleet_only = bare(&["check-config"], &[SECRETS[0]]);
    assert!(
        stderr(&fleet_only).contains("MALL_AUTH__KEYS"),
        "{}",
        stderr(&fleet_only)
    );
}

#[test]
fn a_key_of_the_file_below_does_not_survive_beside_the_environments() {
    let dir = std::env::temp_dir().join(format!("mall-keys-{}", std::process::id()));
    std::fs::create_dir_all(&dir).unwrap();
    let known = "demo-signing-key-known-to-everybody-and-longer";
    let file = format!(
        "[auth]\naccept_sessionless = true\n[auth.keys.demo]\nstate = \"signing\"\n\
         secret = \"{known}\"\n"
    );
    std::fs::write(dir.join("user.toml"), file).unwrap();
    let arguments = [
        "--config-dir",
        dir.to_str().unwrap(),
        "token",
        "--users",
        "1..1",
    ];
    let forged = stdout(&bare(&arguments, &SECRETS[..1]));
    let genuine = stdout(&mall(&arguments, &[]));
    assert!(!forged.is_empty() && !genuine.is_empty());
    // Both layers together have one ring, that of the upper one: two keys would be two signing ones.
    let header = |token: &str| token.split('.').next().unwrap().to_owned();
    assert_ne!(header(&forged), header(&genuine));
    std::fs::remove_dir_all(dir).unwrap();
}

#[test]
fn production_is_a_list_of_facts() {
    let production = [
        ("MALL_SERVICE__PROFILE", "production"),
        ("MALL_DB__URL", "mysql://shop:a-password-of-16@127.0.0.1"),
        ("MALL_KV__URL", "redis://:a-password-of-16@127.0.0.1"),
        ("MALL_MQ__URL", "amqp://shop:a-password-of-16@127.0.0.1"),
        ("MALL_BLOB__ACCESS_KEY", "AKIA1234"),
        ("MALL_BLOB__SECRET_KEY", "of-a-real-store"),
    ];
    let with = |change: &[(&'static str, &'static str)]| {
        let mut env: Vec<_> = production.into();
        env.retain(|(name, _)| change.iter().all(|(changed, _)| name != changed));
        env.extend(change);
        mall(&["check-config"], &env)
    };
    let fine = with(&[]);
    assert!(fine.status.success(), "{}", stderr(&fine));
    for (change, fact) in [
        (("MALL_FLEET__SECRET", "x"), "fleet.secret"),
        (
            (
                "MALL_AUTH__KEYS__K1__SECRET",
                "disabled-disabled-disabled-disabled",
            ),
            "auth.keys.k1",
        ),
        (
            ("MALL_AUTH__ACCEPT_SESSIONLESS", "true"),
            "accept_sessionless",
        ),
        (("MALL_DB__URL", "mysql://root@127.0.0.1"), "db.url"),
        (("MALL_MQ__URL", "amqp://guest:guest@127.0.0.1"), "mq.url"),
        (("MALL_KV__URL", "redis://127.0.0.1"), "kv.url"),
        (
            ("MALL_DB__URL", "mysql://shop:a-password-of-16@db.internal"),
            "db.url",
        ),
        (("MALL_GRPC__LISTEN", "0.0.0.0:50051"), "grpc.listen"),
    ] {
        let refused = with(&[change]);
        assert_eq!(refused.status.code(), Some(64), "{change:?}");
        let said = stderr(&refused);
        assert!(said.contains(fact), "{change:?}: {said}");
        assert!(
            !said.contains("a-password-of-16") && !said.contains(RANDOM),
            "{said}"
        );
    }
}

#[test]
fn a_secret_may_stand_in_a_file_of_its_own() {
    let file = std::env::temp_dir().join(format!("mall-secret-{}", std::process::id()));
    std::fs::write(&file, format!("{RANDOM}\n")).unwrap();
    let path = file.to_str().unwrap();
    let env = [
        ("MALL_FLEET__SECRET_FILE", path),
        ("MALL_AUTH__KEYS__K1__STATE", "signing"),
        ("MALL_AUTH__KEYS__K1__SECRET_FILE", path),
    ];
    let checked = bare(&["check-config"], &env);
    assert!(checked.status.success(), "{}", stderr(&checked));
    std::fs::remove_file(&file).unwrap();
    let gone = bare(&["check-config"], &env);
    assert!(stderr(&gone).contains("_FILE"), "{}", stderr(&gone));
}

#[test]
fn tokens_are_signed_offline_one_a_line() {
    let refused = mall(&["token", "--users", "7..9"], &[]);
    assert!(
        stderr(&refused).contains("accept_sessionless"),
        "{}",
        stderr(&refused)
    );
    let sessionless = ("MALL_AUTH__ACCEPT_SESSIONLESS", "true");
    let signed = mall(&["token", "--users", "7..9"], &[sessionless]);
    assert!(signed.status.success(), "{}", stderr(&signed));
    let tokens = stdout(&signed);
    let tokens: Vec<&str> = tokens.lines().collect();
    assert!(tokens.len() >= 2 && tokens.iter().all(|token| token.split('.').count() == 3));
}

#[test]
fn an_unknown_command_is_refused() {
    assert_eq!(mall(&["sell-everything"], &[]).status.code(), Some(2));
}
