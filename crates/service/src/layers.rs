//! Layers of settings, merged: what is named above wins, and maps of secrets are replaced whole.

use std::fs;

use ::config::{Config as Layers, ConfigError, File, FileFormat, Map, Value, ValueKind};

/// Variables that name engines, and the settings that they fill where the service has them.
const ENGINES: [(&str, &str, &str); 4] = [
    ("MALL_MYSQL_URL", "db", "url"),
    ("MALL_REDIS_URL", "kv", "url"),
    ("MALL_AMQP_URL", "mq", "url"),
    ("MALL_S3_URL", "blob", "url"),
];
const PREFIX: &str = "MALL_";
const SEPARATOR: &str = "__";
/// `MALL_FLEET__SECRET_FILE=/run/secrets/fleet` stands for what is in the file.
const FROM_FILE: &str = "_FILE";

/// Maps of secrets. A layer that names one replaces it: merged, a key of a layer below would stay valid
/// and could not be withdrawn.
const REPLACED: [&[&str]; 1] = [&["auth", "keys"]];

/// A setting of the environment.
pub(crate) struct Override {
    pub(crate) path: Vec<String>,
    pub(crate) text: String,
    /// The variable that brought it.
    pub(crate) variable: String,
}

impl Override {
    /// Whether it is part of a map that is replaced, and so means something only beside its neighbours.
    pub(crate) fn is_of_a_map(&self) -> bool {
        REPLACED
            .iter()
            .any(|map| self.path.starts_with(&owned(map)))
    }
}

pub(crate) fn parse(
    source: File<::config::FileSourceString, FileFormat>,
) -> Result<Value, ConfigError> {
    Ok(Layers::builder().add_source(source).build()?.cache)
}

pub(crate) fn parse_file(
    source: File<::config::FileSourceFile, FileFormat>,
) -> Result<Value, ConfigError> {
    Ok(Layers::builder().add_source(source).build()?.cache)
}

/// Puts a file's settings over what is there.
pub(crate) fn merge(below: &mut Value, above: Value) {
    merge_at(below, above, &mut Vec::new());
}

fn merge_at(below: &mut Value, above: Value, path: &mut Vec<String>) {
    let replaced = REPLACED.iter().any(|map| *path == owned(map));
    if !replaced
        && let (ValueKind::Table(lower), ValueKind::Table(upper)) = (&mut below.kind, &above.kind)
    {
        for (key, value) in upper.clone() {
            path.push(key.clone());
            match lower.get_mut(&key) {
                Some(old) => merge_at(old, value, path),
                None => drop(lower.insert(key, value)),
            }
            path.pop();
        }
        return;
    }
    *below = above;
}

/// Empties the maps that the environment names, before its entries are put there.
pub(crate) fn replace_maps(settings: &mut Value, overrides: &[Override]) {
    for map in REPLACED.map(owned) {
        if overrides.iter().any(|one| one.path.starts_with(&map)) {
            put(settings, &map, ValueKind::Table(Map::default()).into());
        }
    }
}

/// Sets one value, and makes the sections on the way to it.
pub(crate) fn put(settings: &mut Value, path: &[String], value: Value) {
    let Some((key, rest)) = path.split_first() else {
        *settings = value;
        return;
    };
    if !matches!(settings.kind, ValueKind::Table(_)) {
        settings.kind = ValueKind::Table(Map::default());
    }
    if let ValueKind::Table(table) = &mut settings.kind {
        let inner = table
            .entry(key.clone())
            .or_insert_with(|| ValueKind::Nil.into());
        put(inner, rest, value);
    }
}

pub(crate) fn at<'a>(value: &'a Value, path: &[String]) -> Option<&'a Value> {
    path.iter().try_fold(value, |value, key| match &value.kind {
        ValueKind::Table(table) => table.get(key),
        _ => None,
    })
}

/// `MALL_DB__SCHEMA` → `db.schema`, for the sections that this service has: others may share its
/// environment. Engines first, and maps of secrets last.
pub(crate) fn overrides(
    variables: &[(String, String)],
    settings: &Value,
) -> Result<Vec<Override>, String> {
    let mut found = Vec::new();
    for (variable, section, key) in ENGINES {
        for (name, text) in variables {
            let file = name.strip_suffix(FROM_FILE) == Some(variable);
            if (name == variable || file) && has_section(settings, section) {
                found.push(Override {
                    path: vec![section.to_owned(), key.to_owned()],
                    text: if file {
                        read(name, text)?
                    } else {
                        text.clone()
                    },
                    variable: name.clone(),
                });
            }
        }
    }
    let mut maps = Vec::new();
    for (name, text) in variables {
        let split = |name: &str| -> Vec<String> {
            let path = name.strip_prefix(PREFIX).unwrap_or_default();
            path.split(SEPARATOR).map(str::to_lowercase).collect()
        };
        let path = split(name);
        if path.len() < 2 || !has_section(settings, &path[0]) {
            continue;
        }
        let file = name.strip_suffix(FROM_FILE).map(split);
        let file = file.filter(|_| at(settings, &path).is_none());
        let one = Override {
            text: if file.is_some() {
                read(name, text)?
            } else {
                text.clone()
            },
            path: file.unwrap_or(path),
            variable: name.clone(),
        };
        if one.is_of_a_map() {
            maps.push(one);
        } else {
            found.push(one);
        }
    }
    found.append(&mut maps);
    Ok(found)
}

fn has_section(settings: &Value, section: &str) -> bool {
    at(settings, &[section.to_owned()]).is_some()
}

fn read(variable: &str, path: &str) -> Result<String, String> {
    fs::read_to_string(path)
        .map(|text| text.trim().to_owned())
        .map_err(|error| format!("{variable}: {path}: {error}"))
}

fn owned(path: &[&str]) -> Vec<String> {
    path.iter().map(|&key| key.to_owned()).collect()
}

/// A variable's text, read as what it replaces: only text stays text, so that a secret of digits keeps its
/// zeros.
pub(crate) fn like(replaced: Option<&Value>, text: String) -> Value {
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
    fn a_map_of_secrets_is_replaced_and_everything_else_is_merged() {
        let read = |text: &str| parse(File::from_str(text, FileFormat::Toml)).unwrap();
        let mut settings = read("[auth]\nlife = 1\n[auth.keys]\nshipped = \"known\"");
        merge(&mut settings, read("[auth.keys]\nmine = \"secret\""));
        let at = |settings: &Value, path: &[&str]| at(settings, &owned(path)).is_some();
        assert!(at(&settings, &["auth", "life"]));
        assert!(at(&settings, &["auth", "keys", "mine"]));
        assert!(!at(&settings, &["auth", "keys", "shipped"]));
        let variables = [("MALL_AUTH__KEYS__THIRD".to_owned(), "x".to_owned())];
        let overrides = overrides(&variables, &settings).unwrap();
        replace_maps(&mut settings, &overrides);
        assert!(!at(&settings, &["auth", "keys", "mine"]));
        assert!(at(&settings, &["auth", "life"]));
    }
}
