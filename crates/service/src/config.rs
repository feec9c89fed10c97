//! Configuration in three layers: the embedded defaults (which are the complete, commented file in
//! `deploy/config`), a file of the operator's, and the environment. Everything is read and checked before
//! anything binds; the first mistake is one line that names where it stands, and exit code 64.

use std::path::{Path, PathBuf};

use ::config::{Config as Layers, File, FileFormat, Value, ValueKind};
use serde::de::DeserializeOwned;

use crate::{Config, Profile};

/// What a whole configuration has to satisfy beyond its types.
pub trait Validate {
    /// One sentence about the first setting that cannot work.
    fn validate(&self) -> Result<(), String>;
}

#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// One line. Never tells a secret.
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
pub fn load<C: DeserializeOwned + Validate>(
    service: &str,
    defaults: &str,
    directory: Option<&Path>,
) -> Result<C, ConfigError> {
    if let Some(directory) = directory.filter(|directory| !directory.is_dir()) {
        let problem = format!("{} is not a folder", directory.display());
        return Err(wrong(service, &problem));
    }
    let file = directory.map(|directory| directory.join(format!("{service}.toml")));
    let variables: Vec<_> = std::env::vars_os()
        .filter_map(|(name, text)| Some((name.into_string().ok()?, text.into_string().ok()?)))
        .collect();
    from_layers(service, defaults, file, &variables)
}

/// [`load`] with the environment as an argument.
pub fn from_layers<C: DeserializeOwned + Validate>(
    service: &str,
    defaults: &str,
    file: Option<PathBuf>,
    variables: &[(String, String)],
) -> Result<C, ConfigError> {
    let embedded = File::from_str(defaults, FileFormat::Toml);
    let mut layers = Layers::builder().add_source(embedded);
    let mut read = read::<C>(&layers)
        .map_err(|error| wrong(service, &format!("the embedded defaults: {error}")))?;
    if let Some(file) = file.filter(|file| file.exists()) {
        let name = file.display().to_string();
        layers = layers.add_source(File::from(file).format(FileFormat::Toml));
        read = self::read(&layers).map_err(|error| wrong(service, &format!("{name}: {error}")))?;
    }
    // One at a time, so that the first mistake has a name.
    for (path, text, variable) in overrides(variables, &read.1.cache) {
        let value = like(at(&read.1.cache, &path), text);
        let add = |layers: Builder| layers.set_override(path.join("."), value);
        let result = add(layers).and_then(|layers| Ok((self::read(&layers)?, layers)));
        (read, layers) = result.map_err(|error| wrong(service, &format!("{variable}: {error}")))?;
    }
    let (config, merged) = read;
    // Every service has this section; the harness reads it, so its rules are checked here.
    let process: Config = merged
        .get("service")
        .map_err(|error| wrong(service, &error.to_string()))?;
    process
        .validate()
        .map_err(|problem| wrong(service, &problem))?;
    config
        .validate()
        .map_err(|problem| wrong(service, &problem))?;
    match (process.profile, known_secret(&merged.cache)) {
        (Profile::Production, Some(key)) => {
            let problem =
                format!("{key} is a demo secret, which service.profile = \"production\" refuses");
            Err(wrong(service, &problem))
        }
        (Profile::Production, None) | (Profile::Demo, _) => Ok(config),
    }
}

type Builder = ::config::ConfigBuilder<::config::builder::DefaultState>;

fn read<C: DeserializeOwned>(layers: &Builder) -> Result<(C, Layers), ::config::ConfigError> {
    let merged = layers.build_cloned()?;
    Ok((merged.clone().try_deserialize()?, merged))
}

/// On one line, whatever a parser drew.
fn wrong(service: &str, problem: &str) -> ConfigError {
    let words: Vec<_> = problem.split_whitespace().collect();
    ConfigError::Wrong {
        service: service.to_owned(),
        problem: words.join(" "),
    }
}

/// `MALL_DB__SCHEMA` → `db.schema`, for the sections that this service has: others may share its environment.
fn overrides(
    variables: &[(String, String)],
    sections: &Value,
) -> Vec<(Vec<String>, String, String)> {
    let ours = |section: &str| at(sections, &[section.to_owned()]).is_some();
    let mut found = Vec::new();
    for (variable, section, key) in ENGINES {
        let value = variables.iter().find(|(name, _)| name == variable);
        if let (true, Some((name, text))) = (ours(section), value) {
            found.push((
                vec![section.to_owned(), key.to_owned()],
                text.clone(),
                name.clone(),
            ));
        }
    }
    for (name, text) in variables {
        let path = name.strip_prefix(PREFIX).unwrap_or_default();
        let path: Vec<_> = path.split(SEPARATOR).map(str::to_lowercase).collect();
        if path.len() > 1 && ours(&path[0]) {
            found.push((path, text.clone(), name.clone()));
        }
    }
    found
}

fn at<'a>(value: &'a Value, path: &[String]) -> Option<&'a Value> {
    path.iter().try_fold(value, |value, key| match &value.kind {
        ValueKind::Table(table) => table.get(key),
        _ => None,
    })
}

/// A variable's text, read as what it replaces: only text stays text, so that a secret of digits keeps its zeros.
fn like(replaced: Option<&Value>, text: String) -> Value {
    let is_text = match replaced.map(|value| &value.kind) {
        Some(ValueKind::String(_)) => true,
        Some(_) => false,
        None => !text.starts_with(['[', '{']),
    };
    if is_text {
        return Value::from(text);
    }
    let parsed = Layers::builder()
        .add_source(File::from_str(&format!("value = {text}"), FileFormat::Toml))
        .build()
        .and_then(|layers| layers.get::<Value>("value"));
    parsed.unwrap_or_else(|_| Value::from(text))
}

/// The first setting with a public value.
fn known_secret(value: &Value) -> Option<String> {
    let under = |key: String, value: &Value| {
        let inner = known_secret(value)?;
        Some(if inner.is_empty() {
            key
        } else {
            format!("{key}.{inner}")
        })
    };
    match &value.kind {
        ValueKind::Table(table) => {
            let mut keys: Vec<_> = table.iter().collect();
            keys.sort_by_key(|(key, _)| *key);
            keys.into_iter()
                .find_map(|(key, value)| under(key.clone(), value))
        }
        ValueKind::Array(values) => values
            .iter()
            .enumerate()
            .find_map(|(index, value)| under(index.to_string(), value)),
        ValueKind::String(text) => text.starts_with(KNOWN_SECRET).then(String::new),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_read_as_what_it_replaces() {
        let kind = |replaced: Option<Value>, text: &str| like(replaced.as_ref(), text.into()).kind;
        let text = Some(Value::from("x"));
        assert_eq!(kind(text, "007"), ValueKind::String("007".into()));
        assert_eq!(kind(None, "1e5"), ValueKind::String("1e5".into()));
        assert_eq!(kind(Some(Value::from(8)), "3"), ValueKind::I64(3));
        assert_eq!(
            kind(Some(Value::from(true)), "false"),
            ValueKind::Boolean(false)
        );
        let list = Some(Value::from(vec!["grpc"]));
        assert!(matches!(kind(list, "[\"jobs\"]"), ValueKind::Array(list) if list.len() == 1));
    }

    #[test]
    fn a_known_secret_is_found_wherever_it_is() {
        let read = |text: &str| {
            let file = File::from_str(text, FileFormat::Toml);
            known_secret(&Layers::builder().add_source(file).build().unwrap().cache)
        };
        assert_eq!(read("a = \"demo-\"").as_deref(), Some("a"));
        assert_eq!(
            read("[auth.keys]\nk1 = \"demo-key\"").as_deref(),
            Some("auth.keys.k1")
        );
        assert_eq!(
            read("[auth]\nkeys = [\"x\", \"demo-key\"]").as_deref(),
            Some("auth.keys.1")
        );
        assert_eq!(read("[auth]\nkey = \"mine\"\nnumber = 7"), None);
    }
}
