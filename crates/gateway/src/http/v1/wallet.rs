//! Balances: what a user has, top-ups, transfers, and money set aside.

use axum::http::HeaderMap;
use money::Money;
use proto::payment as wire;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::payments::Payment;
use crate::{
    body::{Json, MaybeJson, Query},
    cx::Cx,
    handler::{Path, WithStatus},
    key::{plain_key, required_key},
    lane::Lane,
    refusal::Refusal,
    route::{Access, Routes},
    state::Gateway,
    views::{rfc3339, rfc3339_some, yuan},
};

#[rustfmt::skip]
pub(super) fn routes(routes: &mut Routes) {
    use {Access::User, Lane::Money};
    routes.get("/api/v1/wallet", Money, User, balance);
    routes.get("/api/v1/wallet/entries", Money, User, entries);
    routes.post("/api/v1/wallet/top-ups", Money, User, top_up).keyed();
    routes.post("/api/v1/wallet/transfers", Money, User, transfer).keyed();
    routes.post("/api/v1/wallet/holds", Money, User, hold).keyed();
    routes.post("/api/v1/wallet/holds/{key}/capture", Money, User, capture);
    routes.post("/api/v1/wallet/holds/{key}/release", Money, User, release);
}

/// An amount, in either unit.
pub(super) fn fen(amount: Option<Money>, amount_fen: Option<i64>) -> Option<i64> {
    amount_fen.or(amount.map(Money::fen))
}

/// A part of something, which nothing at all would turn into the whole; 0: none was given.
pub(super) fn part(fen: Option<i64>) -> Result<i64, Refusal> {
    match fen {
        None => Ok(0),
        Some(fen) if fen > 0 => Ok(fen),
        Some(_) => Err(fault::Reason::AmountRange.into()),
    }
}

#[derive(Serialize, ToSchema)]
pub(super) struct Wallet {
    user_id: i64,
    /// What it may spend and what is set aside, together.
    balance: Money,
    balance_fen: i64,
    available: Money,
    available_fen: i64,
    held: Money,
    held_fen: i64,
    currency: &'static str,
}

impl From<wire::WalletView> for Wallet {
    fn from(view: wire::WalletView) -> Self {
        let balance_fen = view.available_fen + view.held_fen;
        Self {
            user_id: view.user_id,
            balance: yuan(balance_fen),
            balance_fen,
            available: yuan(view.available_fen),
            available_fen: view.available_fen,
            held: yuan(view.held_fen),
            held_fen: view.held_fen,
            currency: "CNY",
        }
    }
}

async fn balance(gateway: Gateway, cx: Cx) -> Result<Wallet, Refusal> {
    let request = cx.call(wire::GetBalanceRequest::default());
    let view = gateway.wallet().get_balance(request).await?.into_inner();
    Ok(view.into())
}

#[derive(Serialize, ToSchema)]
struct Entry {
    /// Counts the account's movements from 1.
    id: i64,
    #[serde(rename = "type")]
    kind: String,
    #[serde(rename = "ref")]
    about: String,
    memo: String,
    /// Negative: it went out.
    amount: Money,
    amount_fen: i64,
    balance_after: Money,
    balance_after_fen: i64,
    created_at: String,
}

#[derive(Serialize, ToSchema)]
struct Entries {
    items: Vec<Entry>,
    next_cursor: Option<String>,
}

#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
pub(super) struct Cursor {
    pub(super) cursor: Option<String>,
    pub(super) limit: Option<String>,
}

impl Cursor {
    /// Where the page before ended; 0: from the newest on.
    pub(super) fn before(&self) -> Result<i64, Refusal> {
        match self.cursor.as_deref() {
            None | Some("") => Ok(0),
            Some(text) => text.parse().map_err(|_| Refusal::bad("cursor")),
        }
    }

    pub(super) fn limit(&self) -> u32 {
        let limit = self.limit.as_deref().and_then(|limit| limit.parse().ok());
        limit.unwrap_or(0)
    }
}

async fn entries(
    gateway: Gateway,
    cx: Cx,
    Query(query): Query<Cursor>,
) -> Result<Entries, Refusal> {
    let request = cx.call(wire::ListEntriesRequest {
        before: query.before()?,
        limit: query.limit(),
        user_id: 0,
    });
    let found = gateway.wallet().list_entries(request).await?.into_inner();
    let items = found.entries.into_iter().map(|entry| Entry {
        id: entry.seq,
        kind: entry.kind,
        about: entry.about,
        memo: entry.memo,
        amount: yuan(entry.amount_fen),
        amount_fen: entry.amount_fen,
        balance_after: yuan(entry.balance_after_fen),
        balance_after_fen: entry.balance_after_fen,
        created_at: rfc3339(entry.at_ms),
    });
    Ok(Entries {
        items: items.collect(),
        next_cursor: (found.next_before > 0).then(|| found.next_before.to_string()),
    })
}

#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
struct TopUpBody {
    amount: Option<Money>,
    amount_fen: Option<i64>,
    channel: String,
}

async fn top_up(
    gateway: Gateway,
    cx: Cx,
    headers: HeaderMap,
    Json(body): Json<TopUpBody>,
) -> Result<Payment, Refusal> {
    let channel = match body.channel.as_str() {
        "" | "wechat_native" => wire::Channel::WechatNative,
        "mock" => wire::Channel::Mock,
        _ => return Err(fault::Reason::NoPaymentMethod.into()),
    };
    let request = cx.call(wire::TopUpRequest {
        amount_fen: fen(body.amount, body.amount_fen).unwrap_or(0),
        key: required_key(&headers, cx.user()?.get(), "top_up")?,
        channel: channel.into(),
    });
    let view = gateway.wallet().top_up(request).await?.into_inner();
    Ok(view.into())
}

#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
struct TransferBody {
    to_uid: i64,
    amount: Option<Money>,
    amount_fen: Option<i64>,
    memo: String,
}

#[derive(Serialize, ToSchema)]
struct Transfer {
    from_uid: i64,
    to_uid: i64,
    amount: Money,
    amount_fen: i64,
    /// Whether the same key had moved it before.
    repeated: bool,
}

async fn transfer(
    gateway: Gateway,
    cx: Cx,
    headers: HeaderMap,
    Json(body): Json<TransferBody>,
) -> Result<Transfer, Refusal> {
    let request = cx.call(wire::TransferRequest {
        to_user_id: body.to_uid,
        amount_fen: fen(body.amount, body.amount_fen).unwrap_or(0),
        memo: body.memo,
        key: required_key(&headers, cx.user()?.get(), "transfer")?,
    });
    let view = gateway.wallet().transfer(request).await?.into_inner();
    Ok(Transfer {
        from_uid: view.from_user_id,
        to_uid: view.to_user_id,
        amount: yuan(view.amount_fen),
        amount_fen: view.amount_fen,
        repeated: view.repeated,
    })
}

#[derive(Serialize, ToSchema)]
struct Hold {
    key: String,
    amount: Money,
    amount_fen: i64,
    captured: Money,
    captured_fen: i64,
    status: &'static str,
    api_call: String,
    created_at: String,
    settled_at: Option<String>,
}

impl From<wire::HoldView> for Hold {
    fn from(view: wire::HoldView) -> Self {
        use wire::hold_view::State;
        let status = match view.state() {
            State::Pending | State::Unspecified => "pending",
            State::Captured => "captured",
            State::Released => "released",
        };
        Self {
            key: view.key,
            amount: yuan(view.amount_fen),
            amount_fen: view.amount_fen,
            captured: yuan(view.captured_fen),
            captured_fen: view.captured_fen,
            status,
            api_call: view.api_call,
            created_at: rfc3339(view.created_at_ms),
            settled_at: rfc3339_some(view.settled_at_ms),
        }
    }
}

#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
struct HoldBody {
    amount: Option<Money>,
    amount_fen: Option<i64>,
    api_call: String,
    metadata: Value,
}

/// The key is the hold's name: `Idempotency-Key`, as it was sent.
async fn hold(
    gateway: Gateway,
    cx: Cx,
    headers: HeaderMap,
    Json(body): Json<HoldBody>,
) -> Result<WithStatus<Hold, 201>, Refusal> {
    let request = cx.call(wire::HoldRequest {
        key: plain_key(&headers)?,
        amount_fen: fen(body.amount, body.amount_fen).unwrap_or(0),
        api_call: body.api_call,
        metadata: body.metadata.to_string(),
    });
    let view = gateway.wallet().hold(request).await?.into_inner();
    Ok(WithStatus(view.into()))
}

#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
struct CaptureBody {
    amount: Option<Money>,
    amount_fen: Option<i64>,
    api_call: String,
}

/// All that is held, unless the body says how much.
async fn capture(
    gateway: Gateway,
    cx: Cx,
    Path(key): Path<String>,
    MaybeJson(body): MaybeJson<CaptureBody>,
) -> Result<Hold, Refusal> {
    let amount_fen = part(fen(body.amount, body.amount_fen))?;
    let request = cx.call(wire::CaptureRequest {
        key,
        amount_fen,
        api_call: body.api_call,
    });
    Ok(gateway.wallet().capture(request).await?.into_inner().into())
}

async fn release(gateway: Gateway, cx: Cx, Path(key): Path<String>) -> Result<Hold, Refusal> {
    let request = cx.call(wire::ReleaseRequest { key });
    Ok(gateway.wallet().release(request).await?.into_inner().into())
}
