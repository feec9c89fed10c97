//! Whether every payment is matched or went back, asked from the company's side as well.

use std::collections::HashMap;

use anyhow::{Context, Result, bail, ensure};
use futures_util::{StreamExt, TryStreamExt, stream};
use serde_json::Value;

use super::rows::{Order, Payment};
use crate::desk::Desk;

const TOGETHER: usize = 8;

#[derive(Debug, Default)]
pub(super) struct Money {
    pub(super) paid: usize,
    pub(super) refunded: usize,
}

/// Judges the payments of these orders.
pub(super) async fn judge(
    desk: &Desk,
    orders: &HashMap<i64, Order>,
    payments: &[Payment],
) -> Result<Money> {
    let ours = payments
        .iter()
        .filter_map(|payment| Some((payment, orders.get(&payment.order)?)));
    let judged: Vec<Became> = stream::iter(ours)
        .map(async |(payment, order)| {
            let company = desk.order(&payment.number).await?;
            became(payment, order, company.as_ref())
                .with_context(|| format!("{payment:?} of {order:?}; the company: {company:?}"))
        })
        .buffer_unordered(TOGETHER)
        .try_collect()
        .await?;
    let mut by_order: HashMap<i64, usize> = HashMap::new();
    for became in &judged {
        if let Became::Paid(order) = became {
            *by_order.entry(*order).or_default() += 1;
        }
    }
    for order in orders.values().filter(|order| order.state == "paid") {
        let times = by_order.get(&order.id).copied().unwrap_or_default();
        ensure!(times == 1, "{order:?} was paid {times} times");
    }
    Ok(Money {
        paid: by_order.len(),
        refunded: judged
            .iter()
            .filter(|became| matches!(became, Became::Refunded))
            .count(),
    })
}

enum Became {
    Paid(i64),
    Refunded,
    Nothing,
}

fn became(payment: &Payment, order: &Order, company: Option<&Value>) -> Result<Became> {
    let transaction = |key: &str| company.map(|company| company["transaction"][key].clone());
    let state = transaction("trade_state").unwrap_or_default();
    let taken = state == "SUCCESS" || state == "REFUND";
    let back_fen = company
        .and_then(|company| company["refunded_fen"].as_i64())
        .unwrap_or_default();
    let amount_fen = order.price_fen * order.quantity;
    match payment.state.as_str() {
        "paid" => {
            ensure!(taken && back_fen == 0, "the company has no money");
            ensure!(order.state == "paid", "its order is {}", order.state);
            ensure!(
                order.payment_no == payment.number,
                "its order was paid by another"
            );
            ensure!(
                payment.amount_fen == amount_fen,
                "another amount than the order's"
            );
            let charged = transaction("amount").map(|amount| amount["total"].clone());
            ensure!(
                charged == Some(amount_fen.into()),
                "the company took another amount"
            );
            Ok(Became::Paid(order.id))
        }
        "refunded" => {
            ensure!(
                taken && back_fen == payment.amount_fen,
                "the money is not back"
            );
            ensure!(
                order.payment_no != payment.number,
                "its order lives from it"
            );
            Ok(Became::Refunded)
        }
        "closed" => {
            ensure!(!taken, "the company has taken money");
            Ok(Became::Nothing)
        }
        other => bail!("it is {other}"),
    }
}
