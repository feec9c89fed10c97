//! Who signs: the merchant its requests, the company its answers and notifications.

use crate::{
    Authorization, KeyId, PrivateKey, SIGNATURE_TYPE, Unsigned, answer_message, header,
    request_message,
};

/// The merchant's side.
#[derive(Debug)]
pub struct Merchant {
    pub mchid: String,
    /// Of its API certificate, as the merchant console shows it.
    pub serial: String,
    pub key: PrivateKey,
}

impl Merchant {
    /// `target` is path and query as on the wire; `nonce` must be new.
    pub fn authorize(
        &self,
        method: &str,
        target: &str,
        body: &[u8],
        now_s: i64,
        nonce: String,
    ) -> Result<Authorization, Unsigned> {
        let timestamp = now_s.to_string();
        let message = request_message(method, target, &timestamp, &nonce, body);
        Ok(Authorization {
            mchid: self.mchid.clone(),
            signature: self.key.sign(&message)?,
            serial: self.serial.clone(),
            nonce,
            timestamp,
        })
    }
}

/// The company's side.
#[derive(Debug)]
pub struct Platform {
    pub id: KeyId,
    pub key: PrivateKey,
}

impl Platform {
    /// The headers that go with a signed body.
    pub fn sign(
        &self,
        body: &[u8],
        now_s: i64,
        nonce: String,
    ) -> Result<[(&'static str, String); 5], Unsigned> {
        let timestamp = now_s.to_string();
        let signature = self.key.sign(&answer_message(&timestamp, &nonce, body))?;
        Ok([
            (header::TIMESTAMP, timestamp),
            (header::NONCE, nonce),
            (header::SIGNATURE, signature),
            (header::SERIAL, self.id.to_string()),
            (header::SIGNATURE_TYPE, SIGNATURE_TYPE.to_owned()),
        ])
    }
}
