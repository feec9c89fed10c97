//! The order service's stand-in: it allows payments of the orders that a test puts there.

use std::{
    collections::HashMap,
    net::SocketAddr,
    pin::Pin,
    sync::{Arc, Mutex},
};

use fault::{Fault, Reason};
use futures_util::stream::{Empty, empty};
use proto::order::{
    AllowPaymentRequest, AllowPaymentResponse, CancelOrderRequest, EpochsRequest, EpochsResponse,
    FenceChunk, FenceRequest, GetOrderRequest, LeaseIdsRequest, LeaseIdsResponse,
    ListOrdersRequest, ListOrdersResponse, LiveUnitsRequest, LiveUnitsResponse, OpenSaleRequest,
    OpenSaleResponse, OrderView, OutcomeRequest, OutcomeResponse, RefundOrderRequest,
    order_server::{Order, OrderServer},
};
use tonic::{Request, Response, Status};

#[derive(Clone, Default)]
pub(crate) struct StandIn {
    orders: Arc<Mutex<HashMap<String, Result<OrderView, Reason>>>>,
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
    pub(crate) async fn start(&self, ctx: &service::Ctx, fleet: &rpc::FleetConfig) -> SocketAddr {
        let config = rpc::ServerConfig {
            listen: ([127, 0, 0, 1], 0).into(),
            concurrency_max: 1_000,
            deadline_max_ms: 10_000,
        };
        let server = rpc::Server::new("order", &config, fleet).add(OrderServer::new(self.clone()));
        server.start(ctx.tracker(), ctx.stop()).await.unwrap()
    }

    pub(crate) fn put(&self, order: OrderView) {
        self.orders
            .lock()
            .unwrap()
            .insert(order.order_no.clone(), Ok(order));
    }

    /// From now on the order does not allow a payment.
    pub(crate) fn refuse(&self, order_no: &str, reason: Reason) {
        self.orders
            .lock()
            .unwrap()
            .insert(order_no.to_owned(), Err(reason));
    }
}

#[tonic::async_trait]
impl Order for StandIn {
    async fn allow_payment(
        &self,
        request: Request<AllowPaymentRequest>,
    ) -> Result<Response<AllowPaymentResponse>, Status> {
        let caller = auth::require(request.metadata()).map_err(|error| rpc::status(&error))?;
        let order_no = request.into_inner().order_no;
        let found = self.orders.lock().unwrap().get(&order_no).cloned();
        let order = match found {
            Some(Ok(order)) if order.user_id == caller.user.get() => order,
            Some(Err(reason)) => return Err(rpc::status(&Refused(reason))),
            Some(Ok(_)) | None => return Err(rpc::status(&Refused(Reason::OrderNotFound))),
        };
        Ok(Response::new(AllowPaymentResponse { order: Some(order) }))
    }

    type FenceStream = Pin<Box<Empty<Result<FenceChunk, Status>>>>;

    async fn fence(&self, _: Request<FenceRequest>) -> Result<Response<Self::FenceStream>, Status> {
        Ok(Response::new(Box::pin(empty())))
    }

    async fn open_sale(
        &self,
        _: Request<OpenSaleRequest>,
    ) -> Result<Response<OpenSaleResponse>, Status> {
        Err(not_here())
    }

    async fn epochs(&self, _: Request<EpochsRequest>) -> Result<Response<EpochsResponse>, Status> {
        Err(not_here())
    }

    async fn live_units(
        &self,
        _: Request<LiveUnitsRequest>,
    ) -> Result<Response<LiveUnitsResponse>, Status> {
        Err(not_here())
    }

    async fn outcome(
        &self,
        _: Request<OutcomeRequest>,
    ) -> Result<Response<OutcomeResponse>, Status> {
        Err(not_here())
    }

    async fn lease_ids(
        &self,
        _: Request<LeaseIdsRequest>,
    ) -> Result<Response<LeaseIdsResponse>, Status> {
        Err(not_here())
    }

    async fn list_orders(
        &self,
        _: Request<ListOrdersRequest>,
    ) -> Result<Response<ListOrdersResponse>, Status> {
        Err(not_here())
    }

    async fn get_order(&self, _: Request<GetOrderRequest>) -> Result<Response<OrderView>, Status> {
        Err(not_here())
    }

    async fn cancel_order(
        &self,
        _: Request<CancelOrderRequest>,
    ) -> Result<Response<OrderView>, Status> {
        Err(not_here())
    }

    async fn refund_order(
        &self,
        _: Request<RefundOrderRequest>,
    ) -> Result<Response<OrderView>, Status> {
        Err(not_here())
    }
}

fn not_here() -> Status {
    Status::unimplemented("payment does not ask this")
}
