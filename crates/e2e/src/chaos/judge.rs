//! What must hold when everything has come to rest.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use futures_util::{StreamExt, TryStreamExt, stream};
use ids::OrderNo;
use mq::Message;

use super::{
    cluster::Cluster,
    crowd::Purchase,
    money::{self, Money},
    rows::{self, Order},
};
use crate::{api::poll, audit::Ledger};

/// Whatever settles by itself has settled by then: retries climb to half a minute.
const SETTLE: Duration = Duration::from_secs(240);
const TICKET: Duration = Duration::from_secs(20);
const TOGETHER: usize = 8;
/// Every state that an order may rest in.
const AT_REST: [&str; 3] = ["paid", "closed", "refused"];

/// One sale of a round.
#[derive(Debug, Clone)]
pub(super) struct Sale {
    pub(super) activity: i64,
    pub(super) product: i64,
    /// Of the product, before the sale took any.
    pub(super) stock: i64,
    pub(super) limit: i64,
    pub(super) payment_window_s: i64,
}

/// A round at rest.
pub(super) struct Rest {
    pub(super) ledgers: Vec<Ledger>,
    pub(super) orders: HashMap<i64, Order>,
    pub(super) money: Money,
}

/// Waits until everything rests, and every book balances.
pub(super) async fn rest(cluster: &Cluster, sales: &[Sale]) -> Result<Rest> {
    let mut why = None;
    let rest = poll(SETTLE, async || match look(cluster, sales).await {
        Ok(rest) => Ok(Some(rest)),
        Err(error) => {
            why = Some(error);
            Ok(None)
        }
    })
    .await;
    match (rest, why) {
        (Ok(rest), _) => Ok(rest),
        (Err(late), Some(why)) => Err(why.context(late)),
        (Err(late), None) => Err(late),
    }
}

/// Orders first: once they rest, nothing else moves for long.
async fn look(cluster: &Cluster, sales: &[Sale]) -> Result<Rest> {
    let auditor = &cluster.auditor;
    let activities: Vec<i64> = sales.iter().map(|sale| sale.activity).collect();
    let orders = rows::orders(auditor, &activities).await?;
    let restless = orders
        .iter()
        .find(|order| !AT_REST.contains(&order.state.as_str()));
    ensure!(
        restless.is_none(),
        "an order does not come to rest: {restless:?}"
    );
    let mut ledgers = Vec::new();
    for activity in activities {
        let ledger = auditor.read(activity).await?;
        let paid = orders
            .iter()
            .filter(|order| order.activity == activity && order.state == "paid");
        let sold: i64 = paid.map(|order| order.quantity).sum();
        let live = ledger.live.len();
        ledger
            .judge()
            .with_context(|| format!("activity {activity}"))?;
        ensure!(
            usize::try_from(sold)? == live,
            "activity {activity}: {live} units live, {sold} paid"
        );
        ledgers.push(ledger);
    }
    let waiting = waiting_to_be_retried(cluster).await?;
    ensure!(
        waiting.is_empty(),
        "messages wait to be tried again: {waiting:?}"
    );
    let orders: HashMap<i64, Order> = orders.into_iter().map(|order| (order.id, order)).collect();
    let money = money::judge(&cluster.desk, &orders, &rows::payments(auditor).await?).await?;
    Ok(Rest {
        ledgers,
        orders,
        money,
    })
}

async fn waiting_to_be_retried(cluster: &Cluster) -> Result<BTreeMap<String, u64>> {
    let mut waiting = BTreeMap::new();
    for (queue, ladder) in [
        ladder::<proto::order::Reserved>(),
        ladder::<proto::order::PaymentPaid>(),
        ladder::<proto::order::PaymentClosed>(),
        ladder::<proto::order::PaymentRefunded>(),
        ladder::<proto::seckill::Released>(),
        ladder::<proto::product::StockReturned>(),
        ladder::<proto::payment::OrderClosing>(),
        ladder::<proto::payment::RefundDue>(),
    ] {
        for delay_s in ladder {
            let name = format!("{queue}.retry.{delay_s}s");
            let ready = cluster.auditor.broker.depth(&name).await?.ready;
            if ready > 0 {
                waiting.insert(name, ready);
            }
        }
    }
    Ok(waiting)
}

fn ladder<M: Message>() -> (&'static str, &'static [u32]) {
    (M::QUEUE, M::RETRY_S)
}

impl Rest {
    /// Each buyer who was told "won" has an order or a refusal that says why; no other has one.
    pub(super) fn judge(&self, sales: &[Sale], purchases: &[Purchase]) -> Result<()> {
        for one in purchases {
            self.judge_purchase(one)
                .with_context(|| format!("{one:?}"))?;
        }
        self.judge_repeats(purchases)?;
        let known: HashSet<i64> = purchases
            .iter()
            .filter_map(|one| number(&one.order_no))
            .collect();
        for order in self.orders.values() {
            let silent = order.state != "paid";
            ensure!(
                silent || known.contains(&order.id),
                "nobody was told of {order:?}"
            );
        }
        for (sale, ledger) in sales.iter().zip(&self.ledgers) {
            self.judge_limit(sale)?;
            self.judge_refusals(sale, ledger)?;
        }
        Ok(())
    }

    fn judge_purchase(&self, purchase: &Purchase) -> Result<()> {
        let id = number(&purchase.order_no).context("no order number")?;
        let order = self
            .orders
            .get(&id)
            .context("told \"won\", and there is no row")?;
        let same = order.user == purchase.buyer.id
            && order.activity == purchase.activity
            && order.quantity == purchase.quantity;
        ensure!(same, "another's order: {order:?}");
        Ok(())
    }

    /// Of all orders of one request, one counts. Another is over, or was refused: after a rollback
    /// of Redis the same request may win again before the loss is noticed.
    fn judge_repeats(&self, purchases: &[Purchase]) -> Result<()> {
        let mut counts: HashMap<_, i64> = HashMap::new();
        for one in purchases {
            let request = (one.buyer.id, one.activity, &one.key);
            let order = number(&one.order_no).and_then(|id| self.orders.get(&id));
            let Some(order) = order.filter(|order| order.state == "paid") else {
                continue;
            };
            let first = *counts.entry(request).or_insert(order.id);
            ensure!(
                first == order.id,
                "orders {first} and {} for one request",
                order.id
            );
        }
        Ok(())
    }

    fn judge_limit(&self, sale: &Sale) -> Result<()> {
        let mut held: HashMap<i64, i64> = HashMap::new();
        let orders = self
            .orders
            .values()
            .filter(|order| order.activity == sale.activity);
        for order in orders.filter(|order| order.state == "paid") {
            *held.entry(order.user).or_default() += order.quantity;
        }
        let greedy = held.iter().find(|(_, units)| **units > sale.limit);
        ensure!(
            greedy.is_none(),
            "more than {} units each: {greedy:?}",
            sale.limit
        );
        Ok(())
    }

    /// Only a rebuild may take an order back from a buyer who was told "won".
    fn judge_refusals(&self, sale: &Sale, ledger: &Ledger) -> Result<()> {
        const FIRST_EPOCH: i64 = 1;
        let refused = self
            .orders
            .values()
            .find(|order| order.activity == sale.activity && order.state == "refused");
        let rebuilt = ledger.epoch > FIRST_EPOCH;
        ensure!(
            refused.is_none() || rebuilt,
            "refused without a rebuild: {refused:?}"
        );
        Ok(())
    }

    /// Orders that had been reserved and had not landed at this moment.
    pub(super) fn unlanded_at(&self, sales: &[Sale], at_ms: i64) -> usize {
        const JUST_NOW_MS: i64 = 3_000;
        let windows: HashMap<i64, i64> = sales
            .iter()
            .map(|sale| (sale.activity, sale.payment_window_s * 1_000))
            .collect();
        let unlanded = |order: &&Order| {
            let window_ms = windows.get(&order.activity).copied().unwrap_or_default();
            let landed_ms = order.expires_at_ms - window_ms;
            let never = order.state == "refused" && order.at_ms > at_ms - JUST_NOW_MS;
            order.at_ms <= at_ms && (landed_ms > at_ms || never)
        };
        self.orders.values().filter(unlanded).count()
    }

    /// Orders by state and reason.
    pub(super) fn states(&self) -> BTreeMap<String, u32> {
        let mut states = BTreeMap::new();
        for order in self.orders.values() {
            let name = if order.reason.is_empty() {
                order.state.clone()
            } else {
                format!("{} {}", order.state, order.reason)
            };
            *states.entry(name).or_default() += 1;
        }
        states
    }
}

/// Every ticket says what became of its order.
pub(super) async fn tickets(cluster: &Cluster, rest: &Rest, purchases: &[Purchase]) -> Result<()> {
    stream::iter(purchases)
        .map(async |one| {
            let view = cluster
                .api
                .settled_ticket(&one.buyer, &one.ticket, TICKET)
                .await?;
            let order = number(&one.order_no).and_then(|id| rest.orders.get(&id));
            let landed =
                order.is_some_and(|order| order.expires_at_ms > 0 && order.state != "refused");
            let said = if landed { "success" } else { "failed" };
            ensure!(view["status"] == said, "{view} of {order:?}");
            ensure!(landed || !view["reason"].is_null(), "no reason: {view}");
            Ok(())
        })
        .buffer_unordered(TOGETHER)
        .try_collect::<()>()
        .await
}

fn number(order_no: &str) -> Option<i64> {
    order_no
        .parse::<OrderNo>()
        .ok()
        .map(|number| number.id().get())
}
