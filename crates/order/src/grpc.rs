//! One function per RPC: decode, one call, encode.

mod cart;
mod coupons;
mod decode;
mod encode;
mod retail;

use std::sync::Arc;

use auth::Principal;
use proto::order::{
    AllowPaymentRequest, AllowPaymentResponse, CancelOrderRequest, EpochsRequest, EpochsResponse,
    FenceChunk, FenceRequest, GetOrderRequest, LeaseIdsRequest, LeaseIdsResponse,
    ListOrdersRequest, ListOrdersResponse, LiveUnitsRequest, LiveUnitsResponse, OpenSaleRequest,
    OpenSaleResponse, OrderView, OutcomeRequest, OutcomeResponse, RefundOrderRequest,
    order_server::Order,
};
use tonic::{Request, Response, Status};

use crate::{Error, app::App};

pub(crate) struct Grpc {
    app: Arc<App>,
}

impl Grpc {
    pub(crate) fn new(app: Arc<App>) -> Self {
        Self { app }
    }
}

type Chunks = tokio_stream::Iter<std::vec::IntoIter<Result<FenceChunk, Status>>>;

#[tonic::async_trait]
impl Order for Grpc {
    async fn open_sale(
        &self,
        request: Request<OpenSaleRequest>,
    ) -> Result<Response<OpenSaleResponse>, Status> {
        reply(
            async {
                let (activity, version, terms) = decode::open_sale(request.into_inner())?;
                let sale = self.app.open_sale(activity, version, terms).await?;
                Ok(OpenSaleResponse {
                    epoch: sale.epoch.0,
                    ended: sale.ended,
                })
            }
            .await,
        )
    }

    async fn epochs(&self, _: Request<EpochsRequest>) -> Result<Response<EpochsResponse>, Status> {
        reply(self.app.epochs().await.map(encode::epochs))
    }

    type FenceStream = Chunks;

    async fn fence(&self, request: Request<FenceRequest>) -> Result<Response<Chunks>, Status> {
        reply(
            async {
                let (activity, epoch, intent) = decode::fence(request.into_inner())?;
                let fenced = self.app.fence(activity, epoch, intent).await?;
                Ok(tokio_stream::iter(encode::fenced(fenced)))
            }
            .await,
        )
    }

    async fn live_units(
        &self,
        request: Request<LiveUnitsRequest>,
    ) -> Result<Response<LiveUnitsResponse>, Status> {
        reply(
            async {
                let request = request.into_inner();
                let activity = decode::activity(request.activity_id)?;
                let page = self
                    .app
                    .live_units(activity, request.after_unit, request.limit)
                    .await?;
                Ok(encode::live_page(page))
            }
            .await,
        )
    }

    async fn outcome(
        &self,
        request: Request<OutcomeRequest>,
    ) -> Result<Response<OutcomeResponse>, Status> {
        reply(
            async {
                let request = request.into_inner();
                let activity = decode::activity(request.activity_id)?;
                let order = decode::order(request.order_id)?;
                Ok(encode::outcome(&self.app.outcome(activity, order).await?))
            }
            .await,
        )
    }

    async fn lease_ids(
        &self,
        _: Request<LeaseIdsRequest>,
    ) -> Result<Response<LeaseIdsResponse>, Status> {
        reply(
            async {
                let block = self.app.lease_ids().await?;
                Ok(LeaseIdsResponse {
                    first: block.first,
                    count: block.count,
                })
            }
            .await,
        )
    }

    async fn list_orders(
        &self,
        request: Request<ListOrdersRequest>,
    ) -> Result<Response<ListOrdersResponse>, Status> {
        reply(
            async {
                let caller = caller(&request)?;
                let (wanted, page, size) = decode::list(&request.into_inner())?;
                let page = self.app.list_orders(&caller, wanted, page, size).await?;
                let mut page = encode::page(page, caller.user);
                self.add_shipments(&mut page.orders).await?;
                Ok(page)
            }
            .await,
        )
    }

    async fn get_order(
        &self,
        request: Request<GetOrderRequest>,
    ) -> Result<Response<OrderView>, Status> {
        reply(
            async {
                let caller = caller(&request)?;
                let no = decode::order_no(&request.get_ref().order_no)?;
                let face = self.app.get_order(&caller, no.id()).await?;
                self.view(face, caller.user).await
            }
            .await,
        )
    }

    async fn cancel_order(
        &self,
        request: Request<CancelOrderRequest>,
    ) -> Result<Response<OrderView>, Status> {
        reply(
            async {
                let caller = caller(&request)?;
                let no = decode::order_no(&request.get_ref().order_no)?;
                let face = self.app.cancel_order(&caller, no.id()).await?;
                self.view(face, caller.user).await
            }
            .await,
        )
    }

    async fn refund_order(
        &self,
        request: Request<RefundOrderRequest>,
    ) -> Result<Response<OrderView>, Status> {
        reply(
            async {
                let admin = auth::require_admin(request.metadata())?;
                let request = request.into_inner();
                let no = decode::order_no(&request.order_no)?;
                let order = self
                    .app
                    .refund_order(&admin, no.id(), &request.reason)
                    .await?;
                self.view(order, admin.user).await
            }
            .await,
        )
    }

    async fn allow_payment(
        &self,
        request: Request<AllowPaymentRequest>,
    ) -> Result<Response<AllowPaymentResponse>, Status> {
        reply(
            async {
                let caller = caller(&request)?;
                let no = decode::order_no(&request.get_ref().order_no)?;
                let order = self.app.allow_payment(&caller, no.id()).await?;
                Ok(AllowPaymentResponse {
                    order: Some(encode::face(order, caller.user)),
                })
            }
            .await,
        )
    }
}

fn reply<T>(answer: Result<T, Error>) -> Result<Response<T>, Status> {
    answer
        .map(Response::new)
        .map_err(|error| rpc::status(&error))
}

fn caller<T>(request: &Request<T>) -> Result<Principal, Error> {
    Ok(auth::require(request.metadata())?)
}
