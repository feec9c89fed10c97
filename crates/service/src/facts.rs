//! What the profile `production` insists on, as facts that are checked one by one on the merged settings.

use std::net::IpAddr;

use ::config::{Value, ValueKind};

use crate::layers::at;

/// An estimate, from how often each letter stands in the secret: 32 hexadecimal digits have about 110.
const SECRET_BITS_MIN: f64 = 100.0;
const SECRET_BYTES_MIN: usize = 32;
/// Of an engine's password, which is guessed over a network.
const PASSWORD_BYTES_MIN: usize = 12;
/// What stands in secrets that were never chosen.
const PLACEHOLDERS: [&str; 9] = [
    "demo",
    "secret",
    "password",
    "changeme",
    "change-me",
    "disabled",
    "example",
    "test",
    "dummy",
];

/// Every fact that does not hold, as a sentence that names the setting and never its value.
pub(crate) fn broken(settings: &Value) -> Vec<String> {
    let mut broken = Vec::new();
    secrets(settings, &mut broken);
    accounts(settings, &mut broken);
    transport(settings, &mut broken);
    if flag(settings, "auth.accept_sessionless") {
        broken.push("auth.accept_sessionless: tokens that nothing can revoke".to_owned());
    }
    broken
}

fn secrets(settings: &Value, broken: &mut Vec<String>) {
    let mut check = |name: String, secret: &str| {
        if let Some(why) = weakness(secret) {
            broken.push(format!("{name} {why}"));
        }
    };
    if let Some(secret) = text(settings, "fleet.secret") {
        check("fleet.secret".to_owned(), secret);
    }
    if let Some(ValueKind::Table(keys)) = find(settings, "auth.keys").map(|keys| &keys.kind) {
        for (kid, key) in keys {
            if text(key, "state") != Some("retired") {
                let secret = text(key, "secret").unwrap_or_default();
                check(format!("auth.keys.{kid}.secret"), secret);
            }
        }
    }
}

/// Why a secret could be guessed.
fn weakness(secret: &str) -> Option<&'static str> {
    let lower = secret.to_lowercase();
    if PLACEHOLDERS.iter().any(|word| lower.contains(word)) {
        Some("is a placeholder")
    } else if secret.len() < SECRET_BYTES_MIN {
        Some("is shorter than 32 bytes")
    } else if repeats(secret.as_bytes()) || bits(secret.as_bytes()) < SECRET_BITS_MIN {
        Some("is not random enough: take 32 bytes of the kernel's, in hexadecimal")
    } else {
        None
    }
}

fn repeats(secret: &[u8]) -> bool {
    (1..=secret.len() / 2).any(|period| {
        let again = secret.iter().skip(period).zip(secret);
        again.into_iter().all(|(one, other)| one == other)
    })
}

fn bits(secret: &[u8]) -> f64 {
    let mut counts = [0_u32; 256];
    for byte in secret {
        counts[usize::from(*byte)] += 1;
    }
    let length = secret.len() as f64;
    let shares = counts.iter().filter(|count| **count > 0);
    let shares = shares.map(|count| f64::from(*count) / length);
    shares.map(|share| -share * share.log2()).sum::<f64>() * length
}

fn accounts(settings: &Value, broken: &mut Vec<String>) {
    for (section, default) in [("db", "root"), ("kv", ""), ("mq", "guest")] {
        let name = format!("{section}.url");
        for url in addresses(settings, &name) {
            let (user, password) = url.account();
            if !default.is_empty() && user == default {
                broken.push(format!("{name}: {default} is a default account"));
            } else if password.len() < PASSWORD_BYTES_MIN {
                broken.push(format!(
                    "{name}: a password of at least {PASSWORD_BYTES_MIN} bytes is needed"
                ));
            }
        }
    }
    for key in ["blob.access_key", "blob.secret_key"] {
        if let Some(secret) = text(settings, key)
            && PLACEHOLDERS.iter().any(|word| secret.contains(word))
        {
            broken.push(format!("{key} is a placeholder"));
        }
    }
}

/// Everything that leaves this machine is encrypted, unless the operator says that the network is.
fn transport(settings: &Value, broken: &mut Vec<String>) {
    if flag(settings, "service.network_encrypted") {
        return;
    }
    let remedy = "service.network_encrypted = true where a mesh or a tunnel encrypts";
    for (section, secure, how) in [
        ("db", "ssl-mode=verify", "?ssl-mode=VERIFY_IDENTITY"),
        ("kv", "rediss://", "rediss://"),
        ("mq", "amqps://", "amqps://"),
        ("blob", "https://", "https://"),
    ] {
        let name = format!("{section}.url");
        for url in addresses(settings, &name) {
            if !url.is_loopback() && !url.0.to_lowercase().contains(secure) {
                broken.push(format!("{name} is not encrypted: {how}, or {remedy}"));
            }
        }
    }
    let ValueKind::Table(sections) = &settings.kind else {
        return;
    };
    for (section, inner) in sections {
        let is_peer = text(inner, "url").is_some() && find(inner, "timeout_ms").is_some();
        let name = format!("{section}.url");
        let plain = addresses(settings, &name).any(|url| !url.is_loopback());
        if is_peer && plain {
            broken.push(format!("{name} is not encrypted: {remedy}"));
        }
    }
    let listens = text(settings, "grpc.listen").unwrap_or("127.0.0.1:0");
    if !Address(listens).is_loopback() {
        broken.push(format!("grpc.listen is not encrypted: {remedy}"));
    }
}

/// `scheme://user:password@host:port/path`, as far as it is needed here.
struct Address<'a>(&'a str);

impl<'a> Address<'a> {
    fn authority(&self) -> &'a str {
        let rest = self.0.split_once("://").map_or(self.0, |(_, rest)| rest);
        rest.split(['/', '?']).next().unwrap_or_default()
    }

    fn account(&self) -> (&'a str, &'a str) {
        let account = self
            .authority()
            .rsplit_once('@')
            .map(|(account, _)| account);
        let account = account.unwrap_or_default();
        account.split_once(':').unwrap_or((account, ""))
    }

    fn is_loopback(&self) -> bool {
        let place = self.authority();
        let place = place.rsplit_once('@').map_or(place, |(_, place)| place);
        let host = match place.strip_prefix('[') {
            Some(six) => six.split(']').next().unwrap_or_default(),
            None => place.rsplit_once(':').map_or(place, |(host, _)| host),
        };
        host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
    }
}

fn addresses<'a>(settings: &'a Value, name: &str) -> impl Iterator<Item = Address<'a>> {
    let urls = text(settings, name).unwrap_or_default();
    urls.split(',')
        .map(str::trim)
        .filter(|url| !url.is_empty())
        .map(Address)
}

fn find<'a>(settings: &'a Value, name: &str) -> Option<&'a Value> {
    let path: Vec<String> = name.split('.').map(str::to_owned).collect();
    at(settings, &path)
}

fn text<'a>(settings: &'a Value, name: &str) -> Option<&'a str> {
    match &find(settings, name)?.kind {
        ValueKind::String(text) => Some(text),
        _ => None,
    }
}

fn flag(settings: &Value, name: &str) -> bool {
    matches!(
        find(settings, name).map(|value| &value.kind),
        Some(ValueKind::Boolean(true))
    )
}

#[cfg(test)]
mod tests {
    use ::config::{File, FileFormat};

    use super::*;
    use crate::layers::parse;

    const RANDOM: &str = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

    fn broken_in(text: &str) -> String {
        broken(&parse(File::from_str(text, FileFormat::Toml)).unwrap()).join("; ")
    }

    #[test]
    fn secrets_that_could_be_guessed_are_found() {
        for secret in [
            "x",
            "demo-fleet-secret-of-enough-bytes-for-everybody",
            "disabled-disabled-disabled-disabled-disabled",
            "abababababababababababababababababababab",
            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab",
            "Passwords-are-no-keys-9f86d081884c7d659a2fea",
        ] {
            assert!(weakness(secret).is_some(), "{secret}");
        }
        assert_eq!(weakness(RANDOM), None);
        assert_eq!(weakness(&RANDOM[..32]), None);
        let found = broken_in(
            "[auth.keys]\na = { state = \"signing\", secret = \"short\" }\n\
             b = { state = \"retired\" }\n",
        );
        assert!(
            found.contains("auth.keys.a.secret") && !found.contains("keys.b"),
            "{found}"
        );
    }

    #[test]
    fn default_accounts_are_found() {
        for (url, why) in [
            ("[db]\nurl = \"mysql://root@127.0.0.1\"", "default account"),
            ("[db]\nurl = \"mysql://shop@127.0.0.1\"", "password"),
            ("[kv]\nurl = \"redis://127.0.0.1:6379\"", "password"),
            (
                "[mq]\nurl = \"amqp://guest:guest@127.0.0.1\"",
                "default account",
            ),
            ("[mq]\nurl = \"amqp://shop:short@127.0.0.1\"", "password"),
            (
                "[blob]\nurl = \"http://127.0.0.1\"\nsecret_key = \"demo-key\"",
                "placeholder",
            ),
        ] {
            let found = broken_in(url);
            assert!(found.contains(why), "{url}: {found}");
            assert!(
                !found.contains("short") && !found.contains("demo-key"),
                "{found}"
            );
        }
        assert_eq!(
            broken_in("[kv]\nurl = \"redis://:long-enough-pw@127.0.0.1\""),
            ""
        );
    }

    #[test]
    fn what_leaves_the_machine_is_encrypted() {
        let db = |url: &str| format!("[db]\nurl = \"mysql://shop:long-enough-pw@{url}\"");
        assert!(broken_in(&db("db.internal")).contains("db.url is not encrypted"));
        assert!(broken_in(&db("db.internal?ssl-mode=PREFERRED")).contains("not encrypted"));
        for fine in [
            "db.internal?ssl-mode=VERIFY_IDENTITY",
            "localhost",
            "[::1]:3306",
        ] {
            assert_eq!(broken_in(&db(fine)), "", "{fine}");
        }
        let trusted = "[service]\nnetwork_encrypted = true\n".to_owned() + &db("db.internal");
        assert_eq!(broken_in(&trusted), "");
        let peer = "[order]\nurl = \"http://order:50053\"\ntimeout_ms = 1\n";
        assert!(broken_in(peer).contains("order.url"));
        assert!(broken_in("[grpc]\nlisten = \"0.0.0.0:50051\"").contains("grpc.listen"));
        assert!(broken_in("[auth]\naccept_sessionless = true").contains("sessionless"));
    }
}
