//! Whatever a stranger sends is refused with a reason, and never with a panic.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail their test")]

use std::sync::LazyLock;

use proptest::prelude::*;
use wechatpay::{
    AEAD, ApiKey, ApiKeys, Code, Forged, KeyId, KeyRing, Platform, PrivateKey, PublicKey, Refund,
    RefundNotice, Refusal, Sealed, Signature, Transaction, header, notify::Envelope,
};

const NOW_S: i64 = 1_800_000_000;
const ID: &str = "PUB_KEY_ID_0000SIM1900000109";

static COMPANY: LazyLock<(Platform, KeyRing, String)> = LazyLock::new(|| {
    let (key, pem) = PrivateKey::generate().unwrap();
    let public = PublicKey::from_pem(&key.public_pem().unwrap()).unwrap();
    let id = KeyId::from(ID);
    let ring = KeyRing::default().with(id.clone(), public);
    (Platform { id, key }, ring, pem)
});

fn keys() -> ApiKeys {
    ApiKeys {
        current: ApiKey::new(&"k".repeat(32)).unwrap(),
        previous: Some(ApiKey::new(&"p".repeat(32)).unwrap()),
    }
}

/// What the merchant thinks of `body` under these headers; absent ones are `None`.
fn judge(headers: &[(&str, Option<String>)], body: &[u8]) -> Result<(), Forged> {
    let get = |wanted: &str| {
        let found = headers.iter().find(|(name, _)| *name == wanted);
        found.and_then(|(_, value)| value.as_deref())
    };
    COMPANY.1.verify(Signature::from_headers(get)?, body, NOW_S)
}

fn signed(body: &[u8]) -> [(&'static str, Option<String>); 5] {
    let signed = COMPANY.0.sign(body, NOW_S, "n".repeat(32)).unwrap();
    signed.map(|(name, value)| (name, Some(value)))
}

#[test]
fn every_header_is_needed_and_only_the_type_may_be_absent() {
    assert_eq!(judge(&signed(b"{}"), b"{}"), Ok(()));
    for at in 0..5 {
        let mut headers = signed(b"{}");
        headers[at].1 = None;
        let name = headers[at].0;
        let expected = if name == header::SIGNATURE_TYPE {
            Ok(())
        } else {
            Err(Forged::Missing(name))
        };
        assert_eq!(judge(&headers, b"{}"), expected);
    }
}

#[test]
fn the_edge_of_the_window_is_inside_on_both_sides() {
    for (late_s, good) in [(300, true), (301, false), (-300, true), (-301, false)] {
        let signed = COMPANY
            .0
            .sign(b"x", NOW_S + late_s, "n".repeat(32))
            .unwrap();
        let judged = judge(&signed.map(|(name, value)| (name, Some(value))), b"x");
        assert_eq!(judged.is_ok(), good, "{late_s}: {judged:?}");
    }
}

#[test]
fn a_probe_is_known_and_refused() {
    for rest in ["", "AAAA", "not base64!"] {
        let mut headers = signed(b"{}");
        headers[2] = (
            header::SIGNATURE,
            Some(format!("WECHATPAY/SIGNTEST/{rest}")),
        );
        assert_eq!(judge(&headers, b"{}"), Err(Forged::Probe));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn one_changed_byte_is_found(body in prop::collection::vec(any::<u8>(), 1..64), at: usize) {
        let mut changed = body.clone();
        let at = at % changed.len();
        changed[at] ^= 1;
        prop_assert_eq!(judge(&signed(&body), &changed), Err(Forged::Wrong));
    }

    #[test]
    fn a_sealed_text_comes_back_and_an_altered_one_does_not(
        plain in prop::collection::vec(any::<u8>(), 0..64), aad in "[a-z]{0,12}",
    ) {
        let keys = keys();
        let mut sealed = Sealed::seal(&keys.current, &aad, "123456789012", &plain).unwrap();
        prop_assert_eq!(keys.open(&sealed), Ok((plain, false)));
        sealed.associated_data = Some(format!("{aad}x"));
        prop_assert!(keys.open(&sealed).is_err());
    }
}

proptest! {
    #[test]
    fn no_headers_are_too_strange(values in prop::array::uniform5(prop::option::of(".*"))) {
        let [timestamp, nonce, signature, serial, kind] = values;
        let headers = [
            (header::TIMESTAMP, timestamp),
            (header::NONCE, nonce),
            (header::SIGNATURE, signature),
            (header::SERIAL, serial),
            (header::SIGNATURE_TYPE, kind),
        ];
        let judged = judge(&headers, b"x");
        prop_assert!(judged.is_err());
    }

    #[test]
    fn no_timestamp_or_signature_is_too_strange(at in any::<i64>(), signature in ".*") {
        let headers = [
            (header::TIMESTAMP, Some(at.to_string())),
            (header::NONCE, Some("n".into())),
            (header::SIGNATURE, Some(signature)),
            (header::SERIAL, Some(ID.into())),
        ];
        let judged = judge(&headers, b"x");
        prop_assert!(judged.is_err());
    }

    #[test]
    fn no_seal_is_too_strange(nonce in ".{0,16}", ciphertext in ".*", aad in ".*") {
        let sealed = Sealed {
            original_type: String::new(),
            algorithm: AEAD.into(),
            ciphertext,
            associated_data: Some(aad),
            nonce,
        };
        prop_assert!(keys().open(&sealed).is_err());
    }

    #[test]
    fn no_body_is_too_strange(bytes in prop::collection::vec(any::<u8>(), 0..256)) {
        let _ = serde_json::from_slice::<Envelope>(&bytes);
        let _ = serde_json::from_slice::<Transaction>(&bytes);
        let _ = serde_json::from_slice::<Refund>(&bytes);
        let _ = serde_json::from_slice::<RefundNotice>(&bytes);
        let _ = serde_json::from_slice::<Refusal>(&bytes);
    }

    #[test]
    fn no_code_is_too_strange(text in ".*") {
        let code = Code::read(&text);
        prop_assert!((400..600).contains(&code.status()));
    }

    #[test]
    fn no_key_is_too_strange(text in ".*", label in "[A-Z ]{0,20}", der in "[0-9A-Za-z+/=]{0,80}") {
        let pem = format!("-----BEGIN {label}-----\n{der}\n-----END {label}-----\n");
        for text in [text, pem] {
            prop_assert!(PrivateKey::from_pem(&text).is_err());
            prop_assert!(PublicKey::from_pem(&text).is_err());
            let _ = ApiKey::new(&text);
            let _ = KeyId::from(text.as_str());
        }
    }
}

#[test]
fn a_key_of_the_other_kind_is_refused() {
    let private = COMPANY.2.as_str();
    let public = COMPANY.0.key.public_pem().unwrap();
    assert!(PublicKey::from_pem(private).is_err());
    assert!(PrivateKey::from_pem(&public).is_err());
    for cut in [40, private.len() / 2, private.len() - 40] {
        assert!(PrivateKey::from_pem(&private[..cut]).is_err());
    }
}
