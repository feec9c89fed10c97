//! What the comparison service that came before charged calls with: `/profile` and `/billing/…`,
//! bare and under `/api`. It had one user for everybody; here the balance is the caller's, so that
//! its two calls that move money need a login.

use fault::Reason;
use money::Money;
use proto::payment as wire;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::{
    body::Raw,
    cx::Cx,
    lane::Lane,
    refusal::Refusal,
    route::{Access, Routes},
    state::Gateway,
    views::yuan,
};

#[rustfmt::skip]
pub(super) fn routes(routes: &mut Routes) {
    use {Access::{Optional, User}, Lane::Money};
    routes.get("/profile", Money, Optional, profile);
    routes.post("/billing/pending", Money, User, pending).reads::<Body>();
    routes.post("/billing/deduct", Money, User, deduct).reads::<Body>();
    routes.get("/api/profile", Money, Optional, profile);
    routes.post("/api/billing/pending", Money, User, pending).reads::<Body>();
    routes.post("/api/billing/deduct", Money, User, deduct).reads::<Body>();
}

/// Who everybody was.
const DEMO_USER: &str = "demo-user";

#[derive(Serialize, ToSchema)]
struct Profile {
    user_id: String,
    /// A string with two decimals.
    balance: String,
}

async fn profile(gateway: Gateway, cx: Cx) -> Result<Profile, Refusal> {
    let Ok(user) = cx.user() else {
        return Ok(Profile {
            user_id: DEMO_USER.to_owned(),
            balance: Money::ZERO.to_string(),
        });
    };
    let request = cx.call(wire::GetBalanceRequest::default());
    let view = gateway.wallet().get_balance(request).await?.into_inner();
    Ok(Profile {
        user_id: user.to_string(),
        balance: yuan(view.available_fen).to_string(),
    })
}

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Body {
    #[serde(default)]
    amount: Option<Money>,
    #[serde(default)]
    api_call: String,
    #[serde(default)]
    metadata: Option<Value>,
    #[serde(default)]
    idempotency_key: String,
}

fn read(Raw(_, body): &Raw) -> Result<(Body, i64), Refusal> {
    let wrong = |what| Refusal::new(Reason::BadParameter, what);
    let body: Body = serde_json::from_slice(body).map_err(|_| wrong("invalid json"))?;
    let amount = body.amount.filter(|amount| amount.is_positive());
    let amount = amount.ok_or_else(|| wrong("amount must be positive"))?;
    Ok((body, amount.fen()))
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Pending {
    idempotency_key: String,
    status: &'static str,
}

/// Sets the amount aside; the same key keeps its first amount.
async fn pending(gateway: Gateway, cx: Cx, raw: Raw) -> Result<Pending, Refusal> {
    let (body, amount_fen) = read(&raw)?;
    let key = match body.idempotency_key.as_str() {
        "" => format!("pending_{:024x}", rand::random::<u128>() >> 32),
        key => key.to_owned(),
    };
    let request = cx.call(wire::HoldRequest {
        key,
        amount_fen,
        api_call: body.api_call,
        metadata: body.metadata.map(|it| it.to_string()).unwrap_or_default(),
    });
    let hold = gateway.wallet().hold(request).await?.into_inner();
    Ok(Pending {
        idempotency_key: hold.key,
        status: "pending",
    })
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Deducted {
    idempotency_key: String,
    deducted: bool,
    amount: Money,
}

/// Charges once per key, with or without something set aside.
async fn deduct(gateway: Gateway, cx: Cx, raw: Raw) -> Result<Deducted, Refusal> {
    let (body, amount_fen) = read(&raw)?;
    if body.idempotency_key.is_empty() {
        let what = "idempotencyKey is required";
        return Err(Refusal::new(Reason::BadParameter, what));
    }
    let request = cx.call(wire::CaptureRequest {
        key: body.idempotency_key,
        amount_fen,
        api_call: body.api_call,
    });
    let hold = gateway.wallet().capture(request).await?.into_inner();
    Ok(Deducted {
        idempotency_key: hold.key,
        deducted: true,
        amount: yuan(hold.captured_fen),
    })
}
