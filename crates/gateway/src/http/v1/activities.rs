//! Flash sales, as everybody sees them and as administrators make them.

use fault::Reason;
use money::Money;
use proto::seckill as wire;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    body::{Json, MaybeJson, Query},
    cx::Cx,
    handler::Path,
    lane::Lane,
    refusal::Refusal,
    route::{Access, Routes},
    state::Gateway,
    views::{Page, Paging, parse_time, rfc3339, rfc3339_some, yuan},
};

const PAGE_SIZE: u32 = 20;

#[rustfmt::skip]
pub(super) fn routes(routes: &mut Routes) {
    use {Access::{Admin, Public}, Lane::Browse};
    routes.get("/api/v1/seckill/activities", Browse, Public, list).cacheable();
    routes.get("/api/v1/seckill/activities/{id}", Browse, Public, detail).cacheable();
    routes.post("/api/v1/admin/seckill/activities", Lane::Admin, Admin, create);
    routes.put("/api/v1/admin/seckill/activities/{id}", Lane::Admin, Admin, update);
    routes.patch("/api/v1/admin/seckill/activities/{id}", Lane::Admin, Admin, update);
    routes.delete("/api/v1/admin/seckill/activities/{id}", Lane::Admin, Admin, cancel);
    routes.post("/api/v1/admin/seckill/activities/{id}/warmup", Lane::Admin, Admin, warm_up);
    routes.post("/api/v1/admin/seckill/activities/{id}/reconcile", Lane::Admin, Admin, reconcile);
}

#[derive(Serialize, ToSchema)]
struct Activity {
    id: i64,
    product_id: i64,
    name: String,
    title: String,
    description: String,
    product_name: String,
    product_image: String,
    spike_price: Money,
    spike_price_fen: i64,
    original_price: Money,
    original_price_fen: i64,
    spike_stock: i64,
    total_stock: i64,
    /// Absent while Redis is being rebuilt.
    available_stock: Option<i64>,
    sold_count: Option<i64>,
    per_user_limit: i32,
    payment_window_s: i64,
    start_at: String,
    start_time: String,
    end_at: Option<String>,
    end_time: Option<String>,
    status: &'static str,
    open: bool,
    server_time: String,
    created_at: String,
}

impl From<wire::Activity> for Activity {
    fn from(activity: wire::Activity) -> Self {
        let status = match activity.status() {
            wire::Status::Unspecified | wire::Status::Pending => "pending",
            wire::Status::Active => "active",
            wire::Status::Ended => "ended",
            wire::Status::Cancelled => "cancelled",
        };
        let available = (activity.available >= 0).then_some(activity.available);
        Self {
            id: activity.id,
            product_id: activity.product_id,
            title: activity.name.clone(),
            name: activity.name,
            description: activity.description,
            product_name: activity.product_name,
            product_image: activity.product_image,
            spike_price: yuan(activity.price_fen),
            spike_price_fen: activity.price_fen,
            original_price: yuan(activity.original_price_fen),
            original_price_fen: activity.original_price_fen,
            spike_stock: activity.units,
            total_stock: activity.units,
            available_stock: available,
            sold_count: available.map(|available| activity.units - available),
            per_user_limit: activity.limit_per_user,
            payment_window_s: activity.payment_window_s,
            start_at: rfc3339(activity.start_ms),
            start_time: rfc3339(activity.start_ms),
            end_at: rfc3339_some(activity.end_ms),
            end_time: rfc3339_some(activity.end_ms),
            status,
            open: activity.open,
            server_time: rfc3339(activity.server_time_ms),
            created_at: rfc3339(activity.created_at_ms),
        }
    }
}

#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
struct ListQuery {
    #[serde(flatten)]
    paging: Paging,
    status: String,
    product_id: Option<String>,
}

async fn list(gateway: Gateway, Query(query): Query<ListQuery>) -> Result<Page<Activity>, Refusal> {
    let (page, page_size) = query.paging.of(PAGE_SIZE);
    let status = match query.status.as_str() {
        "all" => wire::Status::Unspecified,
        "upcoming" | "pending" => wire::Status::Pending,
        "ended" => wire::Status::Ended,
        "cancelled" => wire::Status::Cancelled,
        _ => wire::Status::Active,
    };
    let product_id = query
        .product_id
        .and_then(|text| text.parse().ok())
        .unwrap_or_default();
    let request = wire::ListActivitiesRequest {
        page,
        page_size,
        status: status.into(),
        product_id,
    };
    let found = gateway
        .seckill()
        .list_activities(request)
        .await?
        .into_inner();
    let items = found.activities.into_iter().map(Activity::from).collect();
    Ok(Page::new(items, (page, page_size), found.total))
}

/// What is no id names nothing.
pub(crate) fn activity_id(text: &str) -> Result<i64, Refusal> {
    text.parse::<ids::ActivityId>()
        .map(Into::into)
        .map_err(|_| Reason::ActivityNotFound.into())
}

async fn detail(gateway: Gateway, Path(id): Path<String>) -> Result<Activity, Refusal> {
    let request = wire::GetActivityRequest {
        id: activity_id(&id)?,
    };
    Ok(Activity::from(
        gateway.seckill().get_activity(request).await?.into_inner(),
    ))
}

#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
struct Body {
    product_id: Option<i64>,
    name: Option<String>,
    title: Option<String>,
    description: Option<String>,
    spike_price: Option<Money>,
    spike_price_fen: Option<i64>,
    spike_stock: Option<i64>,
    total_stock: Option<i64>,
    per_user_limit: Option<i32>,
    payment_window_s: Option<i64>,
    start_at: Option<String>,
    start_time: Option<String>,
    end_at: Option<String>,
    end_time: Option<String>,
}

impl Body {
    fn price_fen(&self) -> Option<i64> {
        self.spike_price_fen.or(self.spike_price.map(Money::fen))
    }

    fn units(&self) -> Option<i64> {
        self.spike_stock.or(self.total_stock)
    }

    fn start_ms(&self) -> Result<Option<i64>, Refusal> {
        self.start_at
            .as_ref()
            .or(self.start_time.as_ref())
            .map(|text| parse_time(text))
            .transpose()
    }

    fn end_ms(&self) -> Result<Option<i64>, Refusal> {
        self.end_at
            .as_ref()
            .or(self.end_time.as_ref())
            .map(|text| parse_time(text))
            .transpose()
    }
}

async fn create(gateway: Gateway, cx: Cx, Json(body): Json<Body>) -> Result<Activity, Refusal> {
    let request = wire::CreateActivityRequest {
        product_id: body.product_id.unwrap_or_default(),
        price_fen: body.price_fen().unwrap_or_default(),
        // Absent units would mean "all there is", which only the init route may ask for.
        units: body.units().filter(|units| *units != 0).unwrap_or(-1),
        start_ms: body.start_ms()?.unwrap_or(cx.0.now_ms),
        end_ms: body.end_ms()?.unwrap_or_default(),
        limit_per_user: body.per_user_limit.unwrap_or_default(),
        payment_window_s: body.payment_window_s.unwrap_or_default(),
        name: body.name.or(body.title).unwrap_or_default(),
        description: body.description.unwrap_or_default(),
    };
    let request = cx.call(request);
    Ok(Activity::from(
        gateway
            .seckill()
            .create_activity(request)
            .await?
            .into_inner(),
    ))
}

async fn update(
    gateway: Gateway,
    cx: Cx,
    Path(id): Path<String>,
    Json(body): Json<Body>,
) -> Result<Activity, Refusal> {
    let request = wire::UpdateActivityRequest {
        id: activity_id(&id)?,
        price_fen: body.price_fen(),
        units: body.units(),
        start_ms: body.start_ms()?,
        end_ms: body.end_ms()?,
        limit_per_user: body.per_user_limit,
        payment_window_s: body.payment_window_s,
        product_id: body.product_id,
        name: body.name.or(body.title),
        description: body.description,
    };
    let request = cx.call(request);
    Ok(Activity::from(
        gateway
            .seckill()
            .update_activity(request)
            .await?
            .into_inner(),
    ))
}

async fn cancel(gateway: Gateway, cx: Cx, Path(id): Path<String>) -> Result<Activity, Refusal> {
    let request = cx.call(wire::CancelActivityRequest {
        id: activity_id(&id)?,
    });
    Ok(Activity::from(
        gateway
            .seckill()
            .cancel_activity(request)
            .await?
            .into_inner(),
    ))
}

async fn warm_up(gateway: Gateway, cx: Cx, Path(id): Path<String>) -> Result<Activity, Refusal> {
    let request = cx.call(wire::WarmUpRequest {
        id: activity_id(&id)?,
    });
    Ok(Activity::from(
        gateway.seckill().warm_up(request).await?.into_inner(),
    ))
}

#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
struct ReconcileBody {
    repair: bool,
}

#[derive(Serialize, ToSchema)]
struct Report {
    lost_units: Vec<i64>,
    doubled_units: Vec<i64>,
    orphan_order_ids: Vec<i64>,
    missing_order_ids: Vec<i64>,
    quiet: bool,
    rebuilt: bool,
}

async fn reconcile(
    gateway: Gateway,
    cx: Cx,
    Path(id): Path<String>,
    MaybeJson(body): MaybeJson<ReconcileBody>,
) -> Result<Report, Refusal> {
    let request = cx.call(wire::ReconcileRequest {
        id: activity_id(&id)?,
        repair: body.repair,
    });
    let report = gateway.seckill().reconcile(request).await?.into_inner();
    Ok(Report {
        lost_units: report.lost_units,
        doubled_units: report.doubled_units,
        orphan_order_ids: report.orphan_order_ids,
        missing_order_ids: report.missing_order_ids,
        quiet: report.quiet,
        rebuilt: report.rebuilt,
    })
}
