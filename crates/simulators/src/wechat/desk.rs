//! The other side of the counter: the payer, the faults, the journal.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, Query, State},
    http::StatusCode,
    response::{Html, IntoResponse, Response},
};
use serde::Deserialize;
use serde_json::{Value, json};
use wechatpay::{Code, Transaction, notify};

use super::{
    faults::Fault,
    judge::Refused,
    notify::{Notice, send},
    orders::{Order, pr_of},
    world::World,
};

type Shared = State<Arc<World>>;

const HEAD: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">\
    <meta name=\"viewport\" content=\"width=device-width\"><title>WeChat Pay simulator</title>\
    <style>body{font:16px system-ui;margin:2rem auto;max-width:60rem;padding:0 1rem}\
    table{border-collapse:collapse;width:100%}td,th{padding:.4rem;text-align:left;\
    border-bottom:1px solid #ddd}button{font:inherit;padding:.6rem 1.5rem}\
    .amount{font-size:2.5rem}</style><p><strong>Simulator: no money moves here.</strong></p>";

const SHOWN_MAX: usize = 200;

/// The newest orders.
pub(super) async fn page(State(world): Shared) -> Html<String> {
    let now_s = world.now_s();
    let rows: String = {
        let state = world.state();
        let newest = state.orders.newest().take(SHOWN_MAX);
        newest.map(|order| row(order, now_s)).collect()
    };
    Html(format!(
        "{HEAD}<h1>Orders</h1><p><a href=\"/sim/journal\">journal</a></p>\
         <table><tr><th>number<th>for<th>yuan<th>state<th></tr>{rows}</table>"
    ))
}

fn row(order: &Order, now_s: i64) -> String {
    let asked = &order.asked;
    let state = String::from(order.transaction(now_s).trade_state);
    format!(
        "<tr><td>{}<td>{}<td>{}<td>{state}<td><a href=\"/sim/pay?code_url={}\">pay</a></tr>",
        escape(&asked.out_trade_no),
        escape(&asked.description),
        yuan(asked.amount.total),
        order.pr
    )
}

#[derive(Deserialize)]
pub(super) struct Scan {
    code_url: String,
}

/// What a phone shows after the scan.
pub(super) async fn pay_page(State(world): Shared, Query(scan): Query<Scan>) -> Response {
    let pr = pr_of(&scan.code_url);
    let Some(order) = world.scanned(pr) else {
        return (
            StatusCode::NOT_FOUND,
            Html(format!("{HEAD}<h1>The QR code has expired</h1>")),
        )
            .into_response();
    };
    let body = format!(
        "{HEAD}<h1>{}</h1><p class=\"amount\">¥{}</p><p>{}</p>\
         <button id=\"pay\">Scan and pay</button>\
         <p id=\"said\"></p><script>document.getElementById('pay').onclick=async()=>{{\
         const r=await fetch('/sim/pay/{pr}',{{method:'POST',headers:{{'content-type':\
         'application/json'}},body:'{{\"result\":\"success\"}}'}});\
         document.getElementById('said').textContent=r.ok?'Paid':(await r.json()).message}}\
         </script>",
        escape(&order.asked.description),
        yuan(order.asked.amount.total),
        escape(&order.asked.out_trade_no),
        pr = escape(pr),
    );
    Html(body).into_response()
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Choice {
    Success,
    /// The balance is too small.
    Fail,
    Cancel,
}

#[derive(Deserialize)]
pub(super) struct Decision {
    result: Choice,
}

pub(super) async fn pay(
    State(world): Shared,
    Path(pr): Path<String>,
    Json(decision): Json<Decision>,
) -> Response {
    let Some(order) = world.scanned(&pr) else {
        return refuse(StatusCode::NOT_FOUND, "the QR code has expired");
    };
    match decision.result {
        Choice::Success => take(&world, &order.asked.out_trade_no, &How::default()),
        Choice::Fail | Choice::Cancel => Json(json!({"paid": false})).into_response(),
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct How {
    in_spite_of_close: bool,
    /// Fen, instead of what was asked for.
    amount: Option<i64>,
}

/// Pays by number, without a code.
pub(super) async fn pay_order(
    State(world): Shared,
    Path(out_trade_no): Path<String>,
    how: Option<Json<How>>,
) -> Response {
    let how = how.map(|Json(how)| how).unwrap_or_default();
    take(&world, &out_trade_no, &how)
}

fn take(world: &Arc<World>, out_trade_no: &str, how: &How) -> Response {
    match world.take(out_trade_no, how.in_spite_of_close, how.amount) {
        Ok(transaction) => {
            report(world, &transaction);
            Json(json!({"paid": true, "transaction": transaction})).into_response()
        }
        Err(Refused { code, message, .. }) => {
            let status = match code {
                Code::OrderNotExist => StatusCode::NOT_FOUND,
                Code::ParamError => StatusCode::BAD_REQUEST,
                _ => StatusCode::CONFLICT,
            };
            refuse(status, &message)
        }
    }
}

fn report(world: &Arc<World>, transaction: &Transaction) {
    let no = transaction.out_trade_no.clone();
    let url = world
        .state()
        .orders
        .get(&no)
        .map(|order| order.asked.notify_url.clone());
    let notice = Notice {
        out_trade_no: no,
        url: url.unwrap_or_default(),
        event: notify::TRANSACTION_SUCCESS,
        original_type: "transaction",
        plain: serde_json::to_value(transaction).unwrap_or(Value::Null),
    };
    tokio::spawn(send(Arc::clone(world), notice));
}

pub(super) async fn order(State(world): Shared, Path(out_trade_no): Path<String>) -> Response {
    let now_s = world.now_s();
    match world.state().orders.get(&out_trade_no) {
        Some(order) => Json(json!({
            "transaction": order.transaction(now_s),
            "closed": order.closed,
            "refunded_fen": order.refunded_fen,
            "notified": order.notified,
        }))
        .into_response(),
        None => refuse(StatusCode::NOT_FOUND, "no such order"),
    }
}

pub(super) async fn add_fault(State(world): Shared, Json(fault): Json<Fault>) -> Response {
    if world.state().faults.add(fault) {
        Json(json!({"added": true})).into_response()
    } else {
        refuse(StatusCode::CONFLICT, "too many faults wait to strike")
    }
}

#[derive(Deserialize)]
pub(super) struct About {
    out_trade_no: Option<String>,
}

pub(super) async fn journal(State(world): Shared, Query(about): Query<About>) -> Json<Value> {
    Json(json!({"events": world.state().journal(about.out_trade_no.as_deref())}))
}

fn refuse(status: StatusCode, message: &str) -> Response {
    (status, Json(json!({"message": message}))).into_response()
}

fn yuan(fen: i64) -> String {
    format!("{}.{:02}", fen / 100, fen % 100)
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
