//! What the service knows, in the words of the wire.

use ids::UserId;
use proto::payment::{
    self as wire, HoldView, ListPaymentsResponse, ListRefundsResponse, PaymentView, RefundView,
    ReportDayResponse, WalletView,
};

use crate::{
    app::{DayReport, Purse, View},
    domain::{Channel, Hold, HoldState, Payment, Refund, RefundState, State},
    purposes::Purpose,
};

pub(super) fn payment_view(View { payment, refund }: View) -> PaymentView {
    let purpose = match payment.purpose {
        Purpose::Order => wire::Purpose::Order,
        Purpose::CompareJob => wire::Purpose::CompareJob,
        Purpose::TopUp => wire::Purpose::TopUp,
    };
    let channel = match payment.channel {
        Channel::WechatNative => wire::Channel::WechatNative,
        Channel::Mock => wire::Channel::Mock,
        Channel::Wallet => wire::Channel::Wallet,
        Channel::None => wire::Channel::Unspecified,
    };
    let state = match payment.state {
        State::Opening => wire::State::Opening,
        State::Pending(_) => wire::State::Pending,
        State::Closing => wire::State::Closing,
        State::Closed { .. } => wire::State::Closed,
        State::Paid(_) => wire::State::Paid,
        State::Refunding(_) => wire::State::Refunding,
        State::Refunded(_) => wire::State::Refunded,
    };
    let code_url = payment
        .state
        .code_url()
        .map(|code_url| code_url.text.clone());
    let receipt = payment.state.receipt().cloned();
    PaymentView {
        payment_no: payment.no.to_string(),
        purpose: purpose.into(),
        subject: payment.subject.name,
        user_id: payment.user.map_or(0, UserId::get),
        channel: channel.into(),
        amount_fen: payment.amount.fen(),
        state: state.into(),
        code_url: code_url.unwrap_or_default(),
        paid_at_ms: receipt.as_ref().map_or(0, |receipt| receipt.at_ms),
        transaction_id: receipt
            .and_then(|receipt| receipt.transaction_id)
            .unwrap_or_default(),
        created_at_ms: payment.created_at_ms,
        expires_at_ms: payment.expires_at_ms,
        refund: refund.map(refund_view),
        reserved_fen: payment.reserved.fen(),
        refunded_fen: payment.refunded.fen(),
    }
}

pub(super) fn refund_view(refund: Refund) -> RefundView {
    use wire::refund_view::State as Wire;
    let (state, refunded_at_ms) = match refund.state {
        RefundState::Due => (Wire::Due, 0),
        RefundState::Processing => (Wire::Processing, 0),
        RefundState::Succeeded { at_ms } => (Wire::Succeeded, at_ms),
        RefundState::Abnormal => (Wire::Abnormal, 0),
    };
    RefundView {
        refund_no: refund.no.to_string(),
        payment_no: refund.payment_no.to_string(),
        amount_fen: refund.amount.fen(),
        state: state.into(),
        reason: refund.reason,
        created_at_ms: refund.created_at_ms,
        refunded_at_ms,
    }
}

/// Empty: any.
pub(super) const fn state_name(state: wire::State) -> &'static str {
    match state {
        wire::State::Unspecified => "",
        wire::State::Opening => "opening",
        wire::State::Pending => "pending",
        wire::State::Closing => "closing",
        wire::State::Closed => "closed",
        wire::State::Paid => "paid",
        wire::State::Refunding => "refunding",
        wire::State::Refunded => "refunded",
    }
}

/// Empty: any.
pub(super) const fn refund_state_name(state: wire::refund_view::State) -> &'static str {
    use wire::refund_view::State as Wire;
    match state {
        Wire::Unspecified => "",
        Wire::Due => "due",
        Wire::Processing => "processing",
        Wire::Succeeded => "succeeded",
        Wire::Abnormal => "abnormal",
    }
}

/// A full page has another one behind it.
fn next(length: usize, limit: u32, last: Option<i64>) -> Option<i64> {
    last.filter(|_| length >= limit as usize)
}

pub(super) fn payments(payments: Vec<Payment>, limit: u32) -> ListPaymentsResponse {
    let last = payments.last().map(|payment| payment.no.id().get());
    let next = next(payments.len(), limit, last);
    let view = |payment| {
        payment_view(View {
            payment,
            refund: None,
        })
    };
    ListPaymentsResponse {
        payments: payments.into_iter().map(view).collect(),
        next_before: next.map(|id| id.to_string()).unwrap_or_default(),
    }
}

pub(super) fn refunds(refunds: Vec<Refund>, limit: u32) -> ListRefundsResponse {
    let last = refunds.last().map(|refund| refund.no.id().get());
    let next = next(refunds.len(), limit, last);
    ListRefundsResponse {
        refunds: refunds.into_iter().map(refund_view).collect(),
        next_before: next.map(|id| id.to_string()).unwrap_or_default(),
    }
}

pub(super) fn report(report: DayReport) -> ReportDayResponse {
    let lines = report
        .lines
        .into_iter()
        .map(|line| wire::report_day_response::Line {
            kind: line.kind,
            account: line.account,
            count: line.count,
            sum_fen: line.sum_fen,
        });
    ReportDayResponse {
        date: report.date,
        lines: lines.collect(),
        paid_fen: report.paid_fen,
        refunded_fen: report.refunded_fen,
        fees_fen: report.fees_fen,
        wallets_fen: report.wallets_fen,
    }
}

pub(super) fn purse(purse: &Purse) -> WalletView {
    WalletView {
        user_id: purse.user.get(),
        available_fen: purse.available_fen,
        held_fen: purse.held_fen,
    }
}

pub(super) fn hold(hold: Hold) -> HoldView {
    use wire::hold_view::State as Wire;
    let state = match hold.state {
        HoldState::Pending => Wire::Pending,
        HoldState::Captured => Wire::Captured,
        HoldState::Released => Wire::Released,
    };
    HoldView {
        key: hold.key,
        amount_fen: hold.amount.fen(),
        captured_fen: hold.captured.fen(),
        state: state.into(),
        api_call: hold.api_call,
        created_at_ms: hold.created_at_ms,
        settled_at_ms: hold.settled_at_ms.unwrap_or(0),
    }
}
