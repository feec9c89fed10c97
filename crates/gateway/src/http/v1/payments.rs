//! Payments and refunds.

use fault::Reason;
use money::Money;
use proto::payment as wire;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    body::{Json, Query},
    cx::Cx,
    handler::Path,
    lane::Lane,
    refusal::Refusal,
    route::{Access, Routes},
    state::Gateway,
    views::{rfc3339, rfc3339_some, yuan},
};

#[rustfmt::skip]
pub(super) fn routes(routes: &mut Routes) {
    use {Access::User, Lane::Money};
    routes.post("/api/v1/payments", Money, User, create);
    routes.get("/api/v1/payments/{payment_no}", Money, User, detail);
    routes.post("/api/v1/payments/{payment_no}/close", Money, User, close);
    routes.post("/api/v1/payments/mock/{payment_no}/success", Money, User, mock);
    routes.get("/api/v1/refunds/{refund_no}", Money, User, refund);
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Payment {
    payment_no: String,
    purpose: &'static str,
    /// Of an order's payment.
    order_no: Option<String>,
    /// Of a comparison's.
    job_id: Option<String>,
    channel: &'static str,
    amount: Money,
    amount_fen: i64,
    status: &'static str,
    /// What the QR code holds, while it can be paid.
    code_url: Option<String>,
    transaction_id: Option<String>,
    created_at: String,
    expire_at: Option<String>,
    paid_at: Option<String>,
    /// What all its refunds take, and what of it is back.
    refunding_fen: i64,
    refunded_fen: i64,
    /// The newest one.
    refund: Option<Refund>,
}

impl From<wire::PaymentView> for Payment {
    fn from(view: wire::PaymentView) -> Self {
        let some = |text: String| (!text.is_empty()).then_some(text);
        let (status, channel, purpose) = (status(&view), channel(&view), purpose(&view));
        Self {
            payment_no: view.payment_no,
            purpose,
            order_no: (purpose == "order").then(|| view.subject.clone()),
            job_id: (purpose == "compare_job").then_some(view.subject),
            channel,
            amount: yuan(view.amount_fen),
            amount_fen: view.amount_fen,
            status,
            code_url: some(view.code_url),
            transaction_id: some(view.transaction_id),
            created_at: rfc3339(view.created_at_ms),
            expire_at: rfc3339_some(view.expires_at_ms),
            paid_at: rfc3339_some(view.paid_at_ms),
            refunding_fen: view.reserved_fen,
            refunded_fen: view.refunded_fen,
            refund: view.refund.map(Refund::from),
        }
    }
}

fn status(view: &wire::PaymentView) -> &'static str {
    match view.state() {
        wire::State::Opening | wire::State::Unspecified => "opening",
        wire::State::Pending => "pending",
        wire::State::Closing => "closing",
        wire::State::Closed => "closed",
        wire::State::Paid => "paid",
        wire::State::Refunding => "refunding",
        wire::State::Refunded => "refunded",
    }
}

fn channel(view: &wire::PaymentView) -> &'static str {
    match view.channel() {
        wire::Channel::Mock => "mock",
        wire::Channel::Wallet => "wallet",
        wire::Channel::WechatNative | wire::Channel::Unspecified => "wechat_native",
    }
}

fn purpose(view: &wire::PaymentView) -> &'static str {
    match view.purpose() {
        wire::Purpose::Order | wire::Purpose::Unspecified => "order",
        wire::Purpose::CompareJob => "compare_job",
        wire::Purpose::TopUp => "top_up",
    }
}

#[derive(Serialize, ToSchema)]
pub(super) struct Refund {
    refund_no: String,
    payment_no: String,
    amount: Money,
    amount_fen: i64,
    status: &'static str,
    reason: String,
    created_at: String,
    refunded_at: Option<String>,
}

impl From<wire::RefundView> for Refund {
    fn from(view: wire::RefundView) -> Self {
        use wire::refund_view::State;
        let status = match view.state() {
            State::Due | State::Unspecified => "due",
            State::Processing => "processing",
            State::Succeeded => "succeeded",
            State::Abnormal => "abnormal",
        };
        Self {
            refund_no: view.refund_no,
            payment_no: view.payment_no,
            amount: yuan(view.amount_fen),
            amount_fen: view.amount_fen,
            status,
            reason: view.reason,
            created_at: rfc3339(view.created_at_ms),
            refunded_at: rfc3339_some(view.refunded_at_ms),
        }
    }
}

/// What is paid for.
pub(crate) enum Subject {
    Order(String),
    Job(String),
}

/// Opens its payment by `channel` (none: WeChat), or answers with the one that is live.
pub(crate) async fn open(
    gateway: &Gateway,
    cx: &Cx,
    subject: Subject,
    channel: &str,
) -> Result<Payment, Refusal> {
    let view = match channel {
        "" | "wechat_native" | "wallet" => {
            let (purpose, subject) = match subject {
                Subject::Order(order_no) => (wire::Purpose::Order, order_no),
                Subject::Job(job_id) => (wire::Purpose::CompareJob, job_id),
            };
            let request = wire::CreateRequest {
                purpose: purpose.into(),
                subject,
                channel: if channel == "wallet" {
                    wire::Channel::Wallet.into()
                } else {
                    wire::Channel::WechatNative.into()
                },
            };
            gateway.payment().create(cx.call(request)).await?
        }
        "mock" => gateway.payment().mock_pay(cx.call(mocked(subject))).await?,
        _ => return Err(Reason::NoPaymentMethod.into()),
    };
    Ok(view.into_inner().into())
}

fn mocked(subject: Subject) -> wire::MockPayRequest {
    let (order_no, job_id) = match subject {
        Subject::Order(order_no) => (order_no, String::new()),
        Subject::Job(job_id) => (String::new(), job_id),
    };
    wire::MockPayRequest { order_no, job_id }
}

#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
struct CreateBody {
    /// One of the two.
    order_no: String,
    job_id: String,
    channel: String,
}

async fn create(
    gateway: Gateway,
    cx: Cx,
    Json(body): Json<CreateBody>,
) -> Result<Payment, Refusal> {
    let subject = match (body.order_no.is_empty(), body.job_id.is_empty()) {
        (false, true) => Subject::Order(body.order_no),
        (true, false) => Subject::Job(body.job_id),
        (true, true) | (false, false) => {
            return Err(Refusal::bad("either order_no or job_id"));
        }
    };
    open(&gateway, &cx, subject, &body.channel).await
}

#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
struct DetailQuery {
    sync: Option<String>,
}

async fn detail(
    gateway: Gateway,
    cx: Cx,
    Path(payment_no): Path<String>,
    Query(query): Query<DetailQuery>,
) -> Result<Payment, Refusal> {
    // Of many who ask at once, and of one who asks again and again, the company hears one.
    let wanted = query.sync.is_some_and(|sync| sync == "1" || sync == "true");
    let sync = wanted && gateway.limits.may_sync(cx.user()?.get(), &payment_no);
    let request = cx.call(wire::GetRequest {
        payment_no,
        order_no: String::new(),
        sync,
    });
    Ok(Payment::from(
        gateway.payment().get(request).await?.into_inner(),
    ))
}

async fn close(
    gateway: Gateway,
    cx: Cx,
    Path(payment_no): Path<String>,
) -> Result<Payment, Refusal> {
    let request = cx.call(wire::CloseRequest { payment_no });
    Ok(Payment::from(
        gateway.payment().close(request).await?.into_inner(),
    ))
}

/// Where configuration allows it, pays what a payment is for without its company.
async fn mock(
    gateway: Gateway,
    cx: Cx,
    Path(payment_no): Path<String>,
) -> Result<Payment, Refusal> {
    let asked = wire::GetRequest {
        payment_no,
        order_no: String::new(),
        sync: false,
    };
    let view = gateway.payment().get(cx.call(asked)).await?.into_inner();
    let subject = match view.purpose() {
        wire::Purpose::CompareJob => Subject::Job(view.subject),
        wire::Purpose::Order | wire::Purpose::TopUp | wire::Purpose::Unspecified => {
            Subject::Order(view.subject)
        }
    };
    let request = cx.call(mocked(subject));
    Ok(Payment::from(
        gateway.payment().mock_pay(request).await?.into_inner(),
    ))
}

async fn refund(
    gateway: Gateway,
    cx: Cx,
    Path(refund_no): Path<String>,
) -> Result<Refund, Refusal> {
    let request = cx.call(wire::GetRefundRequest { refund_no });
    Ok(Refund::from(
        gateway.payment().get_refund(request).await?.into_inner(),
    ))
}
