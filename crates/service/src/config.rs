//! Configuration in three layers: the embedded defaults (which are the complete, commented file in
//! `deploy/config`), a file of the operator's, and the environment. Everything is read and checked before
//! anything binds; the first mistake is one line and exit code 64.

use std::path::{Path, PathBuf};

use ::config::{Config as Layers, File, FileFormat, Map, Value};
use serde::de::DeserializeOwned;

use crate::{Config, Profile};

/// What a whole configuration has to satisfy beyond its types.
pub trait Validate {
    /// One sentence about the first setting that cannot work.
    fn validate(&self) -> Result<(), String>;
}

#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("configuration of {service}: {problem}")]
    Wrong { service: String, problem: String },
}

/// Variables that name engines, and the settings that they fill where the service has them.
const ENGINES: [(&str, &str, &str); 4] = [
    ("MALL_MYSQL_URL", "db", "url"),
    ("MALL_REDIS_URL", "kv", "url"),
    ("MALL_AMQP_URL", "mq", "url"),
    ("MALL_S3_URL", "blob", "url"),
];
const PREFIX: &str = "MALL_";
const SEPARATOR: &str = "__";
/// A secret that begins so is in every copy of the repository.
const KNOWN_SECRET: &str = "demo-";

/// Reads the configuration of `service` from its defaults, `<directory>/<service>.toml` and the environment.
#[expect(
    clippy::disallowed_methods,
    reason = "the one place where the environment is read"
)]
pub fn load<C: DeserializeOwned + Validate>(
    service: &str,
    defaults: &str,
    directory: Option<&Path>,
) -> Result<C, ConfigError> {
    let file = directory.map(|directory| directory.join(format!("{service}.toml")));
    let variables = std::env::vars().collect::<Vec<_>>();
    from_layers(service, defaults, file, &variables)
}

/// [`load`] with the environment as an argument.
pub fn from_layers<C: DeserializeOwned + Validate>(
    service: &str,
    defaults: &str,
    file: Option<PathBuf>,
    variables: &[(String, String)],
) -> Result<C, ConfigError> {
    let wrong = |problem: String| ConfigError::Wrong {
        service: service.to_owned(),
        problem,
    };
    let embedded = File::from_str(defaults, FileFormat::Toml);
    let sections: Map<String, Value> = Layers::builder()
        .add_source(embedded.clone())
        .build()
        .and_then(Layers::try_deserialize)
        .map_err(|error| wrong(format!("the embedded defaults: {error}")))?;
    let mut layers = Layers::builder().add_source(embedded);
    if let Some(file) = file.filter(|file| file.exists()) {
        layers = layers.add_source(File::from(file).format(FileFormat::Toml));
    }
    let mut known_secret = None;
    for (path, text, variable) in overrides(variables, &sections) {
        layers = layers
            .set_override(path, scalar(&text))
            .map_err(|error| wrong(format!("{variable}: {error}")))?;
    }
    let merged = layers.build().map_err(|error| wrong(error.to_string()))?;
    find_known_secret(&merged.cache, "", &mut known_secret);
    // Every service has this section; the harness reads it, so its rules are checked here.
    let process: Config = merged
        .get("service")
        .map_err(|error| wrong(error.to_string()))?;
    process.validate().map_err(wrong)?;
    let config: C = merged
        .try_deserialize()
        .map_err(|error| wrong(error.to_string()))?;
    config.validate().map_err(wrong)?;
    if let (Profile::Production, Some(key)) = (process.profile, known_secret) {
        return Err(wrong(format!(
            "{key} is a demo secret, which service.profile = \"production\" refuses"
        )));
    }
    Ok(config)
}

/// `MALL_DB__SCHEMA` → `db.schema`, for the sections that this service has: others may share its environment.
fn overrides(
    variables: &[(String, String)],
    sections: &Map<String, Value>,
) -> Vec<(String, String, String)> {
    let mut found = Vec::new();
    for (variable, section, key) in ENGINES {
        let value = variables.iter().find(|(name, _)| name == variable);
        if let (true, Some((name, text))) = (sections.contains_key(section), value) {
            found.push((format!("{section}.{key}"), text.clone(), name.clone()));
        }
    }
    for (name, text) in variables {
        let Some(rest) = name.strip_prefix(PREFIX) else {
            continue;
        };
        let path: Vec<String> = rest.split(SEPARATOR).map(str::to_lowercase).collect();
        if path.len() > 1 && sections.contains_key(&path[0]) {
            found.push((path.join("."), text.clone(), name.clone()));
        }
    }
    found
}

/// A variable's text as TOML would read it: a number, a truth value or a list; anything else is text.
fn scalar(text: &str) -> Value {
    let document = format!("value = {text}");
    let parsed = Layers::builder()
        .add_source(File::from_str(&document, FileFormat::Toml))
        .build()
        .and_then(|layers| layers.get::<Value>("value"));
    parsed.unwrap_or_else(|_| Value::from(text))
}

fn find_known_secret(value: &Value, path: &str, found: &mut Option<String>) {
    match &value.kind {
        ::config::ValueKind::Table(table) => {
            for (key, value) in table {
                let path = if path.is_empty() {
                    key.clone()
                } else {
                    format!("{path}.{key}")
                };
                find_known_secret(value, &path, found);
            }
        }
        ::config::ValueKind::String(text) if text.starts_with(KNOWN_SECRET) => {
            *found = Some(path.to_owned());
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    const DEFAULTS: &str = r#"
        [service]
        admin = "127.0.0.1:9080"
        log = "json"
        log_filter = "info"
        otlp_endpoint = ""
        trace_sample = 0.01
        shutdown_grace_s = 20
        profile = "demo"
        roles = ["grpc"]
        [db]
        url = "mysql://localhost"
        schema = "mall_x"
        connections_max = 8
        [fleet]
        secret = "demo-secret"
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
        url: String,
        schema: String,
        connections_max: u32,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Fleet {
        secret: String,
    }

    impl Validate for Example {
        fn validate(&self) -> Result<(), String> {
            Ok(())
        }
    }

    fn read(variables: &[(&str, &str)]) -> Result<Example, String> {
        let variables: Vec<_> = variables
            .iter()
            .map(|(key, value)| ((*key).into(), (*value).into()))
            .collect();
        from_layers("example", DEFAULTS, None, &variables).map_err(|error| error.to_string())
    }

    #[test]
    fn the_environment_wins_and_other_services_settings_are_ignored() {
        let config = read(&[
            ("MALL_MYSQL_URL", "mysql://elsewhere"),
            ("MALL_DB__CONNECTIONS_MAX", "3"),
            ("MALL_DB__SCHEMA", "7"),
            ("MALL_KV__PREFIX", "x"),
        ]);
        // A schema is text, whatever it looks like.
        let config = config.unwrap();
        assert_eq!(config.db.url, "mysql://elsewhere");
        assert_eq!(
            (config.db.connections_max, config.db.schema.as_str()),
            (3, "7")
        );
        assert_eq!(config.service.roles, [crate::Role::Grpc]);
    }

    #[test]
    fn unknown_keys_and_wrong_types_name_the_key() {
        assert!(
            read(&[("MALL_DB__SHEMA", "x")])
                .unwrap_err()
                .contains("shema")
        );
        assert!(
            read(&[("MALL_DB__CONNECTIONS_MAX", "many")])
                .unwrap_err()
                .contains("connections_max")
        );
        assert!(
            read(&[("MALL_SERVICE__TRACE_SAMPLE", "2")])
                .unwrap_err()
                .contains("trace_sample")
        );
    }

    #[test]
    fn a_demo_secret_does_not_start_in_production() {
        let production = ("MALL_SERVICE__PROFILE", "production");
        assert!(read(&[production]).unwrap_err().contains("fleet.secret"));
        let config = read(&[production, ("MALL_FLEET__SECRET", "of our own")]).unwrap();
        assert_eq!(config.fleet.secret, "of our own");
    }
}
