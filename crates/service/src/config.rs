//! Configuration in three layers: the embedded defaults (which are the complete, commented file in
//! `deploy/config`), a file of the operator's, and the environment. Everything is read and checked before
//! anything binds; the first mistake is one line that names where it stands, and exit code 64.

use std::path::{Path, PathBuf};

use ::config::{ConfigError as Mistake, File, FileFormat, Value};
use serde::de::DeserializeOwned;

use crate::{
    Config, Profile, facts,
    layers::{at, like, merge, overrides, parse, parse_file, put, replace_maps},
};

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

/// Secrets that no default can bring.
const NEEDED: [(&str, &str); 1] = [("fleet", "secret")];

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
    let wrong = |problem: String| wrong(service, &problem);
    let (config, merged) = layered(defaults, file, variables).map_err(wrong)?;
    let process: Config = section(&merged, "service").map_err(wrong)?;
    // Every service has this section; the harness reads it, so its rules are checked here.
    process.validate().map_err(wrong)?;
    for (section, key) in NEEDED {
        let path = [section.to_owned(), key.to_owned()];
        if at(&merged, &path[..1]).is_some() && is_empty(at(&merged, &path)) {
            let variable = format!("MALL_{section}__{key}").to_uppercase();
            let problem = format!(
                "{section}.{key} is not set: {variable}, {variable}_FILE, or {service}.toml"
            );
            return Err(wrong(problem));
        }
    }
    C::validate(&config).map_err(wrong)?;
    match process.profile {
        Profile::Demo => Ok(config),
        Profile::Production => match facts::broken(&merged).as_slice() {
            [] => Ok(config),
            broken => Err(wrong(format!(
                "service.profile = \"production\" refuses: {}",
                broken.join("; ")
            ))),
        },
    }
}

fn layered<C: DeserializeOwned>(
    defaults: &str,
    file: Option<PathBuf>,
    variables: &[(String, String)],
) -> Result<(C, Value), String> {
    let embedded = |error: Mistake| format!("the embedded defaults: {error}");
    let mut merged = parse(File::from_str(defaults, FileFormat::Toml)).map_err(embedded)?;
    let mut config: C = read(&merged).map_err(embedded)?;
    if let Some(file) = file.filter(|file| file.exists()) {
        let name = file.display().to_string();
        let mistake = |error: Mistake| format!("{name}: {error}");
        let layer = parse_file(File::from(file).format(FileFormat::Toml)).map_err(mistake)?;
        merge(&mut merged, layer);
        config = read(&merged).map_err(mistake)?;
    }
    let overrides = overrides(variables, &merged)?;
    replace_maps(&mut merged, &overrides);
    let mut ahead = overrides.into_iter().peekable();
    // One at a time, so that the first mistake has a name; the entries of a map together.
    while let Some(one) = ahead.next() {
        let beside = one.is_of_a_map() && ahead.peek().is_some();
        let value = like(at(&merged, &one.path), one.text);
        put(&mut merged, &one.path, value);
        if !beside {
            config = read(&merged).map_err(|error| format!("{}: {error}", one.variable))?;
        }
    }
    Ok((config, merged))
}

fn read<C: DeserializeOwned>(settings: &Value) -> Result<C, Mistake> {
    settings.clone().try_deserialize()
}

fn section<C: DeserializeOwned>(settings: &Value, name: &str) -> Result<C, String> {
    let section = at(settings, &[name.to_owned()]);
    let section = section.ok_or_else(|| format!("the section {name} is missing"))?;
    read(section).map_err(|error| format!("{name}: {error}"))
}

fn is_empty(value: Option<&Value>) -> bool {
    let text = value.and_then(|value| value.clone().into_string().ok());
    text.is_none_or(|text| text.is_empty())
}

/// On one line, whatever a parser drew.
fn wrong(service: &str, problem: &str) -> ConfigError {
    let words: Vec<_> = problem.split_whitespace().collect();
    ConfigError::Wrong {
        service: service.to_owned(),
        problem: words.join(" "),
    }
}
