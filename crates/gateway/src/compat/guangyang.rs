//! The comparison service that came before this one: `/compare/jobs…`, bare and under `/api`, flat
//! JSON and true HTTP statuses, without login. A token that comes along makes the job its user's.

mod billing;

use axum::http::{HeaderMap, StatusCode};
use fault::{Code, Reason};
use money::Money;
use proto::compare as wire;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    body::{Query, Streamed},
    cx::Cx,
    envelope::{Original, json},
    handler::{Built, Done, Path},
    http::v1::compare::{ExportQuery, KEY_OF, cancelled, found, is_paid, status},
    key::request_key,
    lane::Lane,
    refusal::Refusal,
    route::{Access, Family, Routes},
    state::Gateway,
    upload,
    views::yuan,
};

/// Its clients use both: its web server took `/api` away.
#[rustfmt::skip]
pub(crate) fn routes() -> Routes {
    use {Access::{Optional, Public}, Lane::{Compare, Exempt, Upload}};
    let mut routes = Routes::new(Family::Guangyang);
    routes.post("/compare/jobs", Upload, Optional, submit)
        .streamed().keyed().form::<upload::FilesForm>();
    routes.get("/compare/jobs/", Exempt, Public, nameless).inline();
    routes.get("/compare/jobs/{job_id}", Compare, Optional, detail);
    routes.get("/compare/jobs/{job_id}/export", Compare, Optional, export).redirects();
    routes.post("/compare/jobs/{job_id}/cancel", Compare, Optional, cancel);
    routes.post("/api/compare/jobs", Upload, Optional, submit)
        .streamed().keyed().form::<upload::FilesForm>();
    routes.get("/api/compare/jobs/", Exempt, Public, nameless).inline();
    routes.get("/api/compare/jobs/{job_id}", Compare, Optional, detail);
    routes.get("/api/compare/jobs/{job_id}/export", Compare, Optional, export).redirects();
    routes.post("/api/compare/jobs/{job_id}/cancel", Compare, Optional, cancel);
    billing::routes(&mut routes);
    routes
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Submitted {
    job_id: String,
    status: &'static str,
}

async fn submit(
    gateway: Gateway,
    cx: Cx,
    Streamed(headers, body): Streamed,
) -> Result<Submitted, Refusal> {
    // Anonymous callers have nothing that tells one's key from another's.
    let key = match cx.user() {
        Ok(user) => request_key(&headers, user.get(), KEY_OF)?,
        Err(_) => String::new(),
    };
    // Its forms have no options, and whatever else they hold was always ignored.
    let defaults = |_: &upload::Fields| Ok(String::new());
    let answer = upload::submit(&gateway, &cx, &headers, body, key, defaults).await;
    let job = answer.map_err(in_its_words)?.job.unwrap_or_default();
    Ok(Submitted {
        status: shown(job.state()),
        job_id: named(&gateway, &cx, job.job_id),
    })
}

/// As its sender knows a job: an anonymous one by its capability, an account's own by its id.
fn named(gateway: &Gateway, cx: &Cx, job_id: String) -> String {
    match cx.user() {
        Ok(_) => job_id,
        Err(_) => gateway.capabilities.name(&job_id),
    }
}

/// A call about the job of this name, and who makes it: a capability opens an anonymous job to
/// whoever holds it, with a token or without; an id alone is the account's that owns it.
fn about<T>(
    gateway: &Gateway,
    cx: &Cx,
    name: &str,
    message: impl FnOnce(String) -> T,
) -> Result<tonic::Request<T>, Refusal> {
    match (gateway.capabilities.job_id(name), cx.user()) {
        (Ok(job_id), _) => Ok(tonic::Request::new(message(job_id.to_owned()))),
        (Err(_), Ok(_)) => Ok(cx.call(message(name.to_owned()))),
        (Err(refusal), Err(_)) => Err(refusal),
    }
}

/// A form that is none was a bad request like any other.
fn in_its_words(refusal: Refusal) -> Refusal {
    match refusal.reason {
        Reason::MediaType => Refusal::new(Reason::UploadForm, "invalid multipart form"),
        _ => refusal,
    }
}

async fn nameless(_: Cx) -> Result<Done, Refusal> {
    Err(Refusal::new(Reason::BadParameter, "jobId required"))
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Job {
    job_id: String,
    status: &'static str,
    created_at: String,
    paid: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    amount: Option<Money>,
    #[serde(rename = "code_url", skip_serializing_if = "Option::is_none")]
    code_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cancelled_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    paid_at: Option<String>,
}

impl From<wire::JobView> for Job {
    fn from(view: wire::JobView) -> Self {
        let state = view.state();
        let awaits = state == wire::State::AwaitingPayment;
        let time = |ms: i64| (ms > 0).then(|| rfc3339_nanos(ms));
        let is_expired = state == wire::State::Expired;
        Self {
            status: shown(state),
            created_at: rfc3339_nanos(view.created_at_ms),
            paid: is_paid(&view),
            amount: awaits.then(|| yuan(view.amount_fen)),
            code_url: Some(view.code_url).filter(|url| awaits && !url.is_empty()),
            error: match view.failure {
                Some(failure) => Some(failure.message),
                None => is_expired.then(|| Reason::LinkExpired.message().to_owned()),
            },
            cancelled_at: time(view.cancelled_at_ms),
            paid_at: time(view.paid_at_ms),
            job_id: view.job_id,
        }
    }
}

/// It knew no job that is past its life.
const fn shown(state: wire::State) -> &'static str {
    match state {
        wire::State::Expired => "failed",
        other => status(other),
    }
}

fn rfc3339_nanos(ms: i64) -> String {
    clock::from_ms(ms).to_rfc3339_opts(chrono::SecondsFormat::Nanos, true)
}

async fn detail(gateway: Gateway, cx: Cx, Path(name): Path<String>) -> Result<Job, Refusal> {
    let request = about(&gateway, &cx, &name, |job_id| wire::GetRequest {
        job_id,
        payable: true,
    })?;
    let job = Job::from(gateway.compare().get(request).await?.into_inner());
    Ok(Job {
        job_id: name,
        ..job
    })
}

#[derive(Serialize, ToSchema)]
struct Link {
    url: String,
    filename: String,
}

async fn export(
    gateway: Gateway,
    cx: Cx,
    Path(name): Path<String>,
    headers: HeaderMap,
    Query(query): Query<ExportQuery>,
) -> Result<Built<Link>, Refusal> {
    let request = about(&gateway, &cx, &name, |job_id| wire::ExportRequest {
        job_id,
    })?;
    let link = gateway.compare().export(request).await;
    let link = link
        .map_err(|status| unpaid_or(status.into()))?
        .into_inner();
    if !query.wants_json(&headers) {
        return Ok(found(&link.url));
    }
    let link = Link {
        url: link.url,
        filename: link.file_name,
    };
    Ok(Built::new(cx.render(StatusCode::OK, link)))
}

/// Whatever has no result was 402 to it.
fn unpaid_or(refusal: Refusal) -> Refusal {
    match refusal.reason {
        Reason::JobNotReady | Reason::CompareFailed => {
            Refusal::new(Reason::JobUnpaid, refusal.message)
        }
        _ => refusal,
    }
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Cancelled {
    job_id: String,
    status: &'static str,
    cancelled: bool,
}

async fn cancel(
    gateway: Gateway,
    cx: Cx,
    Path(name): Path<String>,
) -> Result<Built<Cancelled>, Refusal> {
    let request = about(&gateway, &cx, &name, |job_id| wire::CancelRequest {
        job_id,
    })?;
    match cancelled(&gateway, request).await {
        Ok(view) => {
            let cancelled = Cancelled {
                status: shown(view.state()),
                job_id: name,
                cancelled: true,
            };
            Ok(Built::new(cx.render(StatusCode::OK, cancelled)))
        }
        // The payment company did not say whether it is closed.
        Err(refusal) if refusal.reason.code() == Code::Unavailable => {
            let body = Original::new(StatusCode::BAD_GATEWAY, &refusal.message);
            Ok(Built::new(json(StatusCode::BAD_GATEWAY, &body)))
        }
        Err(refusal) => Err(refusal),
    }
}
