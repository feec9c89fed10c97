//! A neighbour that knows what it accepted, and nothing else.

use std::sync::{Arc, Mutex};

use proto::seckill::{
    Accepted, AcceptedRequest, AcceptedResponse, Activity, CancelActivityRequest,
    CreateActivityRequest, GetActivityRequest, GetTicketRequest, InitSaleRequest,
    ListActivitiesRequest, ListActivitiesResponse, ReconcileRequest, ReconcileResponse,
    ReserveBatch, ReserveBatchReply, ReserveItem, ReserveReply, TicketView, UpdateActivityRequest,
    WarmUpRequest,
    seckill_server::{Seckill, SeckillServer},
};
use service::Ctx;
use tonic::{Request, Response, Status, Streaming};

struct Neighbour {
    accepted: Arc<Mutex<Vec<Accepted>>>,
}

pub(crate) async fn start(ctx: &Ctx, accepted: Arc<Mutex<Vec<Accepted>>>) -> rpc::PeerConfig {
    let config = rpc::ServerConfig {
        listen: "127.0.0.1:0".parse().unwrap(),
        concurrency_max: 64,
        deadline_max_ms: 5_000,
    };
    let address = rpc::Server::new("seckill", &config, &super::fleet())
        .add(SeckillServer::new(Neighbour { accepted }))
        .start(ctx.tracker(), ctx.stop())
        .await
        .unwrap();
    rpc::PeerConfig {
        url: format!("http://{address}"),
        timeout_ms: 2_000,
    }
}

macro_rules! never {
    ($($verb:ident($request:ty) -> $response:ty;)+) => {
        #[tonic::async_trait]
        impl Seckill for Neighbour {
            $(
                async fn $verb(&self, _: Request<$request>) -> Result<Response<$response>, Status> {
                    Err(Status::unimplemented(stringify!($verb)))
                }
            )+

            type ReserveStreamStream = tokio_stream::Empty<Result<ReserveBatchReply, Status>>;

            async fn reserve_stream(
                &self,
                _: Request<Streaming<ReserveBatch>>,
            ) -> Result<Response<Self::ReserveStreamStream>, Status> {
                Err(Status::unimplemented("reserve_stream"))
            }

            async fn accepted(
                &self,
                _: Request<AcceptedRequest>,
            ) -> Result<Response<AcceptedResponse>, Status> {
                let orders = self.accepted.lock().unwrap().clone();
                Ok(Response::new(AcceptedResponse { orders }))
            }
        }
    };
}

never! {
    reserve(ReserveItem) -> ReserveReply;
    create_activity(CreateActivityRequest) -> Activity;
    update_activity(UpdateActivityRequest) -> Activity;
    cancel_activity(CancelActivityRequest) -> Activity;
    get_activity(GetActivityRequest) -> Activity;
    list_activities(ListActivitiesRequest) -> ListActivitiesResponse;
    init_sale(InitSaleRequest) -> Activity;
    warm_up(WarmUpRequest) -> Activity;
    reconcile(ReconcileRequest) -> ReconcileResponse;
    get_ticket(GetTicketRequest) -> TicketView;
}
