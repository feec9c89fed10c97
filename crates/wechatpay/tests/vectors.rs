//! Texts that were signed and sealed by other libraries than ours: `vectors.json`.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail their test")]

use serde_json::Value;
use wechatpay::{
    ApiKey, ApiKeys, Authorization, Forged, KeyId, KeyRing, PrivateKey, PublicKey, Signature,
    notify::Envelope, request_message,
};

fn vectors(kind: &str) -> Vec<(String, Value)> {
    let all: Value = serde_json::from_str(include_str!("vectors.json")).unwrap();
    let of_kind: Vec<_> = all["vectors"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|vector| vector["kind"] == kind)
        .map(|vector| {
            let key = all["keys"][vector["key"].as_str().unwrap()]
                .as_str()
                .unwrap();
            (key.to_owned(), vector.clone())
        })
        .collect();
    assert!(!of_kind.is_empty(), "no vectors of kind {kind}");
    of_kind
}

fn text<'a>(vector: &'a Value, name: &str) -> &'a str {
    vector[name]
        .as_str()
        .unwrap_or_else(|| panic!("no {name} in {vector}"))
}

#[test]
fn requests_are_signed_as_others_sign_them() {
    for (pem, vector) in vectors("rsa_sha256_sign") {
        let key = PrivateKey::from_pem(&pem).unwrap();
        let (method, url, body) = (
            text(&vector, "method"),
            text(&vector, "url"),
            text(&vector, "body"),
        );
        let (timestamp, nonce) = (text(&vector, "timestamp"), text(&vector, "nonce"));
        let message = request_message(method, url, timestamp, nonce, body.as_bytes());
        assert_eq!(
            message,
            text(&vector, "message").as_bytes(),
            "{}",
            vector["id"]
        );
        assert_eq!(
            key.sign(&message).unwrap(),
            text(&vector, "signature"),
            "{}",
            vector["id"]
        );
        let header: Authorization = text(&vector, "authorization").parse().unwrap();
        assert_eq!(header.to_string(), text(&vector, "authorization"));
        let public = PublicKey::from_pem(&key.public_pem().unwrap()).unwrap();
        assert!(key.belongs_to(&public));
        assert!(header.is_by(&public, method, url, body.as_bytes()));
        assert!(!header.is_by(&public, method, url, b"another body"));
    }
}

fn verify(pem: &str, vector: &Value, signature: &str, now_s: i64) -> Result<(), Forged> {
    let headers = &vector["headers"];
    let get = |wanted: &str| {
        if wanted == "wechatpay-signature" {
            return Some(signature);
        }
        let headers = headers.as_object().unwrap();
        let found = headers
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(wanted));
        found.and_then(|(_, value)| value.as_str())
    };
    let serial = get("wechatpay-serial").unwrap();
    let ring = KeyRing::default().with(KeyId::from(serial), PublicKey::from_pem(pem).unwrap());
    ring.verify(
        Signature::from_headers(get)?,
        text(vector, "body").as_bytes(),
        now_s,
    )
}

#[test]
fn answers_are_believed_as_others_believe_them() {
    for (pem, vector) in vectors("rsa_sha256_verify") {
        let at_s: i64 = text(&vector["headers"], "Wechatpay-Timestamp")
            .parse()
            .unwrap();
        let signature = text(&vector, "signature");
        let verified = verify(&pem, &vector, signature, at_s + 300);
        assert_eq!(
            verified.is_ok(),
            vector["expect"] == true,
            "{}: {verified:?}",
            vector["id"]
        );
        let stale = verify(&pem, &vector, signature, at_s + 301);
        assert_eq!(stale, Err(Forged::Stale(301)), "{}", vector["id"]);
    }
}

#[test]
fn notifications_are_opened_as_others_open_them() {
    for (pem, vector) in vectors("notification") {
        let signature = text(&vector["headers"], "Wechatpay-Signature");
        let now_s = vector["now"].as_i64().unwrap();
        verify(&pem, &vector, signature, now_s).unwrap();
        let envelope: Envelope = serde_json::from_str(text(&vector, "body")).unwrap();
        let current = ApiKey::new(text(&vector, "api_v3_key")).unwrap();
        let keys = ApiKeys {
            current,
            previous: None,
        };
        let opened = keys.open(&envelope.resource);
        assert_eq!(
            opened.is_ok(),
            vector["expect_decrypt"] == true,
            "{}",
            vector["id"]
        );
        if let Ok((plain, _)) = opened {
            assert_eq!(
                plain,
                text(&vector, "plaintext").as_bytes(),
                "{}",
                vector["id"]
            );
        }
    }
}

#[test]
fn a_serial_is_compared_as_every_library_prints_it() {
    assert_eq!(KeyId::from("0A1b"), KeyId::from("a1B"));
    assert_ne!(KeyId::from("PUB_KEY_ID_01"), KeyId::from("PUB_KEY_ID_1"));
}
