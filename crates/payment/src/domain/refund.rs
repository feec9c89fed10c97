use clock::from_ms;
use ids::{PaymentNo, RefundId, RefundNo};
use money::Money;

use super::Payment;

/// As wide as WeChat allows, in characters.
const REASON_CHARS_MAX: usize = 80;

/// A payment's money, or a part of it, on its way back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refund {
    pub no: RefundNo,
    pub payment_no: PaymentNo,
    pub amount: Money,
    /// Shown to the payer.
    pub reason: String,
    pub state: RefundState,
    /// What asks for it at the provider, byte for byte. None: paid without a provider.
    pub request: Option<String>,
    /// The provider's number, once it has answered.
    pub provider_id: Option<String>,
    pub created_at_ms: i64,
    pub tries: i32,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum RefundState {
    /// To be sent; whether it has been is not known.
    Due,
    /// The provider has taken it up.
    Processing,
    Succeeded {
        at_ms: i64,
    },
    /// The provider gave up: a person has to look.
    Abnormal,
}

/// What a payment company says about a refund.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum RefundSeen {
    Processing,
    Succeeded { at_ms: i64 },
    GivenUp,
}

impl RefundState {
    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Self::Due => "due",
            Self::Processing => "processing",
            Self::Succeeded { .. } => "succeeded",
            Self::Abnormal => "abnormal",
        }
    }
}

impl Refund {
    pub(crate) fn new(
        id: RefundId,
        payment: &Payment,
        amount: Money,
        reason: &str,
        now_ms: i64,
    ) -> Self {
        Self {
            no: RefundNo::new(id, from_ms(now_ms)),
            payment_no: payment.no,
            amount,
            reason: presentable(reason),
            state: RefundState::Due,
            request: None,
            provider_id: None,
            created_at_ms: now_ms,
            tries: 0,
        }
    }

    /// Where the refund stands after what was seen; none: nothing new. Success is final, and an
    /// abnormal refund that a person has settled at the company can still succeed.
    pub(crate) fn after(&self, seen: &RefundSeen) -> Option<RefundState> {
        match (&self.state, seen) {
            (RefundState::Succeeded { .. }, _)
            | (RefundState::Processing | RefundState::Abnormal, RefundSeen::Processing)
            | (RefundState::Abnormal, RefundSeen::GivenUp) => None,
            (_, RefundSeen::Succeeded { at_ms }) => Some(RefundState::Succeeded { at_ms: *at_ms }),
            (RefundState::Due | RefundState::Processing, RefundSeen::GivenUp) => {
                Some(RefundState::Abnormal)
            }
            (RefundState::Due, RefundSeen::Processing) => Some(RefundState::Processing),
        }
    }
}

/// What WeChat takes as text: bounded, and without characters of four bytes.
fn presentable(text: &str) -> String {
    text.chars()
        .filter(|c| c.len_utf8() < 4 && !c.is_control())
        .take(REASON_CHARS_MAX)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_cut_to_what_wechat_takes() {
        assert_eq!(presentable("已关闭😀\n订单"), "已关闭订单");
        assert_eq!(
            presentable(&"长".repeat(200)).chars().count(),
            REASON_CHARS_MAX
        );
    }
}
