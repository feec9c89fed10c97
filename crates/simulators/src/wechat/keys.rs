//! Both sides' keys, in files: made once, so that a restarted fleet finds its company again.

use std::{
    fs,
    io::{self, Write},
    net::SocketAddr,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use rand::{Rng, distr::Alphanumeric, rng};
use wechatpay::{ApiKey, KeyId, Platform, PrivateKey, PublicKey};

/// Where a fleet with default ports listens for notifications.
pub const NOTIFY_URL: &str = "http://127.0.0.1:8080/wechatpay/notify";

const MCHID: &str = "1900000109";
const APPID: &str = "wx0000sim000000000";
/// A production fleet refuses ids with this mark.
const MARK: &str = "0000SIM";

/// What the merchant has to know.
#[derive(Debug, Clone)]
pub struct Client {
    pub mchid: String,
    pub appid: String,
    pub merchant_serial: String,
    pub merchant_key: PathBuf,
    pub api_v3_key: String,
    pub public_key_id: String,
    pub public_key: PathBuf,
}

impl Client {
    /// Lines for the environment of the payment service.
    pub fn env(&self, address: SocketAddr, notify_url: &str) -> String {
        [
            ("MCHID", self.mchid.clone()),
            ("APPID", self.appid.clone()),
            ("MERCHANT_SERIAL", self.merchant_serial.clone()),
            ("MERCHANT_KEY", self.merchant_key.display().to_string()),
            ("API_V3_KEY", self.api_v3_key.clone()),
            ("PUBLIC_KEY_ID", self.public_key_id.clone()),
            ("PUBLIC_KEY", self.public_key.display().to_string()),
            ("BASE_URL", format!("http://{address}")),
            ("NOTIFY_URL", notify_url.to_owned()),
        ]
        .map(|(name, value)| format!("MALL_WECHAT__{name}={value}\n"))
        .concat()
    }

    pub(super) fn write_env(
        &self,
        dir: &Path,
        address: SocketAddr,
        notify_url: &str,
    ) -> io::Result<()> {
        write(&dir.join("client.env"), &self.env(address, notify_url))
    }
}

pub(super) struct Keys {
    pub(super) client: Client,
    pub(super) merchant: PublicKey,
    pub(super) platform: Platform,
    pub(super) api: ApiKey,
}

impl Keys {
    pub(super) fn load_or_make(dir: &Path) -> io::Result<Self> {
        fs::create_dir_all(dir)?;
        let dir = dir.canonicalize()?;
        let merchant = private_key(&dir.join("merchant_key.pem"))?;
        let platform = private_key(&dir.join("platform_key.pem"))?;
        let public_key = dir.join("platform_public_key.pem");
        let pem = platform.public_pem().map_err(io::Error::other)?;
        write(&public_key, &pem)?;
        let api_v3_key = text(&dir.join("api_v3_key"), 32)?;
        let client = Client {
            mchid: MCHID.to_owned(),
            appid: APPID.to_owned(),
            merchant_serial: format!("{MARK}4A5B6C7D8E9F0011"),
            merchant_key: dir.join("merchant_key.pem"),
            public_key_id: format!("PUB_KEY_ID_{MARK}{MCHID}"),
            public_key,
            api_v3_key,
        };
        let public = merchant.public_pem().map_err(io::Error::other)?;
        Ok(Self {
            merchant: PublicKey::from_pem(&public).map_err(io::Error::other)?,
            platform: Platform {
                id: KeyId::from(client.public_key_id.as_str()),
                key: platform,
            },
            api: ApiKey::new(&client.api_v3_key).map_err(io::Error::other)?,
            client,
        })
    }
}

fn private_key(path: &Path) -> io::Result<PrivateKey> {
    if let Some(pem) = read(path)? {
        return PrivateKey::from_pem(&pem).map_err(|error| at(path, &io::Error::other(error)));
    }
    let (key, pem) = PrivateKey::generate().map_err(io::Error::other)?;
    write(path, &pem)?;
    Ok(key)
}

fn text(path: &Path, chars: usize) -> io::Result<String> {
    if let Some(text) = read(path)? {
        return Ok(text.trim_end().to_owned());
    }
    let text: String = rng()
        .sample_iter(Alphanumeric)
        .take(chars)
        .map(char::from)
        .collect();
    write(path, &text)?;
    Ok(text)
}

/// `None`: there is no such file. One that cannot be read is never replaced.
fn read(path: &Path) -> io::Result<Option<String>> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(at(path, &error)),
    }
}

/// For the owner's eyes, and whole from the start: others wait for these files.
fn write(path: &Path, text: &str) -> io::Result<()> {
    let mut new = path.as_os_str().to_owned();
    new.push(".new");
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600);
    options
        .open(&new)
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .and_then(|()| fs::rename(&new, path))
        .map_err(|error| at(path, &error))
}

fn at(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}
