use std::path::PathBuf;

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use service::{Config, Role, Validate, config::from_layers};

const DEFAULTS: &str = r#"
    [service]
    admin = "127.0.0.1:9080"
    log = "json"
    log_filter = "info"
    otlp_endpoint = ""
    trace_sample = 0.01
    workers = 0
    shutdown_grace_s = 20
    profile = "demo"
    roles = ["grpc"]
    [db]
    url = "mysql://localhost"
    schema = "mall_x"
    connections_max = 8
    [fleet]
    secret = "weak"
"#;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Example {
    service: Config,
    db: Db,
    fleet: Fleet,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Db {
    url: SecretString,
    schema: String,
    connections_max: u32,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Fleet {
    secret: SecretString,
}

impl Validate for Example {
    fn validate(&self) -> Result<(), String> {
        match self.db.connections_max {
            0 => Err("db.connections_max is at least 1".to_owned()),
            _ => Ok(()),
        }
    }
}

fn read(variables: &[(&str, &str)]) -> Result<Example, String> {
    read_with(None, variables)
}

fn read_with(file: Option<PathBuf>, variables: &[(&str, &str)]) -> Result<Example, String> {
    let variables: Vec<_> = variables
        .iter()
        .map(|(key, value)| ((*key).into(), (*value).into()))
        .collect();
    let result = from_layers("example", DEFAULTS, file, &variables);
    result.map_err(|error| error.to_string())
}

fn file(name: &str, text: &str) -> PathBuf {
    let path = std::env::temp_dir().join(format!("mall-{}-{name}.toml", std::process::id()));
    std::fs::write(&path, text).unwrap();
    path
}

#[test]
fn the_environment_wins_over_the_file_and_the_file_over_the_defaults() {
    let file = file(
        "layers",
        "[db]\nschema = \"of_the_file\"\nconnections_max = 5\n",
    );
    let variables = [
        ("MALL_MYSQL_URL", "mysql://elsewhere"),
        ("MALL_DB__CONNECTIONS_MAX", "3"),
        ("MALL_SERVICE__ROLES", "[\"jobs\", \"events\"]"),
        ("MALL_SERVICE__TRACE_SAMPLE", "1"),
        ("MALL_FLEET__SECRET", "0123456789"),
        ("MALL_KV__PREFIX", "another service's"),
        ("MALL_CONFIG_DIR", "not a setting"),
        ("HOME", "/nowhere"),
    ];
    let config = read_with(Some(file), &variables).unwrap();
    assert_eq!(config.db.url.expose_secret(), "mysql://elsewhere");
    assert_eq!(
        (config.db.schema.as_str(), config.db.connections_max),
        ("of_the_file", 3)
    );
    assert_eq!(config.service.roles, [Role::Jobs, Role::Events]);
    assert!((config.service.trace_sample - 1.0).abs() < f64::EPSILON);
    assert_eq!(
        config.fleet.secret.expose_secret(),
        "0123456789",
        "text stays as it is"
    );
}

#[test]
fn a_setting_of_the_service_wins_over_the_address_of_an_engine() {
    let variables = [
        ("MALL_DB__URL", "mysql://mine"),
        ("MALL_MYSQL_URL", "mysql://everybody's"),
    ];
    assert_eq!(
        read(&variables).unwrap().db.url.expose_secret(),
        "mysql://mine"
    );
}

#[test]
fn a_mistake_is_one_line_that_names_where_it_stands() {
    let good = ("MALL_DB__SCHEMA", "x");
    for (variable, text, key) in [
        ("MALL_DB__SHEMA", "x", "shema"),
        ("MALL_DB__CONNECTIONS_MAX", "many", "connections_max"),
        ("MALL_SERVICE__ADMIN", "here", "socket address"),
        ("MALL_SERVICE__PROFILE", "prodcution", "prodcution"),
        ("MALL_DB__A____B", "x", "MALL_DB__A____B"),
    ] {
        let problem = read(&[good, (variable, text)]).unwrap_err();
        assert!(
            problem.starts_with("configuration of example: "),
            "{problem}"
        );
        assert!(
            problem.contains(variable) && problem.contains(key),
            "{problem}"
        );
        assert!(!problem.contains('\n'), "{problem}");
    }
    for text in ["[db]\nshema = 1\n", "[dp]\n", "[db]\nschema = \"open\n"] {
        let file = file("mistake", text);
        let name = file.display().to_string();
        let problem = read_with(Some(file), &[good]).unwrap_err();
        assert!(
            problem.contains(&name) && !problem.contains('\n'),
            "{problem}"
        );
    }
}

#[test]
fn what_cannot_work_is_refused() {
    for (variable, text, key) in [
        ("MALL_SERVICE__TRACE_SAMPLE", "2", "service.trace_sample"),
        ("MALL_SERVICE__ROLES", "[]", "service.roles"),
        (
            "MALL_SERVICE__LOG_FILTER",
            "order=loud",
            "service.log_filter",
        ),
        (
            "MALL_SERVICE__OTLP_ENDPOINT",
            "collector:4317",
            "service.otlp_endpoint",
        ),
        ("MALL_DB__CONNECTIONS_MAX", "0", "db.connections_max"),
    ] {
        let problem = read(&[(variable, text)]).unwrap_err();
        assert!(problem.contains(key), "{problem}");
    }
    let nowhere = std::path::Path::new("/nowhere/at/all");
    let result = service::config::load::<Example>("example", DEFAULTS, Some(nowhere));
    assert!(result.unwrap_err().to_string().contains("/nowhere/at/all"));
}

#[test]
fn what_production_insists_on_is_checked_and_no_secret_is_told() {
    const RANDOM: &str = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
    let production = ("MALL_SERVICE__PROFILE", "production");
    let problem = read(&[production]).unwrap_err();
    assert!(
        problem.contains("fleet.secret") && problem.contains("db.url"),
        "every fact that does not hold is named: {problem}"
    );
    assert!(!problem.contains("weak"), "{problem}");
    let account = ("MALL_DB__URL", "mysql://shop:long-enough-pw@localhost");
    let config = read(&[production, ("MALL_FLEET__SECRET", RANDOM), account]).unwrap();
    assert_eq!(config.fleet.secret.expose_secret(), RANDOM);
}

#[test]
fn a_secret_that_is_not_set_is_asked_for_by_name() {
    let problem = read(&[("MALL_FLEET__SECRET", "")]).unwrap_err();
    assert!(
        problem.contains("MALL_FLEET__SECRET") && problem.contains("example.toml"),
        "{problem}"
    );
}

#[test]
fn a_variable_may_name_a_file_instead() {
    let file = file("secret", "from the file\n");
    let path = file.to_str().unwrap();
    let config = read(&[("MALL_FLEET__SECRET_FILE", path)]).unwrap();
    assert_eq!(config.fleet.secret.expose_secret(), "from the file");
    let config = read(&[("MALL_MYSQL_URL_FILE", path)]).unwrap();
    assert_eq!(config.db.url.expose_secret(), "from the file");
    let problem = read(&[("MALL_FLEET__SECRET_FILE", "/nowhere/at/all")]).unwrap_err();
    assert!(problem.contains("MALL_FLEET__SECRET_FILE"), "{problem}");
}
