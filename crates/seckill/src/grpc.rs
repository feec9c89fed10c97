//! One function per RPC: decode, one call, encode.

mod stream;

use std::sync::Arc;

use proto::seckill::{self as wire, seckill_server::Seckill};
use service::Ctx;
use tonic::{Request, Response, Status, Streaming};

use crate::{
    Error,
    app::App,
    domain::{Draft, Patch},
    store::{self, Filter},
};

pub(crate) struct Grpc {
    pub(crate) app: Arc<App>,
    pub(crate) ctx: Ctx,
}

type Answer<T> = Result<Response<T>, Status>;

fn refuse(error: impl Into<Error>) -> Status {
    rpc::status(&error.into())
}

fn admin<T>(request: &Request<T>) -> Result<(), Status> {
    auth::require_admin(request.metadata())
        .map(drop)
        .map_err(|error| rpc::status(&error))
}

#[tonic::async_trait]
impl Seckill for Grpc {
    type ReserveStreamStream = stream::Replies;

    async fn reserve_stream(
        &self,
        request: Request<Streaming<wire::ReserveBatch>>,
    ) -> Answer<stream::Replies> {
        Ok(Response::new(stream::serve(
            &self.ctx,
            Arc::clone(&self.app),
            request.into_inner(),
        )))
    }

    async fn reserve(&self, request: Request<wire::ReserveItem>) -> Answer<wire::ReserveReply> {
        let replies = self.app.reserve(vec![request.into_inner()]).await;
        Ok(Response::new(
            replies.into_iter().next().unwrap_or_default(),
        ))
    }

    async fn create_activity(
        &self,
        request: Request<wire::CreateActivityRequest>,
    ) -> Answer<wire::Activity> {
        admin(&request)?;
        let activity = self
            .app
            .create_activity(draft(request.into_inner()))
            .await
            .map_err(refuse)?;
        Ok(Response::new(self.app.view(&activity).await))
    }

    async fn update_activity(
        &self,
        request: Request<wire::UpdateActivityRequest>,
    ) -> Answer<wire::Activity> {
        admin(&request)?;
        let request = request.into_inner();
        let activity = self
            .app
            .update_activity(request.id, patch(request))
            .await
            .map_err(refuse)?;
        Ok(Response::new(self.app.view(&activity).await))
    }

    async fn cancel_activity(
        &self,
        request: Request<wire::CancelActivityRequest>,
    ) -> Answer<wire::Activity> {
        admin(&request)?;
        let activity = self
            .app
            .cancel_activity(request.into_inner().id)
            .await
            .map_err(refuse)?;
        Ok(Response::new(self.app.view(&activity).await))
    }

    async fn get_activity(
        &self,
        request: Request<wire::GetActivityRequest>,
    ) -> Answer<wire::Activity> {
        let activity = self
            .app
            .get_activity(request.into_inner().id)
            .await
            .map_err(refuse)?;
        let mut views = self.app.views(&[activity]).await;
        views
            .pop()
            .map(Response::new)
            .ok_or_else(|| refuse(Error::Unexpected("no view")))
    }

    async fn list_activities(
        &self,
        request: Request<wire::ListActivitiesRequest>,
    ) -> Answer<wire::ListActivitiesResponse> {
        let request = request.into_inner();
        let filter = Filter {
            status: status(request.status()),
            product_id: Some(request.product_id).filter(|id| *id > 0),
        };
        let (activities, total) = self
            .app
            .list_activities(filter, request.page, request.page_size)
            .await
            .map_err(refuse)?;
        let activities = self.app.views(&activities).await;
        Ok(Response::new(wire::ListActivitiesResponse {
            activities,
            total,
        }))
    }

    async fn init_sale(&self, request: Request<wire::InitSaleRequest>) -> Answer<wire::Activity> {
        admin(&request)?;
        let request = request.into_inner();
        let activity = self
            .app
            .init_sale(request.product_id, request.units)
            .await
            .map_err(refuse)?;
        Ok(Response::new(self.app.view(&activity).await))
    }

    async fn warm_up(&self, request: Request<wire::WarmUpRequest>) -> Answer<wire::Activity> {
        admin(&request)?;
        let activity = self
            .app
            .warm_up(request.into_inner().id)
            .await
            .map_err(refuse)?;
        Ok(Response::new(self.app.view(&activity).await))
    }

    async fn reconcile(
        &self,
        request: Request<wire::ReconcileRequest>,
    ) -> Answer<wire::ReconcileResponse> {
        admin(&request)?;
        let request = request.into_inner();
        let report = self
            .app
            .reconcile_now(request.id, request.repair)
            .await
            .map_err(refuse)?;
        Ok(Response::new(report))
    }

    async fn get_ticket(
        &self,
        request: Request<wire::GetTicketRequest>,
    ) -> Answer<wire::TicketView> {
        let caller = auth::require(request.metadata()).map_err(|error| rpc::status(&error))?;
        let view = self
            .app
            .get_ticket(caller.user, &request.get_ref().ticket)
            .await
            .map_err(refuse)?;
        Ok(Response::new(view))
    }

    async fn accepted(
        &self,
        request: Request<wire::AcceptedRequest>,
    ) -> Answer<wire::AcceptedResponse> {
        let orders = self
            .app
            .accepted(request.into_inner().user_id)
            .await
            .map_err(refuse)?;
        Ok(Response::new(wire::AcceptedResponse { orders }))
    }
}

fn draft(request: wire::CreateActivityRequest) -> Draft {
    Draft {
        product_id: request.product_id,
        name: request.name,
        description: request.description,
        price_fen: request.price_fen,
        units: request.units,
        start_ms: request.start_ms,
        end_ms: request.end_ms,
        limit_per_user: request.limit_per_user,
        payment_window_s: request.payment_window_s,
    }
}

fn patch(request: wire::UpdateActivityRequest) -> Patch {
    Patch {
        name: request.name,
        description: request.description,
        units: request.units,
        start_ms: request.start_ms,
        end_ms: request.end_ms,
        price_fen: request.price_fen,
        limit_per_user: request.limit_per_user,
        payment_window_s: request.payment_window_s,
        product_id: request.product_id,
    }
}

fn status(status: wire::Status) -> Option<store::Status> {
    match status {
        wire::Status::Unspecified => None,
        wire::Status::Pending => Some(store::Status::Pending),
        wire::Status::Active => Some(store::Status::Active),
        wire::Status::Ended => Some(store::Status::Ended),
        wire::Status::Cancelled => Some(store::Status::Cancelled),
    }
}
