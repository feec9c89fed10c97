//! The service as its neighbours see it.

use fault::{Fault, Reason};
use order::Config;
use proto::order::{
    AllowPaymentRequest, CancelOrderRequest, EpochsRequest, FenceRequest, GetOrderRequest,
    LeaseIdsRequest, ListOrdersRequest, LiveUnitsRequest, OpenSaleRequest, OutcomeRequest,
    RefundOrderRequest, State, Terms, fence_chunk, fence_request, fenced,
    order_client::OrderClient,
};
use rpc::{Channel, PeerConfig, PeerError};
use service::{Ctx, Role};
use tonic::Status;

use crate::support::{PRICE_FEN, World, admin, buyer, item, world};

async fn client(world: &World) -> OrderClient<Channel> {
    let mut config: Config = testkit::config("order", order::DEFAULTS);
    config.db = world.db.clone();
    config.mq = testkit::mq_config();
    config.grpc.listen = "127.0.0.1:0".parse().unwrap();
    let ctx = Ctx::new("order", world.clock.clone(), &[Role::Grpc]);
    let fleet = config.fleet.clone();
    let started = order::start(ctx, config).await.unwrap();
    let url = format!("http://{}", started.grpc.unwrap());
    OrderClient::new(rpc::peer(
        &PeerConfig {
            url,
            timeout_ms: 5_000,
        },
        &fleet,
    ))
}

fn terms() -> Terms {
    Terms {
        product_id: 77,
        product_name: "台灯".into(),
        product_image: String::new(),
        price_fen: PRICE_FEN,
        units: 3_000,
        start_ms: 1,
        end_ms: 0,
        limit_per_user: 1,
        payment_window_s: 900,
    }
}

fn reason(status: Status) -> Reason {
    PeerError::from(status).reason()
}

const PAGE_OF_UNITS: i64 = 2_500;

/// Activity 1 at epoch 1, with as many live units.
async fn sold(world: &World, client: &mut OrderClient<Channel>) {
    let open = OpenSaleRequest {
        activity_id: 1,
        version: 1,
        terms: Some(terms()),
    };
    assert_eq!(client.open_sale(open).await.unwrap().into_inner().epoch, 0);
    client.fence(rebuild(0)).await.unwrap();
    let items: Vec<_> = (1..=PAGE_OF_UNITS)
        .map(|n| item(n, n, &format!("0:{n}")))
        .collect();
    world.land(&items).await;
}

fn rebuild(epoch: i64) -> FenceRequest {
    let intent = fence_request::Intent::Rebuild(fence_request::Rebuild {});
    FenceRequest {
        activity_id: 1,
        epoch,
        intent: Some(intent),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fence_streams_its_verdict_and_then_the_snapshot() {
    let world = world().await;
    let mut client = client(&world).await;
    sold(&world, &mut client).await;
    let mut stream = client.fence(rebuild(1)).await.unwrap().into_inner();
    let mut verdicts = Vec::new();
    let mut units = Vec::new();
    while let Some(chunk) = stream.message().await.unwrap() {
        match chunk.part.unwrap() {
            fence_chunk::Part::Fenced(fenced) => {
                assert!(units.is_empty(), "the verdict comes first");
                verdicts.push(fenced);
            }
            fence_chunk::Part::Live(live) => units.extend(live.units),
        }
    }
    assert_eq!(verdicts.len(), 1);
    assert_eq!(verdicts[0].outcome(), fenced::Outcome::Fenced);
    assert_eq!(
        (verdicts[0].epoch, verdicts[0].terms.as_ref().unwrap().units),
        (2, 3_000)
    );
    assert!(units.iter().map(|unit| unit.unit_no).eq(1..=PAGE_OF_UNITS));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn seckills_questions() {
    let world = world().await;
    let mut client = client(&world).await;
    sold(&world, &mut client).await;
    let page = LiveUnitsRequest {
        activity_id: 1,
        after_unit: PAGE_OF_UNITS - 1,
        limit: 10,
    };
    assert_eq!(
        client
            .live_units(page)
            .await
            .unwrap()
            .into_inner()
            .units
            .len(),
        1
    );
    assert_eq!(
        client
            .epochs(EpochsRequest {})
            .await
            .unwrap()
            .into_inner()
            .sales[0]
            .epoch,
        1
    );
    let outcome = OutcomeRequest {
        activity_id: 1,
        order_id: 1,
    };
    assert!(
        client
            .outcome(outcome)
            .await
            .unwrap()
            .into_inner()
            .order
            .is_some()
    );
    assert_eq!(
        client
            .lease_ids(LeaseIdsRequest {})
            .await
            .unwrap()
            .into_inner()
            .count,
        100_000
    );
    let unknown = OutcomeRequest {
        activity_id: 2,
        order_id: 1,
    };
    assert_eq!(
        reason(client.outcome(unknown).await.unwrap_err()),
        Reason::ActivityNotFound
    );
    let bad = OutcomeRequest {
        activity_id: 0,
        order_id: 1,
    };
    assert_eq!(
        reason(client.outcome(bad).await.unwrap_err()),
        Reason::OrderParameter
    );
}

/// A world where buyer 1 has order 7, and its number.
async fn bought() -> (World, OrderClient<Channel>, String) {
    let world = world().await;
    world.open(1, 10).await;
    world.land(&[item(7, 1, "0:3"), item(8, 2, "0:4")]).await;
    let client = client(&world).await;
    let order_no = world.order(7).await.unwrap().no().to_string();
    (world, client, order_no)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn buyers_see_their_own() {
    let (_world, mut client, order_no) = bought().await;
    let list = ListOrdersRequest {
        page: 0,
        page_size: 0,
        state: State::Unspecified.into(),
    };
    let listed = client
        .list_orders(auth::request(&buyer(1), list))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        (listed.total, listed.orders[0].order_no.as_str()),
        (1, order_no.as_str())
    );
    let nobody = client.list_orders(list).await.unwrap_err();
    assert_eq!(reason(nobody), Reason::NotLoggedIn);

    let get = |order_no: &str| GetOrderRequest {
        order_no: order_no.to_owned(),
    };
    let view = client
        .get_order(auth::request(&buyer(1), get(&order_no)))
        .await
        .unwrap();
    let view = view.into_inner();
    assert_eq!(
        (view.state(), view.total_fen, view.epoch),
        (State::Pending, PRICE_FEN, 1)
    );
    for number in [order_no.as_str(), "ORD1"] {
        let foreign = client
            .get_order(auth::request(&buyer(2), get(number)))
            .await;
        assert_eq!(reason(foreign.unwrap_err()), Reason::OrderNotFound);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn buyers_and_admins_act() {
    let (_world, mut client, order_no) = bought().await;
    let allow = AllowPaymentRequest {
        order_no: order_no.clone(),
    };
    let allowed = client
        .allow_payment(auth::request(&buyer(1), allow))
        .await
        .unwrap();
    assert_eq!(allowed.into_inner().order.unwrap().order_no, order_no);

    let refund = RefundOrderRequest {
        order_no: order_no.clone(),
        reason: "坏了".into(),
    };
    let early = client
        .refund_order(auth::request(&admin(), refund.clone()))
        .await
        .unwrap_err();
    assert_eq!(reason(early), Reason::OrderState);
    let user = client
        .refund_order(auth::request(&buyer(1), refund))
        .await
        .unwrap_err();
    assert_eq!(reason(user), Reason::NotAdmin);

    let cancel = CancelOrderRequest { order_no };
    let closing = client
        .cancel_order(auth::request(&buyer(1), cancel))
        .await
        .unwrap();
    assert_eq!(closing.into_inner().state(), State::Closing);
}
