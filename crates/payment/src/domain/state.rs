/// A QR code's text is valid for two hours; it is handed out until it is this old.
const CODE_URL_REUSE_MS: i64 = 110 * 60 * 1000;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum State {
    /// The provider was asked to open it, or is about to be; its answer is not known.
    Opening,
    Pending(CodeUrl),
    /// The provider is being asked to close it, or whether it was paid.
    Closing,
    Closed {
        at_ms: i64,
    },
    Paid(Receipt),
    Refunding(Receipt),
    Refunded(Receipt),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CodeUrl {
    pub text: String,
    pub at_ms: i64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Receipt {
    /// The provider's number; none without a provider.
    pub transaction_id: Option<String>,
    pub at_ms: i64,
}

impl State {
    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Self::Opening => "opening",
            Self::Pending(_) => "pending",
            Self::Closing => "closing",
            Self::Closed { .. } => "closed",
            Self::Paid(_) => "paid",
            Self::Refunding(_) => "refunding",
            Self::Refunded(_) => "refunded",
        }
    }

    /// Set once money came in, whatever became of it later.
    pub(crate) const fn receipt(&self) -> Option<&Receipt> {
        match self {
            Self::Paid(receipt) | Self::Refunding(receipt) | Self::Refunded(receipt) => {
                Some(receipt)
            }
            Self::Opening | Self::Pending(_) | Self::Closing | Self::Closed { .. } => None,
        }
    }

    pub(crate) const fn code_url(&self) -> Option<&CodeUrl> {
        match self {
            Self::Pending(code_url) => Some(code_url),
            Self::Opening
            | Self::Closing
            | Self::Closed { .. }
            | Self::Paid(_)
            | Self::Refunding(_)
            | Self::Refunded(_) => None,
        }
    }
}

impl CodeUrl {
    pub(crate) const fn is_fresh(&self, now_ms: i64) -> bool {
        now_ms - self.at_ms < CODE_URL_REUSE_MS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_qr_code_is_handed_out_for_a_hundred_and_ten_minutes() {
        let code_url = CodeUrl {
            text: "weixin://".into(),
            at_ms: 0,
        };
        assert!(code_url.is_fresh(CODE_URL_REUSE_MS - 1));
        assert!(!code_url.is_fresh(CODE_URL_REUSE_MS));
    }
}
