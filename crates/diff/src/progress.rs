use serde::{Deserialize, Serialize};

/// How far a comparison is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    pub stage: Stage,
    /// Of the whole comparison, 0 to 100; never falls.
    pub percent: u8,
    /// Rows read so far, of both sides.
    pub rows: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Counting what the containers hold.
    Preflight,
    /// Reading both sides.
    Parse,
    /// Choosing sheets, header, columns and key; matching rows.
    Join,
    /// Writing the result.
    Write,
}
