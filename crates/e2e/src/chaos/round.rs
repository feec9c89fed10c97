//! One round: a sale under way, the faults injected into it, and the judgement when all is quiet again.

use std::{sync::Arc, time::Duration};

use anyhow::{Context, Result, bail, ensure};
use clock::{Clock, SystemClock};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::{
    task::JoinSet,
    time::{Instant, sleep, sleep_until, timeout},
};

use super::{
    cluster::Cluster,
    crowd::Crowd,
    judge::{self, Sale},
    plan::Plan,
    rows,
};
use crate::{
    api::{Answer, poll},
    sale::patiently_until,
};

/// A product has so many pieces that are not for the sale.
const SPARE: i64 = 50;
const OPENS: Duration = Duration::from_secs(60);
const ENDS: Duration = Duration::from_secs(90);
/// Until there is a winner who has not landed: an earlier fault may be in the way, and a RabbitMQ that
/// starts on a busy machine takes its time.
const WINNER: Duration = Duration::from_secs(150);
/// MySQL may be away itself.
const LOOK: Duration = Duration::from_millis(100);
/// Buyers of one round have ids of their own.
const USERS_PER_ROUND: i64 = 10_000;

/// Plays a round to its end; answers what there is to say about it.
pub(super) async fn play(cluster: &Arc<Cluster>, plan: &Plan, number: i64) -> Result<String> {
    let start = Instant::now();
    let sales = open_sales(cluster, plan)
        .await
        .context("the sales do not open")?;
    let first = number * USERS_PER_ROUND;
    let people = plan.buyers.len() + plan.baits.len();
    let accounts: Result<_> = (1..=people as i64)
        .map(|n| cluster.buyer(first + n))
        .collect();
    let activities = sales.iter().map(|sale| sale.activity).collect();
    let (api, desk) = (cluster.api.clone(), cluster.desk.clone());
    let crowd = Crowd::new(api, desk, plan.clone(), activities, accounts?);
    let buyers = crowd.arrive();
    let edits = tokio::spawn(edit_all(Arc::clone(cluster), plan.clone(), sales.clone()));
    let injected = inject_all(cluster, plan, &crowd).await?;
    sleep(plan.load.saturating_sub(crowd.since_start())).await;
    cluster.ready().await.context("not everything came back")?;
    edits.await?;
    crowd.close();
    let back = start.elapsed();
    leave(buyers).await?;
    let left = start.elapsed();
    let purchases = crowd.purchases();
    let rest = judge::rest(cluster, &sales).await.context("no rest")?;
    rest.judge(&sales, &purchases)?;
    judge::tickets(cluster, &rest, &purchases)
        .await
        .context("a ticket")?;
    let settled = start.elapsed();
    end_sales(cluster, &sales, &rest.ledgers).await?;
    let unlanded: Vec<usize> = injected
        .iter()
        .map(|at| rest.unlanded_at(&sales, *at))
        .collect();
    let epochs: Vec<i64> = rest.ledgers.iter().map(|ledger| ledger.epoch).collect();
    let ended = cluster.supervisor.take_ended();
    Ok(format!(
        "  all back {:.0} s, buyers left {:.0} s, at rest {:.0} s, ended {:.0} s\n  \
         told \"won\" {} · {:?} · {} paid, {} refunded · epochs {epochs:?}\n  \
         unlanded at each injection {unlanded:?} · answers {:?} · ended by themselves {ended:?}",
        back.as_secs_f64(),
        left.as_secs_f64(),
        settled.as_secs_f64(),
        start.elapsed().as_secs_f64(),
        purchases.len(),
        rest.states(),
        rest.money.paid,
        rest.money.refunded,
        crowd.answers(),
    ))
}

/// An edit may be refused, or be finished by another replica: the audit decides.
async fn edit_all(cluster: Arc<Cluster>, plan: Plan, sales: Vec<Sale>) {
    let start = Instant::now();
    let mut edits = plan.edits;
    edits.sort_by_key(|edit| edit.after);
    for edit in edits {
        sleep_until(start + edit.after).await;
        let path = format!(
            "/api/v1/admin/seckill/activities/{}",
            sales[edit.sale].activity
        );
        let body = json!({"spike_stock": edit.units});
        let _ = cluster.api.put(&path, Some(&cluster.admin), &body).await;
    }
}

async fn leave(mut buyers: JoinSet<Result<()>>) -> Result<()> {
    while let Some(left) = buyers.join_next().await {
        left?.context("a buyer was never answered")?;
    }
    Ok(())
}

/// Injections when the plan says so, as soon as there is a winner who has not landed; answers when
/// that was, and returns when every fault is over.
async fn inject_all(cluster: &Arc<Cluster>, plan: &Plan, crowd: &Arc<Crowd>) -> Result<Vec<i64>> {
    let (mut faults, mut injected) = (JoinSet::new(), Vec::new());
    for injection in &plan.injections {
        sleep(injection.after.saturating_sub(crowd.since_start())).await;
        let mut kept = Vec::new();
        for fault in &injection.faults {
            kept.push(cluster.prepare(fault).await?);
        }
        unlanded_winner(cluster, crowd).await?;
        for (fault, kept) in injection.faults.iter().copied().zip(kept) {
            let cluster = Arc::clone(cluster);
            faults.spawn(async move { cluster.inject(&fault, kept).await });
        }
        tokio::task::yield_now().await;
        injected.push(SystemClock.now_ms());
    }
    while let Some(over) = faults.join_next().await {
        over??;
    }
    Ok(injected)
}

async fn unlanded_winner(cluster: &Cluster, crowd: &Arc<Crowd>) -> Result<()> {
    let until = Instant::now() + WINNER;
    while Instant::now() < until {
        let Ok(Some(won)) = timeout(WINNER, crowd.bait()).await else {
            cluster.ready().await?;
            bail!("everything is ready, and nobody wins any more");
        };
        let Ok(number) = won.order_no.parse::<ids::OrderNo>() else {
            bail!("no order number: {won:?}");
        };
        let landed = timeout(LOOK, rows::landed(&cluster.auditor, number.id().get())).await;
        if !matches!(landed, Ok(Ok(true))) {
            return Ok(());
        }
    }
    bail!("whoever wins has landed before a fault can be injected")
}

async fn open_sales(cluster: &Cluster, plan: &Plan) -> Result<Vec<Sale>> {
    let mut sales = Vec::new();
    for sale in &plan.sales {
        let stock = sale.units + SPARE;
        let product = json!({"name": "chaos", "price": "20.00", "stock": stock});
        let product = admin(
            cluster,
            OPENS,
            Method::POST,
            "/api/v1/admin/products",
            Some(&product),
        )
        .await?;
        let activity = json!({
            "product_id": product["id"], "name": "chaos", "spike_price": "5.00",
            "spike_stock": sale.units, "per_user_limit": sale.limit,
            "payment_window_s": sale.payment_window_s,
            "start_at": "2026-01-01T00:00:00Z", "end_at": "2099-01-01T00:00:00Z",
        });
        let path = "/api/v1/admin/seckill/activities";
        let activity = admin(cluster, OPENS, Method::POST, path, Some(&activity)).await?;
        sales.push(Sale {
            activity: activity["id"].as_i64().context("no activity id")?,
            product: product["id"].as_i64().context("no product id")?,
            stock,
            limit: sale.limit,
            payment_window_s: sale.payment_window_s,
        });
    }
    for sale in &sales {
        let path = format!("/api/v1/seckill/activities/{}", sale.activity);
        let open = poll(OPENS, async || {
            let view = cluster.api.get(&path, None).await?.ok()?;
            Ok((view["open"] == true).then_some(()))
        });
        open.await
            .with_context(|| format!("activity {}", sale.activity))?;
    }
    Ok(sales)
}

async fn admin(
    cluster: &Cluster,
    limit: Duration,
    method: Method,
    path: &str,
    body: Option<&Value>,
) -> Result<Value> {
    let token = Some(cluster.admin.token.as_str());
    let ask = async || {
        cluster
            .api
            .send(method.clone(), path, token, None, body)
            .await
    };
    patiently_until(limit, ask)
        .await
        .and_then(Answer::ok)
        .with_context(|| path.to_owned())
}

/// Ends the sales: their keys go, and what was not sold is the product's again.
async fn end_sales(
    cluster: &Cluster,
    sales: &[Sale],
    ledgers: &[crate::audit::Ledger],
) -> Result<()> {
    for (sale, ledger) in sales.iter().zip(ledgers) {
        let path = format!("/api/v1/admin/seckill/activities/{}", sale.activity);
        admin(cluster, ENDS, Method::DELETE, &path, None).await?;
        let left = sale.stock - i64::try_from(ledger.live.len())?;
        let path = format!("/api/v1/products/{}", sale.product);
        let mut stock = Value::Null;
        let whole = poll(ENDS, async || {
            stock = cluster.api.get(&path, None).await?.ok()?["stock"].clone();
            Ok((stock == left).then_some(()))
        });
        whole
            .await
            .with_context(|| format!("{sale:?}: {left} pieces should be left, not {stock}"))?;
        let mut exists = kv::cmd("EXISTS");
        for part in ["meta", "returned", "buyers", "unsent"] {
            exists.arg(format!("{{sale:{}}}:{part}", sale.activity));
        }
        let gone = poll(ENDS, async || {
            let keys: i64 = cluster.auditor.kv.query(&exists).await?;
            Ok((keys == 0).then_some(()))
        });
        gone.await.context("the keys of an ended sale stay")?;
    }
    let dead = cluster.auditor.dead().await?;
    ensure!(dead == 0, "{dead} dead letters");
    Ok(())
}
