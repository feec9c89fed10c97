//! Notifications: the envelope around what is sealed.

use serde::{Deserialize, Serialize};

use crate::Sealed;

pub const TRANSACTION_SUCCESS: &str = "TRANSACTION.SUCCESS";
pub const REFUND_SUCCESS: &str = "REFUND.SUCCESS";
pub const REFUND_ABNORMAL: &str = "REFUND.ABNORMAL";
pub const REFUND_CLOSED: &str = "REFUND.CLOSED";

/// Seconds between attempts after a failure: 15 of them, over a day.
pub const RETRIES_S: [u64; 15] = [
    15, 15, 30, 180, 600, 1_200, 1_800, 1_800, 1_800, 3_600, 10_800, 10_800, 10_800, 21_600, 21_600,
];

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Envelope {
    /// The same at every attempt.
    pub id: String,
    /// RFC 3339.
    #[serde(default)]
    pub create_time: String,
    pub event_type: String,
    #[serde(default)]
    pub resource_type: String,
    #[serde(default)]
    pub summary: String,
    pub resource: Sealed,
}
