//! What a comparison costs: the same protocol as an order's, with compare as the owner, and callers
//! who may be nobody.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use fault::{Fault, Reason};
use mq::{Broker, ConsumerOptions, Message, Verdict};
use proto::{
    compare::{
        AllowPaymentRequest, Bill, CancelRequest, ExportRequest, ExportResponse,
        GetRequest as GetJobRequest, JobView, ListRequest, ListResponse, PaymentClosed,
        PaymentPaid, PaymentRefunded, PreviewRequest, PreviewResponse, RetryRequest, SubmitRequest,
        SubmitResponse,
        compare_server::{Compare, CompareServer},
    },
    payment::{JobClosing, JobRefundDue, MockPayRequest, PaymentView, State},
};
use tonic::{Request, Response, Status, Streaming};

use crate::support::{Shop, principal, reason, until};

const JOB: &str = "job_0123456789abcdef01234567";

/// The compare service's stand-in: one job, which allows a payment of 1.99 to its owner.
#[derive(Clone, Copy)]
struct StandIn {
    /// 0: nobody's.
    user: i64,
}

#[derive(Debug, thiserror::Error)]
#[error("the stand-in refuses")]
struct Refused(Reason);

impl Fault for Refused {
    fn reason(&self) -> Reason {
        self.0
    }
}

impl StandIn {
    async fn start(self, ctx: &service::Ctx, fleet: &rpc::FleetConfig) -> SocketAddr {
        let config = rpc::ServerConfig {
            listen: ([127, 0, 0, 1], 0).into(),
            concurrency_max: 100,
            deadline_max_ms: 10_000,
        };
        let server = rpc::Server::new("compare", &config, fleet).add(CompareServer::new(self));
        server.start(ctx.tracker(), ctx.stop()).await.unwrap()
    }
}

#[derive(Clone, Default)]
struct Heard {
    paid: Arc<Mutex<Vec<PaymentPaid>>>,
    closed: Arc<Mutex<Vec<PaymentClosed>>>,
    refunded: Arc<Mutex<Vec<PaymentRefunded>>>,
}

struct Jobs {
    shop: Shop,
    heard: Heard,
}

impl Jobs {
    async fn of(user: i64) -> Self {
        let (ctx, clock) = testkit::ctx(payment::NAME);
        let fleet = crate::support::defaults().fleet;
        let at = StandIn { user }.start(&ctx, &fleet).await;
        let heard = Heard::default();
        let mut mq = None;
        let shop = Shop::open_in(ctx, clock, |config| {
            config.pay.mock = true;
            config.compare.url = format!("http://{at}");
            mq = Some(config.mq.clone());
        })
        .await;
        let broker = mq::connect(&mq.unwrap(), shop.ctx.tracker(), shop.ctx.stop()).await;
        collect(&broker, &heard.paid);
        collect(&broker, &heard.closed);
        collect(&broker, &heard.refunded);
        Self { shop, heard }
    }

    async fn pay(&self, user: i64) -> Result<PaymentView, Status> {
        let message = MockPayRequest {
            job_id: JOB.into(),
            ..MockPayRequest::default()
        };
        let request = match user {
            0 => Request::new(message),
            user => auth::request(&principal(user), message),
        };
        let paid = self.shop.client.clone().mock_pay(request).await;
        paid.map(Response::into_inner)
    }
}

fn collect<M: Message + Send>(broker: &Broker, into: &Arc<Mutex<Vec<M>>>) {
    let into = Arc::clone(into);
    let options = ConsumerOptions {
        prefetch: 16,
        batch_max: 16,
        batch_wait: Duration::ZERO,
    };
    broker.consume::<M, _, _>(options, move |deliveries| {
        let verdicts = vec![Verdict::Done; deliveries.len()];
        let messages = deliveries.into_iter().map(|delivery| delivery.message);
        into.lock().unwrap().extend(messages);
        async move { verdicts }
    });
}

#[tokio::test]
async fn nobody_pays_what_nobody_submitted_and_gets_it_back_once() {
    let jobs = Jobs::of(0).await;
    let paid = jobs.pay(0).await.unwrap();
    assert_eq!(
        (paid.state(), paid.amount_fen, paid.user_id),
        (State::Paid, 199, 0)
    );
    assert_eq!(paid.subject, JOB);
    until(|| jobs.heard.paid.lock().unwrap().len() == 1).await;
    let told = jobs.heard.paid.lock().unwrap()[0].clone();
    let named = (
        told.job_id.as_str(),
        told.payment_no.as_str(),
        told.amount_fen,
    );
    assert_eq!(named, (JOB, paid.payment_no.as_str(), 199));
    // Whoever it is now, it is not theirs to look at.
    let seen = jobs.shop.get(7, &paid.payment_no).await;
    assert_eq!(reason(&seen.unwrap_err()), Reason::PaymentNotFound);

    for _ in 0..2 {
        let due = JobRefundDue {
            job_id: JOB.into(),
            payment_no: paid.payment_no.clone(),
            reason: "任务已取消".into(),
        };
        jobs.shop.say(&due).await;
    }
    until(|| jobs.heard.refunded.lock().unwrap().len() == 2).await;
    assert_eq!(jobs.shop.count("SELECT COUNT(*) FROM refunds").await, 1);
    jobs.shop.close_down().await;
}

#[tokio::test]
async fn a_job_is_paid_by_its_owner_only() {
    let jobs = Jobs::of(7).await;
    for stranger in [0, 8] {
        assert_eq!(
            reason(&jobs.pay(stranger).await.unwrap_err()),
            Reason::JobNotFound
        );
    }
    assert_eq!(jobs.pay(7).await.unwrap().user_id, 7);
    jobs.shop.close_down().await;
}

#[tokio::test]
async fn a_closed_job_meets_its_tombstone() {
    let jobs = Jobs::of(7).await;
    let closing = JobClosing {
        job_id: JOB.into(),
        user_id: 7,
        amount_fen: 199,
    };
    jobs.shop.say(&closing).await;
    until(|| jobs.heard.closed.lock().unwrap().len() == 1).await;
    let told = jobs.heard.closed.lock().unwrap()[0].clone();
    assert_eq!((told.job_id.as_str(), told.payment_no.as_str()), (JOB, ""));
    assert_eq!(
        reason(&jobs.pay(7).await.unwrap_err()),
        Reason::PaymentClosed
    );
    jobs.shop.close_down().await;
}

#[tonic::async_trait]
impl Compare for StandIn {
    async fn allow_payment(
        &self,
        request: Request<AllowPaymentRequest>,
    ) -> Result<Response<Bill>, Status> {
        let caller = auth::Principal::read(request.metadata()).unwrap();
        let caller = caller.map_or(0, |caller| caller.user.get());
        let job_id = request.into_inner().job_id;
        if job_id != JOB || caller != self.user {
            return Err(rpc::status(&Refused(Reason::JobNotFound)));
        }
        Ok(Response::new(Bill {
            job_id,
            user_id: self.user,
            amount_fen: 199,
            expires_at_ms: 0,
        }))
    }

    async fn submit(
        &self,
        _: Request<Streaming<SubmitRequest>>,
    ) -> Result<Response<SubmitResponse>, Status> {
        Err(not_here())
    }

    async fn get(&self, _: Request<GetJobRequest>) -> Result<Response<JobView>, Status> {
        Err(not_here())
    }

    async fn list(&self, _: Request<ListRequest>) -> Result<Response<ListResponse>, Status> {
        Err(not_here())
    }

    async fn preview(
        &self,
        _: Request<PreviewRequest>,
    ) -> Result<Response<PreviewResponse>, Status> {
        Err(not_here())
    }

    async fn export(&self, _: Request<ExportRequest>) -> Result<Response<ExportResponse>, Status> {
        Err(not_here())
    }

    async fn cancel(&self, _: Request<CancelRequest>) -> Result<Response<JobView>, Status> {
        Err(not_here())
    }

    async fn retry(&self, _: Request<RetryRequest>) -> Result<Response<JobView>, Status> {
        Err(not_here())
    }
}

fn not_here() -> Status {
    Status::unimplemented("payment does not ask this")
}
