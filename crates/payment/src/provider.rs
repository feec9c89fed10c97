//! The payment companies.

pub(crate) mod wechat;

/// Why a call to a company did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// It may have happened or not: only a query tells.
    #[error("{call}: the outcome is not known")]
    Unknown {
        call: &'static str,
        #[source]
        cause: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The company said no; nothing happened.
    #[error("{call}: refused with {status} {code}: {message}")]
    Refused {
        call: &'static str,
        refusal: Refusal,
        status: u16,
        code: String,
        message: String,
    },
    /// The company's signed answer is about something that is not ours.
    #[error("{call}: answered about something else: {what}")]
    Foreign {
        call: &'static str,
        what: &'static str,
    },
}

/// The refusals after which something else is to be done than waiting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The number is paid, or was used: a query tells.
    NumberSpent,
    NumberClosed,
    NumberUnknown,
    /// The number was opened with other parameters, or a rule of the company is not met.
    RuleNotMet,
    /// The payer's account cannot take money back: a person has to look.
    PayerAccount,
    Other,
}

impl Failure {
    pub(crate) fn refusal(&self) -> Option<Refusal> {
        match self {
            Self::Refused { refusal, .. } => Some(*refusal),
            Self::Unknown { .. } | Self::Foreign { .. } => None,
        }
    }
}
