//! The payment service's stand-in: it opens payments that compare allows, and hears what compare
//! says.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex, OnceLock,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use mq::{Broker, ConsumerOptions, Message, Verdict};
use proto::{
    compare::{AllowPaymentRequest, Bill, compare_client::CompareClient},
    payment::{
        CloseRequest, CreateRequest, GetRefundRequest, GetRequest, JobClosing, JobRefundDue,
        MockPayRequest, NotifyRequest, NotifyResponse, PaymentView, Purpose, RefundView, State,
        payment_server::{Payment, PaymentServer},
    },
};
use tonic::{Request, Response, Status};

#[derive(Clone, Default)]
pub(crate) struct StandIn {
    compare: Arc<OnceLock<CompareClient<rpc::Channel>>>,
    opened: Arc<AtomicUsize>,
    pub(crate) closing: Arc<Mutex<Vec<JobClosing>>>,
    pub(crate) refunds: Arc<Mutex<Vec<JobRefundDue>>>,
}

impl StandIn {
    pub(crate) async fn start(&self, ctx: &service::Ctx, fleet: &rpc::FleetConfig) -> SocketAddr {
        let config = rpc::ServerConfig {
            listen: ([127, 0, 0, 1], 0).into(),
            concurrency_max: 100,
            deadline_max_ms: 10_000,
        };
        let server = rpc::Server::new("payment", &config, fleet);
        let server = server.add(PaymentServer::new(self.clone()));
        server.start(ctx.tracker(), ctx.stop()).await.unwrap()
    }

    pub(crate) fn connect(&self, compare: CompareClient<rpc::Channel>) {
        assert!(self.compare.set(compare).is_ok(), "connected twice");
    }

    pub(crate) fn listen(&self, broker: &Broker) {
        collect(broker, &self.closing);
        collect(broker, &self.refunds);
    }

    /// How often a payment was opened.
    pub(crate) fn opened(&self) -> usize {
        self.opened.load(Ordering::SeqCst)
    }
}

pub(crate) fn collect<M: Message + Send>(broker: &Broker, into: &Arc<Mutex<Vec<M>>>) {
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

#[tonic::async_trait]
impl Payment for StandIn {
    async fn create(
        &self,
        request: Request<CreateRequest>,
    ) -> Result<Response<PaymentView>, Status> {
        let caller = auth::Principal::read(request.metadata()).unwrap();
        let message = request.into_inner();
        assert_eq!(message.purpose(), Purpose::CompareJob);
        let allow = AllowPaymentRequest {
            job_id: message.subject.clone(),
        };
        let allow = match &caller {
            Some(caller) => auth::request(caller, allow),
            None => Request::new(allow),
        };
        let mut compare = self.compare.get().unwrap().clone();
        let bill: Bill = compare.allow_payment(allow).await?.into_inner();
        let n = self.opened.fetch_add(1, Ordering::SeqCst) + 1;
        let mut view = PaymentView {
            payment_no: format!("PAY{n}"),
            subject: message.subject,
            user_id: bill.user_id,
            amount_fen: bill.amount_fen,
            code_url: format!("weixin://wxpay/bizpayurl?pr={n}"),
            ..PaymentView::default()
        };
        view.set_state(State::Pending);
        Ok(Response::new(view))
    }

    async fn get(&self, _: Request<GetRequest>) -> Result<Response<PaymentView>, Status> {
        Err(not_here())
    }

    async fn close(&self, _: Request<CloseRequest>) -> Result<Response<PaymentView>, Status> {
        Err(not_here())
    }

    async fn notify(&self, _: Request<NotifyRequest>) -> Result<Response<NotifyResponse>, Status> {
        Err(not_here())
    }

    async fn mock_pay(&self, _: Request<MockPayRequest>) -> Result<Response<PaymentView>, Status> {
        Err(not_here())
    }

    async fn get_refund(
        &self,
        _: Request<GetRefundRequest>,
    ) -> Result<Response<RefundView>, Status> {
        Err(not_here())
    }
}

fn not_here() -> Status {
    Status::unimplemented("compare does not ask this")
}
