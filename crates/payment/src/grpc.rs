//! Decode, one verb, encode.

mod admin;
mod ledger;
mod views;
mod wallet;

use std::sync::Arc;

use auth::Principal;
use ids::{PaymentNo, RefundNo};
use money::Money;
use proto::payment::{
    self as wire, CloseRequest, CreateRequest, GetRefundRequest, GetRequest, MockPayRequest,
    NotifyRequest, NotifyResponse, PaymentView, RefundView, payment_server::Payment as Server,
};
use tonic::{Request, Response, Status};

use self::views::{payment_view, refund_view};
use crate::{
    app::{App, Wanted},
    domain::Channel,
    error::Error,
    purposes::Purpose,
};

#[derive(Clone)]
pub(crate) struct Grpc {
    pub app: Arc<App>,
}

#[tonic::async_trait]
impl Server for Grpc {
    async fn create(
        &self,
        request: Request<CreateRequest>,
    ) -> Result<Response<PaymentView>, Status> {
        answer(async {
            let principal = caller(&request)?;
            let message = request.into_inner();
            let purpose = purpose(message.purpose())?;
            let subject = purpose.subject(&message.subject)?;
            let channel = channel(message.channel())?;
            self.app
                .create(principal.as_ref(), purpose, subject, channel)
                .await
                .map(payment_view)
        })
        .await
    }

    async fn get(&self, request: Request<GetRequest>) -> Result<Response<PaymentView>, Status> {
        answer(async {
            let principal = auth::require(request.metadata())?;
            let GetRequest {
                payment_no,
                order_no,
                sync,
            } = request.into_inner();
            let wanted = wanted(&payment_no, order_no)?;
            self.app
                .get(&principal, wanted, sync)
                .await
                .map(payment_view)
        })
        .await
    }

    async fn close(&self, request: Request<CloseRequest>) -> Result<Response<PaymentView>, Status> {
        answer(async {
            let principal = auth::require(request.metadata())?;
            let no = payment_no(&request.into_inner().payment_no)?;
            self.app.close(&principal, no).await.map(payment_view)
        })
        .await
    }

    async fn notify(
        &self,
        request: Request<NotifyRequest>,
    ) -> Result<Response<NotifyResponse>, Status> {
        answer(async {
            let NotifyRequest { headers, body } = request.into_inner();
            let headers: Vec<_> = headers
                .into_iter()
                .map(|header| (header.name, header.value))
                .collect();
            self.app
                .notify(&headers, &body)
                .await
                .map(|()| NotifyResponse {})
        })
        .await
    }

    async fn mock_pay(
        &self,
        request: Request<MockPayRequest>,
    ) -> Result<Response<PaymentView>, Status> {
        answer(async {
            let principal = caller(&request)?;
            let MockPayRequest { order_no, job_id } = request.into_inner();
            let (purpose, name) = match (order_no.is_empty(), job_id.is_empty()) {
                (false, true) => (Purpose::Order, order_no),
                (true, false) => (Purpose::CompareJob, job_id),
                (true, true) | (false, false) => {
                    return Err(Error::Parameter("either an order number or a job"));
                }
            };
            self.app
                .mock_pay(principal.as_ref(), purpose, purpose.subject(&name)?)
                .await
                .map(payment_view)
        })
        .await
    }

    async fn get_refund(
        &self,
        request: Request<GetRefundRequest>,
    ) -> Result<Response<RefundView>, Status> {
        answer(async {
            let principal = auth::require(request.metadata())?;
            let refund_no = request.into_inner().refund_no;
            let no: RefundNo = refund_no.parse().map_err(|_| Error::NotFound(refund_no))?;
            self.app.get_refund(&principal, no).await.map(refund_view)
        })
        .await
    }
}

async fn answer<T>(verb: impl Future<Output = Result<T, Error>>) -> Result<Response<T>, Status> {
    verb.await
        .map(Response::new)
        .map_err(|error| rpc::status(&error))
}

/// Nobody is somebody too: the subject's owner says whom it lets pay.
fn caller<T>(request: &Request<T>) -> Result<Option<Principal>, Error> {
    Principal::read(request.metadata()).map_err(|_| Error::Parameter("a malformed principal"))
}

/// A number that nobody can have been given is not there.
fn payment_no(text: &str) -> Result<PaymentNo, Error> {
    text.parse().map_err(|_| Error::NotFound(text.to_owned()))
}

fn wanted(payment: &str, order_no: String) -> Result<Wanted, Error> {
    match (payment.is_empty(), order_no.is_empty()) {
        (false, true) => payment_no(payment).map(Wanted::Payment),
        (true, false) => Ok(Wanted::Order(order_no)),
        (true, true) | (false, false) => Err(Error::Parameter(
            "either a payment number or an order number",
        )),
    }
}

fn purpose(purpose: wire::Purpose) -> Result<Purpose, Error> {
    match purpose {
        wire::Purpose::Order => Ok(Purpose::Order),
        wire::Purpose::CompareJob => Ok(Purpose::CompareJob),
        wire::Purpose::TopUp => Ok(Purpose::TopUp),
        wire::Purpose::Unspecified => Err(Error::Parameter("the purpose is missing")),
    }
}

fn channel(channel: wire::Channel) -> Result<Channel, Error> {
    match channel {
        wire::Channel::WechatNative => Ok(Channel::WechatNative),
        wire::Channel::Mock => Ok(Channel::Mock),
        wire::Channel::Wallet => Ok(Channel::Wallet),
        wire::Channel::Unspecified => Err(Error::Parameter("the channel is missing")),
    }
}

/// A positive amount.
fn amount(fen: i64) -> Result<Money, Error> {
    Money::from_fen(fen)
        .ok()
        .filter(|amount| amount.is_positive())
        .ok_or(Error::AmountRange)
}

fn limit(asked: u32) -> u32 {
    const DEFAULT: u32 = 20;
    const MAX: u32 = 100;
    if asked == 0 { DEFAULT } else { asked.min(MAX) }
}
