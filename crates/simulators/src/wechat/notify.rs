//! Notifications: sealed once, signed anew at every attempt, repeated until acknowledged.

use std::{sync::Arc, time::Duration};

use rand::{Rng, distr::Alphanumeric, rng};
use serde_json::{Value, json};
use wechatpay::{
    ApiKey, Sealed,
    notify::{Envelope, RETRIES_S},
};

use super::{
    faults::{Kind, Struck},
    world::World,
};

/// What is to be told to whom.
pub(super) struct Notice {
    pub(super) out_trade_no: String,
    pub(super) url: String,
    pub(super) event: &'static str,
    pub(super) original_type: &'static str,
    pub(super) plain: Value,
}

/// One that waits to be overtaken waits no longer.
const OVERTAKEN_MAX_MS: u64 = 60_000;
const KINDS: [Kind; 11] = [
    Kind::Drop,
    Kind::OutOfOrder,
    Kind::Delay,
    Kind::Duplicate,
    Kind::DuplicateParallel,
    Kind::WrongAmount,
    Kind::WrongMchid,
    Kind::WrongAppid,
    Kind::WrongApiV3Key,
    Kind::BadSig,
    Kind::Signtest,
];

/// Tries until the merchant acknowledges, and then gives up after a day (of the simulated ones).
pub(super) async fn send(world: Arc<World>, notice: Notice) {
    let id = uuid::Uuid::new_v4().to_string();
    let gaps = std::iter::once(0).chain(RETRIES_S);
    for gap_s in gaps {
        if !world.pause(world.wait(gap_s)).await {
            return;
        }
        let fault = {
            let mut state = world.state();
            state.faults.strike("notify", &notice.out_trade_no, &KINDS)
        };
        if let Some(Struck {
            kind: Kind::Drop, ..
        }) = fault
        {
            world.note(
                &notice.out_trade_no,
                "notification.lost",
                &json!({"event": notice.event}),
            );
            return;
        }
        match &fault {
            Some(late) if late.kind == Kind::Delay => {
                world
                    .pause(Duration::from_millis(late.number("ms", 1_000)))
                    .await;
            }
            Some(late) if late.kind == Kind::OutOfOrder => {
                overtaken(&world, &notice, late).await;
            }
            _ => {}
        }
        let kind = fault.as_ref().map(|fault| fault.kind);
        if !attempt(&world, &notice, &id, kind).await {
            continue;
        }
        if let Some(fault) = fault {
            repeat(&world, &notice, &id, &fault).await;
        }
        return;
    }
    let facts = json!({"event": notice.event, "id": id});
    world.note(&notice.out_trade_no, "notification.given_up", &facts);
}

/// Returns when a notification of the same order was accepted, or when none comes.
async fn overtaken(world: &World, notice: &Notice, fault: &Struck) {
    let mut news = world.news.subscribe();
    let accepted = || {
        let state = world.state();
        state
            .orders
            .get(&notice.out_trade_no)
            .map_or(0, |order| order.notified)
    };
    let before = accepted();
    let another = async { while news.changed().await.is_ok() && accepted() == before {} };
    let limit = Duration::from_millis(fault.number("ms", OVERTAKEN_MAX_MS));
    let another = tokio::time::timeout(limit, another);
    world.stop.run_until_cancelled(another).await;
}

/// An acknowledged notification, again.
async fn repeat(world: &World, notice: &Notice, id: &str, fault: &Struck) {
    let more = fault.number("n", 2).saturating_sub(1);
    match fault.kind {
        Kind::Duplicate => {
            for _ in 0..more {
                attempt(world, notice, id, None).await;
            }
        }
        Kind::DuplicateParallel => {
            let attempts = (0..more).map(|_| attempt(world, notice, id, None));
            futures_util::future::join_all(attempts).await;
        }
        _ => {}
    }
}

/// Whether the merchant acknowledged it.
async fn attempt(world: &World, notice: &Notice, id: &str, fault: Option<Kind>) -> bool {
    let (event, no) = (notice.event, &notice.out_trade_no);
    let Some(body) = body(world, notice, id, fault) else {
        return false;
    };
    let Ok(signed) = world.sign(&body, fault) else {
        return false;
    };
    let mut request = world
        .http
        .post(&notice.url)
        .header("content-type", "application/json");
    for (name, value) in signed {
        request = request.header(name, value);
    }
    let answer = request.body(body).send().await;
    let status = answer.as_ref().map_or(0, |answer| answer.status().as_u16());
    let accepted = matches!(status, 200 | 204);
    let kind = if accepted {
        "notification.accepted"
    } else {
        "notification.refused"
    };
    world.note(
        no,
        kind,
        &json!({"event": event, "id": id, "status": status}),
    );
    if accepted {
        if let Some(order) = world.state().orders.get_mut(no) {
            order.notified += 1;
        }
        world.news.send_replace(());
    }
    accepted
}

fn body(world: &World, notice: &Notice, id: &str, fault: Option<Kind>) -> Option<Vec<u8>> {
    let mut plain = notice.plain.clone();
    match fault {
        // What the merchant acts on.
        Some(Kind::WrongAmount) if notice.original_type == "refund" => {
            plain["amount"]["refund"] = json!(1);
        }
        Some(Kind::WrongAmount) => plain["amount"]["total"] = json!(1),
        Some(Kind::WrongMchid) => plain["mchid"] = json!("1"),
        Some(Kind::WrongAppid) => plain["appid"] = json!("wx1"),
        _ => {}
    }
    let other = ApiKey::new(&"0".repeat(32)).ok()?;
    let key = if fault == Some(Kind::WrongApiV3Key) {
        &other
    } else {
        &world.keys.api
    };
    let plain = serde_json::to_vec(&plain).ok()?;
    let random: String = rng()
        .sample_iter(Alphanumeric)
        .take(12)
        .map(char::from)
        .collect();
    let envelope = Envelope {
        id: id.to_owned(),
        create_time: world.now(),
        event_type: notice.event.to_owned(),
        resource_type: "encrypt-resource".into(),
        summary: notice.event.to_owned(),
        resource: Sealed::seal(key, notice.original_type, &random, &plain).ok()?,
    };
    serde_json::to_vec(&envelope).ok()
}
