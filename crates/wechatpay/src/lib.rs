//! WeChat Pay API v3, Native payments: the company's protocol as facts, without I/O. Both sides
//! stand on it: payment signs requests and opens notifications, the simulator does the reverse.
//!
//! Nothing here panics on what a stranger sends.

mod aead;
mod authorization;
mod key_id;
mod message;
mod native;
pub mod notify;
pub mod path;
mod refund;
mod refusal;
mod rsa;
mod signer;
mod verify;

pub use aead::{AEAD, ApiKey, ApiKeys, BadApiKey, Sealed, Undecryptable};
pub use authorization::{Authorization, BadAuthorization, SCHEME};
pub use key_id::KeyId;
pub use message::{answer_message, nonce, request_message};
pub use native::{Amount, Close, CodeUrl, NativeOrder, PaidAmount, Payer, TradeState, Transaction};
pub use refund::{Refund, RefundAmount, RefundNotice, RefundOrder, RefundStatus, RefundedAmount};
pub use refusal::{Code, Refusal};
pub use rsa::{BadKey, PrivateKey, PublicKey, Unsigned};
pub use signer::{Merchant, Platform};
pub use verify::{Forged, KeyRing, SIGNATURE_TYPE, Signature, WINDOW_S, header};
