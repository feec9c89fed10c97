//! Comparison jobs.

mod options;

use std::time::Duration;

use axum::{
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Redirect},
};
use money::Money;
use proto::compare as wire;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use crate::{
    body::{Query, Streamed},
    cx::Cx,
    handler::{Built, Path},
    key::request_key,
    lane::Lane,
    refusal::Refusal,
    route::{Access, Routes},
    state::Gateway,
    upload,
    views::{Page, Paging, rfc3339, rfc3339_some, yuan},
};

const PAGE_SIZE: u32 = 20;
/// What an Idempotency-Key stands for.
pub(crate) const KEY_OF: &str = "compare";
/// Longer than compare waits for payment's answer.
const CANCEL_MAX: Duration = Duration::from_millis(9_500);
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

#[rustfmt::skip]
pub(super) fn routes(routes: &mut Routes) {
    use {Access::User, Lane::{Compare, Upload}};
    routes.get("/api/v1/compare/jobs", Compare, User, list);
    routes.post("/api/v1/compare/jobs", Upload, User, submit)
        .streamed().keyed().form::<upload::UploadForm>();
    routes.get("/api/v1/compare/jobs/{job_id}", Compare, User, detail);
    routes.get("/api/v1/compare/jobs/{job_id}/export", Compare, User, export).redirects();
    routes.get("/api/v1/compare/jobs/{job_id}/preview", Compare, User, preview);
    routes.post("/api/v1/compare/jobs/{job_id}/cancel", Compare, User, cancel);
    routes.post("/api/v1/compare/jobs/{job_id}/retry", Compare, User, retry);
}

#[derive(Serialize, ToSchema)]
struct Job {
    job_id: String,
    status: &'static str,
    paid: bool,
    /// Absent until it is known.
    amount: Option<Money>,
    amount_fen: Option<i64>,
    payment_no: Option<String>,
    /// What the QR code holds, while it can be paid.
    code_url: Option<String>,
    error: Option<Failure>,
    progress: Option<Progress>,
    file1_name: String,
    file2_name: String,
    #[schema(value_type = Option<Object>)]
    options: Option<Box<RawValue>>,
    summary: Option<Counts>,
    created_at: String,
    updated_at: String,
    paid_at: Option<String>,
    cancelled_at: Option<String>,
    expires_at: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct Failure {
    code: String,
    message: String,
    retryable: bool,
}

#[derive(Serialize, ToSchema)]
struct Progress {
    stage: String,
    percent: i32,
    rows: i64,
}

#[derive(Serialize, ToSchema)]
struct Counts {
    added: i64,
    removed: i64,
    changed: i64,
    unchanged: i64,
    keyless: i64,
    identical: bool,
}

impl From<wire::JobView> for Job {
    fn from(view: wire::JobView) -> Self {
        let some = |text: String| (!text.is_empty()).then_some(text);
        let (status, paid) = (status(view.state()), is_paid(&view));
        let priced = view.counts.is_some();
        Self {
            status,
            paid,
            amount: priced.then(|| yuan(view.amount_fen)),
            amount_fen: priced.then_some(view.amount_fen),
            error: view.failure.map(|failure| Failure {
                code: failure.code,
                message: failure.message,
                retryable: failure.retryable,
            }),
            progress: view.progress.map(|progress| Progress {
                stage: progress.stage,
                percent: progress.percent,
                rows: progress.rows,
            }),
            summary: view.counts.map(|counts| Counts {
                added: counts.added,
                removed: counts.removed,
                changed: counts.changed,
                unchanged: counts.unchanged,
                keyless: counts.keyless,
                identical: counts.identical,
            }),
            file1_name: view.file1.unwrap_or_default().name,
            file2_name: view.file2.unwrap_or_default().name,
            options: RawValue::from_string(view.options).ok(),
            job_id: view.job_id,
            payment_no: some(view.payment_no),
            code_url: some(view.code_url),
            created_at: rfc3339(view.created_at_ms),
            updated_at: rfc3339(view.updated_at_ms),
            paid_at: rfc3339_some(view.paid_at_ms),
            cancelled_at: rfc3339_some(view.cancelled_at_ms),
            expires_at: rfc3339_some(view.expires_at_ms),
        }
    }
}

/// Whether its workbook may be had as far as money is concerned.
pub(crate) fn is_paid(view: &wire::JobView) -> bool {
    view.paid_at_ms > 0 || view.state() == wire::State::Ready
}

pub(crate) const fn status(state: wire::State) -> &'static str {
    match state {
        wire::State::Processing | wire::State::Unspecified => "processing",
        wire::State::AwaitingPayment => "awaiting_payment",
        wire::State::Ready => "ready",
        wire::State::Failed => "failed",
        wire::State::Cancelled => "cancelled",
        wire::State::Expired => "expired",
    }
}

async fn submit(
    gateway: Gateway,
    cx: Cx,
    Streamed(headers, body): Streamed,
) -> Result<Built<Job, 202>, Refusal> {
    let key = request_key(&headers, cx.user()?.get(), KEY_OF)?;
    let answer = upload::submit(&gateway, &cx, &headers, body, key, options::of).await?;
    let job = Job::from(answer.job.unwrap_or_default());
    let mut response = cx.render(StatusCode::ACCEPTED, job);
    if answer.repeated {
        let replayed = HeaderValue::from_static("true");
        response.headers_mut().insert(REPLAYED, replayed);
    }
    Ok(Built::new(response))
}

#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
struct ListQuery {
    #[serde(flatten)]
    paging: Paging,
    status: String,
}

/// What `status` asks for; unknown words are errors rather than everything.
fn state(word: &str) -> Result<wire::State, Refusal> {
    const STATES: [wire::State; 6] = [
        wire::State::Processing,
        wire::State::AwaitingPayment,
        wire::State::Ready,
        wire::State::Failed,
        wire::State::Cancelled,
        wire::State::Expired,
    ];
    match word {
        "" | "all" => Ok(wire::State::Unspecified),
        word => STATES
            .into_iter()
            .find(|state| status(*state) == word)
            .ok_or_else(|| Refusal::bad(format!("no job has the status {word}"))),
    }
}

async fn list(
    gateway: Gateway,
    cx: Cx,
    Query(query): Query<ListQuery>,
) -> Result<Page<Job>, Refusal> {
    let (page, page_size) = query.paging.of(PAGE_SIZE);
    let request = cx.call(wire::ListRequest {
        page,
        page_size,
        state: state(&query.status)?.into(),
    });
    let found = gateway.compare().list(request).await?.into_inner();
    let items = found.jobs.into_iter().map(Job::from).collect();
    Ok(Page::new(items, (page, page_size), found.total))
}

async fn detail(gateway: Gateway, cx: Cx, Path(job_id): Path<String>) -> Result<Job, Refusal> {
    let request = cx.call(wire::GetRequest {
        job_id,
        payable: true,
    });
    Ok(Job::from(
        gateway.compare().get(request).await?.into_inner(),
    ))
}

#[derive(Serialize, ToSchema)]
struct Link {
    url: String,
    filename: String,
    expires_in: i32,
}

#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
pub(crate) struct ExportQuery {
    format: String,
}

impl ExportQuery {
    /// A link in JSON, or the redirect that a browser follows.
    pub(crate) fn wants_json(&self, headers: &HeaderMap) -> bool {
        let accepts = headers.get(header::ACCEPT).and_then(|a| a.to_str().ok());
        self.format == "json" || accepts.is_some_and(|a| a.contains("application/json"))
    }
}

async fn export(
    gateway: Gateway,
    cx: Cx,
    Path(job_id): Path<String>,
    headers: HeaderMap,
    Query(query): Query<ExportQuery>,
) -> Result<Built<Link>, Refusal> {
    let request = cx.call(wire::ExportRequest { job_id });
    let link = gateway.compare().export(request).await?.into_inner();
    if !query.wants_json(&headers) {
        return Ok(found(&link.url));
    }
    let link = Link {
        url: link.url,
        filename: link.file_name,
        expires_in: link.expires_in_s,
    };
    Ok(Built::new(cx.render(StatusCode::OK, link)))
}

/// 302, as the original said it.
pub(crate) fn found<T>(url: &str) -> Built<T> {
    let mut response = Redirect::to(url).into_response();
    *response.status_mut() = StatusCode::FOUND;
    Built::new(response)
}

#[derive(Serialize, ToSchema)]
struct Preview {
    job_id: String,
    #[schema(value_type = Option<Object>)]
    summary: Option<Box<RawValue>>,
    #[schema(value_type = Option<Object>)]
    preview: Option<Box<RawValue>>,
}

async fn preview(gateway: Gateway, cx: Cx, Path(job_id): Path<String>) -> Result<Preview, Refusal> {
    let request = cx.call(wire::PreviewRequest { job_id });
    let answer = gateway.compare().preview(request).await?.into_inner();
    Ok(Preview {
        job_id: answer.job.unwrap_or_default().job_id,
        summary: RawValue::from_string(answer.summary).ok(),
        preview: RawValue::from_string(answer.preview).ok(),
    })
}

/// As far as it comes: cancelled, or why not.
pub(crate) async fn cancelled(
    gateway: &Gateway,
    mut request: tonic::Request<wire::CancelRequest>,
) -> Result<wire::JobView, Refusal> {
    request.set_timeout(CANCEL_MAX);
    Ok(gateway.compare().cancel(request).await?.into_inner())
}

async fn cancel(gateway: Gateway, cx: Cx, Path(job_id): Path<String>) -> Result<Job, Refusal> {
    let request = cx.call(wire::CancelRequest { job_id });
    cancelled(&gateway, request).await.map(Job::from)
}

async fn retry(gateway: Gateway, cx: Cx, Path(job_id): Path<String>) -> Result<Job, Refusal> {
    let request = cx.call(wire::RetryRequest { job_id });
    Ok(Job::from(
        gateway.compare().retry(request).await?.into_inner(),
    ))
}
