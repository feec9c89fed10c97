//! The owner's view of money: payments, refunds, the ledger, and what a day moved.

use axum::http::HeaderMap;
use money::Money;
use proto::payment as wire;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    payments::{Payment, Refund},
    wallet::{Cursor, Wallet, fen, part},
};
use crate::{
    body::{Json, MaybeJson, Query},
    cx::Cx,
    handler::{Path, WithStatus},
    key::required_key,
    lane::Lane,
    refusal::Refusal,
    route::{Access, Routes},
    state::Gateway,
    views::{rfc3339, yuan},
};

#[rustfmt::skip]
pub(super) fn routes(routes: &mut Routes) {
    use {Access::Admin as Owner, Lane::{Admin, Money}};
    routes.post("/api/v1/payments/{payment_no}/refunds", Money, Owner, refund);
    routes.get("/api/v1/admin/payments", Admin, Owner, payments);
    routes.get("/api/v1/admin/payments/reports/{date}", Admin, Owner, report);
    routes.get("/api/v1/admin/refunds", Admin, Owner, refunds);
    routes.get("/api/v1/admin/ledger/trial-balance", Admin, Owner, trial_balance);
    routes.get("/api/v1/admin/ledger/journals", Admin, Owner, journals).holds::<Journal>();
    routes.post("/api/v1/admin/ledger/verify", Admin, Owner, verify);
    routes.get("/api/v1/admin/wallet/{uid}", Admin, Owner, wallet);
    routes.post("/api/v1/admin/wallet/{uid}/adjust", Admin, Owner, adjust).keyed();
}

#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
struct RefundBody {
    amount: Option<Money>,
    amount_fen: Option<i64>,
    reason: String,
}

/// Gives a payment back to where it came from: whatever is left, unless the body says how much.
async fn refund(
    gateway: Gateway,
    cx: Cx,
    Path(payment_no): Path<String>,
    headers: HeaderMap,
    MaybeJson(body): MaybeJson<RefundBody>,
) -> Result<WithStatus<Refund, 202>, Refusal> {
    let amount_fen = part(fen(body.amount, body.amount_fen))?;
    let request = cx.call(wire::RefundRequest {
        key: required_key(
            &headers,
            cx.user()?.get(),
            format_args!("refund/{payment_no}"),
        )?,
        payment_no,
        amount_fen,
        reason: body.reason,
    });
    let view = gateway.payment_admin().refund(request).await?.into_inner();
    Ok(WithStatus(view.into()))
}

#[derive(Serialize, ToSchema)]
struct Page<T> {
    items: Vec<T>,
    next_cursor: Option<String>,
}

fn some(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}

#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
struct PaymentsQuery {
    status: String,
    user_id: String,
    /// A payment's number, or what it pays for.
    q: String,
    cursor: String,
    limit: String,
}

async fn payments(
    gateway: Gateway,
    cx: Cx,
    Query(query): Query<PaymentsQuery>,
) -> Result<Page<Payment>, Refusal> {
    use wire::State;
    let state = match query.status.as_str() {
        "" => State::Unspecified,
        "opening" => State::Opening,
        "pending" => State::Pending,
        "closing" => State::Closing,
        "closed" => State::Closed,
        "paid" => State::Paid,
        "refunding" => State::Refunding,
        "refunded" => State::Refunded,
        _ => return Err(Refusal::bad("status")),
    };
    let request = cx.call(wire::ListPaymentsRequest {
        state: state.into(),
        user_id: query.user_id.parse().unwrap_or(0),
        about: query.q,
        before: query.cursor,
        limit: query.limit.parse().unwrap_or(0),
    });
    let found = gateway
        .payment_admin()
        .list_payments(request)
        .await?
        .into_inner();
    Ok(Page {
        items: found.payments.into_iter().map(Payment::from).collect(),
        next_cursor: some(found.next_before),
    })
}

#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
struct RefundsQuery {
    status: String,
    payment_no: String,
    cursor: String,
    limit: String,
}

async fn refunds(
    gateway: Gateway,
    cx: Cx,
    Query(query): Query<RefundsQuery>,
) -> Result<Page<Refund>, Refusal> {
    use wire::refund_view::State;
    let state = match query.status.as_str() {
        "" => State::Unspecified,
        "due" => State::Due,
        "processing" => State::Processing,
        "succeeded" => State::Succeeded,
        "abnormal" => State::Abnormal,
        _ => return Err(Refusal::bad("status")),
    };
    let request = cx.call(wire::ListRefundsRequest {
        state: state.into(),
        payment_no: query.payment_no,
        before: query.cursor,
        limit: query.limit.parse().unwrap_or(0),
    });
    let found = gateway
        .payment_admin()
        .list_refunds(request)
        .await?
        .into_inner();
    Ok(Page {
        items: found.refunds.into_iter().map(Refund::from).collect(),
        next_cursor: some(found.next_before),
    })
}

#[derive(Serialize, ToSchema)]
#[schema(as = AccountLine)]
struct Line {
    account: String,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    kind: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    count: Option<i64>,
    sum: Money,
    sum_fen: i64,
}

#[derive(Serialize, ToSchema)]
struct Report {
    date: String,
    paid: Money,
    paid_fen: i64,
    refunded: Money,
    refunded_fen: i64,
    fees: Money,
    fees_fen: i64,
    /// What users had at the end of the day.
    wallets: Money,
    wallets_fen: i64,
    lines: Vec<Line>,
}

async fn report(gateway: Gateway, cx: Cx, Path(date): Path<String>) -> Result<Report, Refusal> {
    let request = cx.call(wire::ReportDayRequest { date });
    let report = gateway
        .payment_admin()
        .report_day(request)
        .await?
        .into_inner();
    let lines = report.lines.into_iter().map(|line| Line {
        account: line.account,
        kind: Some(line.kind),
        count: Some(line.count),
        sum: yuan(line.sum_fen),
        sum_fen: line.sum_fen,
    });
    Ok(Report {
        lines: lines.collect(),
        date: report.date,
        paid: yuan(report.paid_fen),
        paid_fen: report.paid_fen,
        refunded: yuan(report.refunded_fen),
        refunded_fen: report.refunded_fen,
        fees: yuan(report.fees_fen),
        fees_fen: report.fees_fen,
        wallets: yuan(report.wallets_fen),
        wallets_fen: report.wallets_fen,
    })
}

#[derive(Serialize, ToSchema)]
struct TrialBalance {
    lines: Vec<Line>,
    /// 0 when the books are right.
    sum_fen: i64,
}

async fn trial_balance(gateway: Gateway, cx: Cx) -> Result<TrialBalance, Refusal> {
    let request = cx.call(wire::TrialBalanceRequest {});
    let found = gateway.ledger().trial_balance(request).await?.into_inner();
    let lines = found.lines.into_iter().map(|line| Line {
        account: format!("{}:{}", line.kind, line.owner),
        kind: None,
        count: None,
        sum: yuan(line.balance_fen),
        sum_fen: line.balance_fen,
    });
    Ok(TrialBalance {
        lines: lines.collect(),
        sum_fen: found.sum_fen,
    })
}

#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
struct JournalsQuery {
    /// A payment, refund or hold.
    #[serde(rename = "ref")]
    about: String,
    cursor: Option<String>,
    limit: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct Journal {
    id: i64,
    key: String,
    #[serde(rename = "type")]
    kind: String,
    #[serde(rename = "ref")]
    about: String,
    memo: String,
    /// Accounts and amounts in fen: `payment provider:1-990 sales:1+990`.
    movement: String,
    created_at: String,
}

async fn journals(
    gateway: Gateway,
    cx: Cx,
    Query(query): Query<JournalsQuery>,
) -> Result<Page<Journal>, Refusal> {
    let page = Cursor {
        cursor: query.cursor,
        limit: query.limit,
    };
    let request = cx.call(wire::ListJournalsRequest {
        about: query.about,
        before: page.before()?,
        limit: page.limit(),
    });
    let found = gateway.ledger().list_journals(request).await?.into_inner();
    let items = found.journals.into_iter().map(|journal| Journal {
        id: journal.id,
        key: journal.key,
        kind: journal.kind,
        about: journal.about,
        memo: journal.memo,
        movement: journal.movement,
        created_at: rfc3339(journal.at_ms),
    });
    Ok(Page {
        items: items.collect(),
        next_cursor: (found.next_before > 0).then(|| found.next_before.to_string()),
    })
}

#[derive(Serialize, ToSchema)]
struct Finding {
    about: String,
    what: String,
}

#[derive(Serialize, ToSchema)]
struct Verified {
    accounts: u64,
    journals: u64,
    payments: u64,
    refunds: u64,
    differences: u64,
    findings: Vec<Finding>,
}

/// Recomputes everything; exact while nothing moves.
async fn verify(gateway: Gateway, cx: Cx) -> Result<Verified, Refusal> {
    let request = cx.call(wire::VerifyRequest {});
    let found = gateway.ledger().verify(request).await?.into_inner();
    let findings = found.findings.into_iter().map(|finding| Finding {
        about: finding.about,
        what: finding.what,
    });
    Ok(Verified {
        findings: findings.collect(),
        accounts: found.accounts,
        journals: found.journals,
        payments: found.payments,
        refunds: found.refunds,
        differences: found.differences,
    })
}

fn uid(text: &str) -> Result<i64, Refusal> {
    text.parse()
        .ok()
        .filter(|uid| *uid > 0)
        .ok_or_else(|| fault::Reason::AccountNotFound.into())
}

async fn wallet(gateway: Gateway, cx: Cx, Path(user): Path<String>) -> Result<Wallet, Refusal> {
    let request = cx.call(wire::GetBalanceRequest {
        user_id: uid(&user)?,
    });
    let view = gateway.wallet().get_balance(request).await?.into_inner();
    Ok(view.into())
}

#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
struct AdjustBody {
    amount: Option<Money>,
    amount_fen: Option<i64>,
    reason: String,
}

async fn adjust(
    gateway: Gateway,
    cx: Cx,
    Path(user): Path<String>,
    headers: HeaderMap,
    Json(body): Json<AdjustBody>,
) -> Result<Wallet, Refusal> {
    let request = cx.call(wire::AdjustRequest {
        user_id: uid(&user)?,
        amount_fen: fen(body.amount, body.amount_fen).unwrap_or(0),
        reason: body.reason,
        key: required_key(&headers, cx.user()?.get(), "adjust")?,
    });
    let answer = gateway.ledger().adjust(request).await?.into_inner();
    Ok(answer.wallet.unwrap_or_default().into())
}
