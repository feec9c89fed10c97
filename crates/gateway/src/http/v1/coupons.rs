//! Coupons: what may be claimed, and what was.

use axum::http::HeaderMap;
use fault::Reason;
use money::Money;
use proto::order as wire;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    body::{Json, Query},
    cx::Cx,
    handler::Path,
    key::request_key,
    lane::Lane,
    refusal::Refusal,
    route::{Access, Routes},
    state::Gateway,
    views::{Page, Paging, parse_time, rfc3339, yuan},
};

const PAGE_SIZE: u32 = 20;

#[rustfmt::skip]
pub(super) fn routes(routes: &mut Routes) {
    use {Access::{Admin, Public, User}, Lane::{Account, Browse}};
    routes.get("/api/v1/coupons", Browse, Public, claimable);
    routes.post("/api/v1/coupons/{id}/claim", Account, User, claim).keyed();
    routes.post("/api/v1/coupons/redeem", Account, User, redeem).keyed();
    routes.get("/api/v1/coupons/applicable", Account, User, applicable);
    routes.get("/api/v1/users/me/coupons", Account, User, own);
    routes.get("/api/v1/admin/coupons", Lane::Admin, Admin, all);
    routes.post("/api/v1/admin/coupons", Lane::Admin, Admin, create);
    routes.put("/api/v1/admin/coupons/{id}", Lane::Admin, Admin, update);
    routes.post("/api/v1/admin/coupons/{id}/issue", Lane::Admin, Admin, issue);
}

#[derive(Serialize, ToSchema)]
struct Template {
    id: i64,
    name: String,
    #[serde(rename = "type")]
    kind: &'static str,
    amount: Money,
    amount_fen: i64,
    /// Taken off.
    percent: i32,
    max_discount_fen: i64,
    threshold_amount: Money,
    threshold_fen: i64,
    scope: &'static str,
    categories: Vec<String>,
    product_ids: Vec<i64>,
    /// -1: without limit.
    total_count: i64,
    claimed: i64,
    remaining: i64,
    per_user_limit: i32,
    valid_days: i32,
    start_at: String,
    end_at: String,
    issue: &'static str,
    #[serde(skip_serializing_if = "String::is_empty")]
    code: String,
    active: bool,
}

impl From<wire::CouponTemplate> for Template {
    fn from(template: wire::CouponTemplate) -> Self {
        use wire::{CouponKind, CouponScope};
        Self {
            kind: match template.kind() {
                CouponKind::Discount => "discount",
                CouponKind::Cash => "cash",
                CouponKind::FullReduction | CouponKind::Unspecified => "full_reduction",
            },
            scope: match template.scope() {
                CouponScope::Categories => "categories",
                CouponScope::Products => "products",
                CouponScope::All | CouponScope::Unspecified => "all",
            },
            id: template.id,
            name: template.name,
            amount: yuan(template.amount_fen),
            amount_fen: template.amount_fen,
            percent: template.percent,
            max_discount_fen: template.max_discount_fen,
            threshold_amount: yuan(template.threshold_fen),
            threshold_fen: template.threshold_fen,
            categories: template.categories,
            product_ids: template.product_ids,
            total_count: template.total,
            claimed: template.claimed,
            remaining: match template.total {
                -1 => -1,
                total => (total - template.claimed).max(0),
            },
            per_user_limit: template.per_user_limit,
            valid_days: template.valid_days,
            start_at: rfc3339(template.start_ms),
            end_at: rfc3339(template.end_ms),
            issue: if template.by_code { "code" } else { "manual" },
            code: template.code,
            active: template.active,
        }
    }
}

#[derive(Serialize, ToSchema)]
struct UserCoupon {
    id: i64,
    coupon: Option<Template>,
    number: i64,
    status: &'static str,
    claimed_at: String,
    valid_until: String,
    /// 0: none.
    order_id: i64,
}

impl From<wire::UserCoupon> for UserCoupon {
    fn from(owned: wire::UserCoupon) -> Self {
        use wire::user_coupon::State;
        Self {
            status: match owned.state() {
                State::Used => "used",
                State::Expired => "expired",
                State::Unused | State::Unspecified => "unused",
            },
            id: owned.id,
            coupon: owned.template.map(Template::from),
            number: owned.number,
            claimed_at: rfc3339(owned.claimed_at_ms),
            valid_until: rfc3339(owned.valid_until_ms),
            order_id: owned.order_id,
        }
    }
}

async fn list(
    gateway: &Gateway,
    cx: &Cx,
    paging: &Paging,
    all: bool,
) -> Result<Page<Template>, Refusal> {
    let (page, page_size) = paging.of(PAGE_SIZE);
    let request = cx.call(wire::ListCouponsRequest {
        page,
        page_size,
        all,
    });
    let found = gateway.coupons().list_coupons(request).await?.into_inner();
    let items = found.coupons.into_iter().map(Template::from).collect();
    Ok(Page::new(items, (page, page_size), found.total))
}

async fn claimable(
    gateway: Gateway,
    cx: Cx,
    Query(paging): Query<Paging>,
) -> Result<Page<Template>, Refusal> {
    list(&gateway, &cx, &paging, false).await
}

async fn all(
    gateway: Gateway,
    cx: Cx,
    Query(paging): Query<Paging>,
) -> Result<Page<Template>, Refusal> {
    list(&gateway, &cx, &paging, true).await
}

fn coupon_id(text: &str) -> Result<i64, Refusal> {
    text.parse().map_err(|_| Reason::CouponNotFound.into())
}

async fn claim(
    gateway: Gateway,
    cx: Cx,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<UserCoupon, Refusal> {
    let request = cx.call(wire::ClaimCouponRequest {
        coupon_id: coupon_id(&id)?,
        idempotency_key: request_key(&headers, cx.user()?.get(), "claim")?,
    });
    let owned = gateway.coupons().claim_coupon(request).await?;
    Ok(owned.into_inner().into())
}

#[derive(Deserialize, ToSchema)]
struct RedeemBody {
    code: String,
}

async fn redeem(
    gateway: Gateway,
    cx: Cx,
    headers: HeaderMap,
    Json(body): Json<RedeemBody>,
) -> Result<UserCoupon, Refusal> {
    let request = cx.call(wire::RedeemCouponRequest {
        code: body.code,
        idempotency_key: request_key(&headers, cx.user()?.get(), "claim")?,
    });
    let owned = gateway.coupons().redeem_coupon(request).await?;
    Ok(owned.into_inner().into())
}

/// `items=7:2,8:1`: products and how many of each.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
struct ApplicableQuery {
    items: String,
}

#[derive(Serialize, ToSchema)]
struct Offer {
    coupon: Option<UserCoupon>,
    discount: Money,
    discount_fen: i64,
}

async fn applicable(
    gateway: Gateway,
    cx: Cx,
    Query(query): Query<ApplicableQuery>,
) -> Result<Vec<Offer>, Refusal> {
    let wrong = || Refusal::bad("items is product_id:quantity, separated by commas");
    let line = |text: &str| {
        let (product, quantity) = text.split_once(':').ok_or_else(wrong)?;
        Ok(wire::applicable_coupons_request::Line {
            product_id: product.parse().map_err(|_| wrong())?,
            quantity: quantity.parse().map_err(|_| wrong())?,
        })
    };
    let lines = query.items.split(',').filter(|text| !text.is_empty());
    let lines: Vec<_> = lines.map(line).collect::<Result<_, Refusal>>()?;
    let request = cx.call(wire::ApplicableCouponsRequest { lines });
    let found = gateway.coupons().applicable_coupons(request).await?;
    let offer = |offer: wire::applicable_coupons_response::Offer| Offer {
        coupon: offer.coupon.map(UserCoupon::from),
        discount: yuan(offer.discount_fen),
        discount_fen: offer.discount_fen,
    };
    Ok(found.into_inner().offers.into_iter().map(offer).collect())
}

#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
struct OwnQuery {
    #[serde(flatten)]
    paging: Paging,
    status: String,
}

async fn own(
    gateway: Gateway,
    cx: Cx,
    Query(query): Query<OwnQuery>,
) -> Result<Page<UserCoupon>, Refusal> {
    use wire::user_coupon::State;
    let (page, page_size) = query.paging.of(PAGE_SIZE);
    let state = match query.status.as_str() {
        "" | "all" => State::Unspecified,
        "unused" => State::Unused,
        "used" => State::Used,
        "expired" => State::Expired,
        _ => return Err(Refusal::bad("status: unused, used or expired")),
    };
    let request = cx.call(wire::ListUserCouponsRequest {
        state: state.into(),
        page,
        page_size,
    });
    let found = gateway.coupons().list_user_coupons(request).await?;
    let found = found.into_inner();
    let items = found.coupons.into_iter().map(UserCoupon::from).collect();
    Ok(Page::new(items, (page, page_size), found.total))
}

#[derive(Deserialize, ToSchema)]
struct CreateBody {
    name: String,
    #[serde(rename = "type")]
    kind: String,
    amount: Option<Money>,
    amount_fen: Option<i64>,
    #[serde(default)]
    percent: i32,
    #[serde(default)]
    max_discount_fen: i64,
    threshold_amount: Option<Money>,
    threshold_fen: Option<i64>,
    #[serde(default)]
    scope: String,
    #[serde(default)]
    categories: Vec<String>,
    #[serde(default)]
    product_ids: Vec<i64>,
    total_count: i64,
    per_user_limit: Option<i32>,
    #[serde(default)]
    valid_days: i32,
    start_at: String,
    end_at: String,
    #[serde(default)]
    issue: String,
}

async fn create(
    gateway: Gateway,
    cx: Cx,
    Json(body): Json<CreateBody>,
) -> Result<Template, Refusal> {
    use wire::{CouponKind, CouponScope};
    let kind = match body.kind.as_str() {
        "full_reduction" => CouponKind::FullReduction,
        "discount" => CouponKind::Discount,
        "cash" => CouponKind::Cash,
        _ => return Err(Refusal::bad("type: full_reduction, discount or cash")),
    };
    let scope = match body.scope.as_str() {
        "" | "all" => CouponScope::All,
        "categories" => CouponScope::Categories,
        "products" => CouponScope::Products,
        _ => return Err(Refusal::bad("scope: all, categories or products")),
    };
    let by_code = match body.issue.as_str() {
        "" | "manual" => false,
        "code" => true,
        _ => return Err(Refusal::bad("issue: manual or code")),
    };
    let fen = |fen: Option<i64>, yuan: Option<Money>| fen.or(yuan.map(Money::fen)).unwrap_or(0);
    let request = cx.call(wire::CouponTemplate {
        name: body.name,
        kind: kind.into(),
        amount_fen: fen(body.amount_fen, body.amount),
        percent: body.percent,
        max_discount_fen: body.max_discount_fen,
        threshold_fen: fen(body.threshold_fen, body.threshold_amount),
        scope: scope.into(),
        categories: body.categories,
        product_ids: body.product_ids,
        total: body.total_count,
        per_user_limit: body.per_user_limit.unwrap_or(1),
        valid_days: body.valid_days,
        start_ms: parse_time(&body.start_at)?,
        end_ms: parse_time(&body.end_at)?,
        by_code,
        ..wire::CouponTemplate::default()
    });
    let made = gateway.coupons().create_coupon(request).await?;
    Ok(made.into_inner().into())
}

#[derive(Deserialize, ToSchema)]
struct UpdateBody {
    name: Option<String>,
    total_count: Option<i64>,
    end_at: Option<String>,
    active: Option<bool>,
}

async fn update(
    gateway: Gateway,
    cx: Cx,
    Path(id): Path<String>,
    Json(body): Json<UpdateBody>,
) -> Result<Template, Refusal> {
    let request = cx.call(wire::UpdateCouponRequest {
        id: coupon_id(&id)?,
        name: body.name,
        total: body.total_count,
        end_ms: body.end_at.as_deref().map(parse_time).transpose()?,
        active: body.active,
    });
    let changed = gateway.coupons().update_coupon(request).await?;
    Ok(changed.into_inner().into())
}

#[derive(Deserialize, ToSchema)]
struct IssueBody {
    user_ids: Vec<i64>,
}

#[derive(Serialize, ToSchema)]
struct Issued {
    issued: i32,
    skipped: i32,
}

async fn issue(
    gateway: Gateway,
    cx: Cx,
    Path(id): Path<String>,
    Json(body): Json<IssueBody>,
) -> Result<Issued, Refusal> {
    let request = cx.call(wire::IssueCouponRequest {
        coupon_id: coupon_id(&id)?,
        user_ids: body.user_ids,
    });
    let done = gateway.coupons().issue_coupon(request).await?.into_inner();
    Ok(Issued {
        issued: done.issued,
        skipped: done.skipped,
    })
}
