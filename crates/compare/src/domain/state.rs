//! Where a job stands.

use diff::{Failure, Progress, Stage};

#[derive(Debug, Clone, PartialEq)]
pub enum State {
    Processing(Work),
    AwaitingPayment {
        /// A payment may exist: payment has to be asked before it ends.
        opened: bool,
        /// What it becomes once its payment is closed, and when payment is asked again.
        closing: Option<(Ending, i64)>,
        /// None: its payment has to be asked for.
        code_url: Option<CodeUrl>,
    },
    Ready,
    Failed(Failure),
    Cancelled {
        at_ms: i64,
    },
    Expired,
}

/// What a QR code holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeUrl {
    pub text: String,
    /// When payment said so.
    pub at_ms: i64,
    pub payment_no: String,
}

/// Who is at it, and how far.
#[derive(Debug, Clone, PartialEq)]
pub struct Work {
    /// Claims since it was submitted or retried.
    pub tries: i32,
    /// Until when the claim stands; 0: free.
    pub lease_until_ms: i64,
    /// When the sweeper has to look.
    pub look_at_ms: i64,
    pub progress: Progress,
}

/// How a job ends that nobody paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    Cancelled,
    Expired,
}

/// Why a job does not do what it is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Wrong {
    #[error("it is still being compared")]
    Processing,
    #[error("it waits for its payment")]
    Unpaid,
    #[error("its payment is being closed")]
    Closing,
    #[error("it is finished")]
    Finished,
    #[error("it has failed")]
    Failed,
    #[error("it was cancelled")]
    Cancelled,
    #[error("it has expired")]
    Expired,
    #[error("another worker has it")]
    Taken,
    #[error("it was tried too often")]
    Exhausted,
}

impl Ending {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Cancelled, Self::Expired]
            .into_iter()
            .find(|ending| ending.name() == name)
    }
}

impl State {
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Processing(_) => "processing",
            Self::AwaitingPayment { .. } => "awaiting_payment",
            Self::Ready => "ready",
            Self::Failed(_) => "failed",
            Self::Cancelled { .. } => "cancelled",
            Self::Expired => "expired",
        }
    }

    /// Why it cannot do what needs another state.
    pub const fn wrong(&self) -> Wrong {
        match self {
            Self::Processing(_) => Wrong::Processing,
            Self::AwaitingPayment { closing: None, .. } => Wrong::Unpaid,
            Self::AwaitingPayment { .. } => Wrong::Closing,
            Self::Ready => Wrong::Finished,
            Self::Failed(_) => Wrong::Failed,
            Self::Cancelled { .. } => Wrong::Cancelled,
            Self::Expired => Wrong::Expired,
        }
    }
}

impl Work {
    /// Nobody has claimed it yet.
    pub const fn new(look_at_ms: i64) -> Self {
        Self {
            tries: 0,
            lease_until_ms: 0,
            look_at_ms,
            progress: Progress {
                stage: Stage::Preflight,
                percent: 0,
                rows: 0,
            },
        }
    }
}
