//! What WeChat sends, and what somebody sends in its name.

use anyhow::{Context, Result};
use rand::{SeedableRng, rngs::StdRng};
use wechatpay::{
    ApiKey, ApiKeys, Code, KeyId, KeyRing, Platform, PrivateKey, PublicKey, Sealed, Signature,
    nonce, notify::Envelope,
};

use super::{Target, Verdict, text};

const NOW_S: i64 = 1_800_000_000;
const API_KEY: &str = "0123456789abcdef0123456789abcdef";
/// Between headers and body of a seed.
const GAP: &str = "\n\n";

/// Headers, an empty line, the body: verified, decrypted and read as the hook does.
pub(super) fn notification() -> Result<Target> {
    let (key, _) = PrivateKey::generate()?;
    let id = || KeyId::from("PUB_KEY_ID_1");
    let ring = KeyRing::default().with(id(), PublicKey::from_pem(&key.public_pem()?)?);
    let keys = ApiKeys {
        current: ApiKey::new(API_KEY)?,
        previous: None,
    };
    let envelope = Envelope {
        id: "n1".into(),
        create_time: String::new(),
        event_type: "TRANSACTION.SUCCESS".into(),
        resource_type: "encrypt-resource".into(),
        summary: String::new(),
        resource: Sealed::seal(&keys.current, "transaction", "0123456789ab", b"{}")?,
    };
    let body = serde_json::to_string(&envelope)?;
    let platform = Platform { id: id(), key };
    let signed = platform
        .sign(body.as_bytes(), NOW_S, nonce(&mut StdRng::seed_from_u64(1)))
        .context("a signature")?;
    let lines = signed.map(|(name, value)| format!("{name}: {value}"));
    let genuine = lines.join("\n") + GAP + &body;
    let (headers, _) = genuine.split_once(GAP).context("headers")?;
    let (headers, body) = (headers.to_owned(), body);
    Ok(Target {
        name: "wechat_notification",
        seeds: vec![genuine.into_bytes()],
        check: Box::new(move |input| {
            let said = text(input);
            let (head, tail) = said.split_once(GAP).unwrap_or((&said, ""));
            let value = |name: &str| {
                let mut lines = head.lines().filter_map(|line| line.split_once(": "));
                lines
                    .find(|(known, _)| *known == name)
                    .map(|(_, value)| value)
            };
            // Decrypted also where the signature is wrong: that has to be safe by itself.
            if let Ok(envelope) = serde_json::from_str::<Envelope>(tail) {
                let _ = keys.open(&envelope.resource);
            }
            let Ok(signature) = Signature::from_headers(value) else {
                return Verdict::Refused;
            };
            match ring.verify(signature, tail.as_bytes(), NOW_S) {
                Err(_) => Verdict::Refused,
                Ok(()) if tail == body => Verdict::Accepted,
                Ok(()) if headers.is_empty() => Verdict::Refused,
                Ok(()) => Verdict::Broken("a body that nobody signed is believed"),
            }
        }),
    })
}

/// PEM of keys and certificates, as an operator pastes it or WeChat lists it.
pub(super) fn certificate() -> Result<Target> {
    let (key, pem) = PrivateKey::generate()?;
    Ok(Target {
        name: "wechat_pem",
        seeds: vec![key.public_pem()?.into_bytes(), pem.into_bytes()],
        check: Box::new(|input| {
            let pem = text(input);
            let public = PublicKey::from_pem(&pem).is_ok();
            let private = PrivateKey::from_pem(&pem).is_ok();
            match (public, private) {
                (true, true) => Verdict::Broken("one text is both keys"),
                (false, false) => Verdict::Refused,
                _ => Verdict::Accepted,
            }
        }),
    })
}

pub(super) fn refusal() -> Target {
    Target {
        name: "wechat_refusal",
        seeds: vec![
            br#"{"code":"ORDER_CLOSED","message":"x"}"#.to_vec(),
            br#"{"code":"PARAM_ERROR","detail":{"field":"amount"}}"#.to_vec(),
        ],
        check: Box::new(|input| {
            let said = text(input);
            let _ = Code::read(&said);
            match serde_json::from_str::<wechatpay::Transaction>(&said) {
                Ok(_) => Verdict::Accepted,
                Err(_) => Verdict::Refused,
            }
        }),
    }
}
