//! Audits an activity after a load: do both sides agree, with as many orders as buyers were promised?
//! `audit ACTIVITY ORDERS`, against the fleet that `cargo xtask up` left running.

use std::{process::ExitCode, time::Duration};

use anyhow::{Context, Result, bail, ensure};
use e2e::audit::Auditor;

/// Everything that was told has landed by then.
const REST_MAX: Duration = Duration::from_secs(60);

#[tokio::main]
async fn main() -> ExitCode {
    match judge().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("✘ {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn judge() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [activity, told] = arguments.as_slice() else {
        bail!("usage: audit ACTIVITY ORDERS");
    };
    let activity: i64 = activity.parse().context("the activity's id")?;
    let told: i64 = told
        .parse()
        .context("how many orders buyers were told of")?;
    let schemas = ["mall_order".into(), "mall_payment".into()];
    let auditor = Auditor::open(schemas, "", "").await?;
    // Distinct units, none beyond the activity's, the same buyers on both sides, nothing under way.
    let lines = auditor.settled(activity, REST_MAX).await?;
    print!("{lines}");
    let ledger = auditor.read(activity).await?;
    let orders: i64 = ledger.orders.iter().map(|(_, count)| count).sum();
    let live = ledger.live.len() as i64;
    ensure!(
        orders == told && live == told,
        "buyers were told of {told} orders; MySQL has {orders}, and {live} units are live"
    );
    println!(
        "✔ {told} told, {orders} orders, {live} distinct units of {}",
        ledger.units
    );
    Ok(())
}
