//! What no two installations may share, made once and kept under `target/mall`.

use std::{fs, io::Read, os::unix::fs::OpenOptionsExt};

use anyhow::{Context, Result};

use crate::paths;

/// The fleet's secret and the token key, as environment variables of every service.
pub(crate) fn env() -> Result<Vec<(String, String)>> {
    let file = paths::run_dir().join("fleet.env");
    if !file.exists() {
        fs::create_dir_all(paths::run_dir())?;
        let text = format!(
            "MALL_FLEET__SECRET={}\nMALL_AUTH__KEYS__LOCAL__STATE=signing\n\
             MALL_AUTH__KEYS__LOCAL__SECRET={}\n",
            random()?,
            random()?
        );
        let mut options = fs::OpenOptions::new();
        let mut handle = options
            .create_new(true)
            .write(true)
            .mode(0o600)
            .open(&file)?;
        std::io::Write::write_all(&mut handle, text.as_bytes())?;
    }
    let text = fs::read_to_string(&file).with_context(|| file.display().to_string())?;
    Ok(parse(&text))
}

/// `KEY=value` lines.
pub(crate) fn parse(text: &str) -> Vec<(String, String)> {
    text.lines()
        .filter_map(|line| line.split_once('='))
        .map(|(key, value)| (key.trim().to_owned(), value.trim().to_owned()))
        .collect()
}

/// 32 bytes of the kernel's randomness, in hex.
fn random() -> Result<String> {
    let mut bytes = [0_u8; 32];
    fs::File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(bytes
        .iter()
        .fold(String::new(), |hex, byte| hex + &format!("{byte:02x}")))
}
