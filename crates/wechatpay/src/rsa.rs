//! RSA keys from PEM, and RSASSA-PKCS1-v1_5 with SHA-256 over them.

use std::fmt;

use aws_lc_rs::{
    encoding::AsDer,
    rand::SystemRandom,
    rsa::KeySize,
    signature::{
        KeyPair, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaKeyPair,
    },
};
use base64::{Engine, prelude::BASE64_STANDARD};
use rustls_pki_types::pem::{PemObject, SectionKind};
use x509_parser::prelude::{FromDer, X509Certificate};

/// Why a text is not a key that this protocol takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadKey {
    #[error("not PEM")]
    NotPem,
    #[error("PEM of something else than is wanted here")]
    OtherKind,
    #[error("not an RSA key of 2048 bits or more")]
    NotRsa,
}

/// The system gave no signature: out of memory, in practice.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("the signature could not be made")]
pub struct Unsigned;

pub struct PrivateKey {
    pair: RsaKeyPair,
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PrivateKey(…)")
    }
}

impl PrivateKey {
    /// From `PRIVATE KEY` (PKCS#8) or `RSA PRIVATE KEY` (PKCS#1).
    pub fn from_pem(pem: &str) -> Result<Self, BadKey> {
        let (kind, der) = section(pem)?;
        let pair = match kind {
            SectionKind::PrivateKey => RsaKeyPair::from_pkcs8(&der),
            SectionKind::RsaPrivateKey => RsaKeyPair::from_der(&der),
            _ => return Err(BadKey::OtherKind),
        };
        Ok(Self {
            pair: pair.map_err(|_| BadKey::NotRsa)?,
        })
    }

    /// A new key of 2048 bits and its PKCS#8 PEM, for whoever plays the company.
    pub fn generate() -> Result<(Self, String), Unsigned> {
        let pair = RsaKeyPair::generate(KeySize::Rsa2048).map_err(|_| Unsigned)?;
        let der = AsDer::<aws_lc_rs::encoding::Pkcs8V1Der<'_>>::as_der(&pair);
        let pem = to_pem("PRIVATE KEY", der.map_err(|_| Unsigned)?.as_ref());
        Ok((Self { pair }, pem))
    }

    /// The signature, in base64.
    pub fn sign(&self, message: &[u8]) -> Result<String, Unsigned> {
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair
            .sign(
                &RSA_PKCS1_SHA256,
                &SystemRandom::new(),
                message,
                &mut signature,
            )
            .map_err(|_| Unsigned)?;
        Ok(BASE64_STANDARD.encode(signature))
    }

    /// The PEM of its public half.
    pub fn public_pem(&self) -> Result<String, Unsigned> {
        let der =
            AsDer::<aws_lc_rs::encoding::PublicKeyX509Der<'_>>::as_der(self.pair.public_key());
        Ok(to_pem("PUBLIC KEY", der.map_err(|_| Unsigned)?.as_ref()))
    }

    /// Whether `public` is its public half: a merchant's key in the place of the company's would
    /// believe whatever the merchant signs.
    pub fn belongs_to(&self, public: &PublicKey) -> bool {
        // The PKCS#1 form is the end of every other form.
        public.der.ends_with(self.pair.public_key().as_ref())
    }
}

#[derive(Debug, Clone)]
pub struct PublicKey {
    parsed: ParsedPublicKey,
    der: Vec<u8>,
}

impl PublicKey {
    /// From `PUBLIC KEY`, `RSA PUBLIC KEY` or the key in a `CERTIFICATE`.
    pub fn from_pem(pem: &str) -> Result<Self, BadKey> {
        // The reader knows no section of this name; the verifier takes the bytes of both.
        let (kind, der) = section(&pem.replace("RSA PUBLIC KEY", "PUBLIC KEY"))?;
        let der = match kind {
            SectionKind::PublicKey => der,
            SectionKind::Certificate => {
                let (_, certificate) =
                    X509Certificate::from_der(&der).map_err(|_| BadKey::NotRsa)?;
                certificate.public_key().raw.to_vec()
            }
            _ => return Err(BadKey::OtherKind),
        };
        let parsed = ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &der);
        Ok(Self {
            parsed: parsed.map_err(|_| BadKey::NotRsa)?,
            der,
        })
    }

    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        self.parsed.verify_sig(message, signature).is_ok()
    }
}

fn section(pem: &str) -> Result<(SectionKind, Vec<u8>), BadKey> {
    <(SectionKind, Vec<u8>)>::from_pem_slice(pem.as_bytes()).map_err(|_| BadKey::NotPem)
}

fn to_pem(label: &str, der: &[u8]) -> String {
    const LINE_CHARS: usize = 64;
    let text = BASE64_STANDARD.encode(der);
    let mut pem = format!("-----BEGIN {label}-----\n");
    let mut rest = text.as_str();
    while !rest.is_empty() {
        // Base64 is ASCII: every place is a character's edge.
        let (line, more) = rest.split_at(rest.len().min(LINE_CHARS));
        pem.push_str(line);
        pem.push('\n');
        rest = more;
    }
    pem + &format!("-----END {label}-----\n")
}
