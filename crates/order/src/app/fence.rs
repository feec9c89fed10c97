//! The fence: one transaction that bumps a sale's epoch and reads what lives.

use db::Tx;
use fail::fail_point;
use ids::ActivityId;
use proto::product::StockReturned;
use tracing::{error, info};

use super::App;
use crate::{
    Error,
    domain::{Edit, Epoch, Sale, Version},
    metrics::Alarm,
    store::{
        sales,
        units::{self, Live},
    },
};

/// Why a sale is fenced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Intent {
    Rebuild,
    Edit(Edit),
    /// `cancelled`: orders that are not paid yet close as well.
    End {
        version: Version,
        cancelled: bool,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Fenced,
    OtherEpoch,
    Ended,
    OldVersion,
    UnitsBelowSold,
    NoSale,
}

/// What the fence answers. After [`Verdict::Fenced`] of a rebuild or an edit, `live` is the snapshot of that very
/// transaction; otherwise it is empty.
#[derive(Debug)]
pub struct Fenced {
    pub verdict: Verdict,
    /// As the row stands after the call.
    pub sale: Option<Sale>,
    pub live: Vec<Live>,
}

impl App {
    /// Fences `activity` if it is at `epoch`. The answer is complete only once the transaction has committed:
    /// no epoch may be installed that MySQL could still take back.
    pub async fn fence(
        &self,
        activity: ActivityId,
        epoch: Epoch,
        intent: Intent,
    ) -> Result<Fenced, Error> {
        if let Intent::Edit(edit) = intent {
            edit.checked()?;
        }
        let now_ms = self.now_ms();
        let fenced = db::transact!(&self.pool, "order.fence", async |tx: &mut Tx<'_>| {
            let done = match intent {
                Intent::Rebuild => rebuild(tx, activity, epoch).await?,
                Intent::Edit(edit) => apply(tx, activity, epoch, edit, now_ms).await?,
                Intent::End { version, cancelled } => {
                    end(tx, activity, epoch, version, cancelled, now_ms).await?
                }
            };
            let sale = sales::find(&mut **tx, activity).await?;
            Ok::<_, Error>(match done {
                Some((verdict, live)) => Fenced {
                    verdict,
                    sale,
                    live,
                },
                None => Fenced {
                    verdict: refusal(sale.as_ref(), intent),
                    sale,
                    live: Vec::new(),
                },
            })
        })
        .await?;
        self.wake.now();
        info!(
            activity.id = activity.get(),
            sale.epoch = fenced.sale.as_ref().map(|sale| sale.epoch.0),
            sale.live_units = fenced.live.len(),
            "a sale was fenced: {intent:?} at epoch {}: {:?}",
            epoch.0,
            fenced.verdict
        );
        Ok(fenced)
    }
}

/// Of a fence that met its row: what it did, and the snapshot.
type Done = Option<(Verdict, Vec<Live>)>;

async fn rebuild(tx: &mut Tx<'_>, activity: ActivityId, epoch: Epoch) -> Result<Done, Error> {
    if !sales::bump(tx, activity, epoch).await? {
        return Ok(None);
    }
    fail_point!("fence.after_update", |_| Err(Error::Parameter(
        "fail point"
    )));
    Ok(Some((Verdict::Fenced, units::all(tx, activity).await?)))
}

async fn apply(
    tx: &mut Tx<'_>,
    activity: ActivityId,
    epoch: Epoch,
    edit: Edit,
    now_ms: i64,
) -> Result<Done, Error> {
    if !sales::bump_for_edit(tx, activity, epoch, edit.version).await? {
        return Ok(None);
    }
    fail_point!("fence.after_update", |_| Err(Error::Parameter(
        "fail point"
    )));
    // Units are still those before the edit: the bump leaves them alone.
    let before = sales::find(&mut **tx, activity)
        .await?
        .ok_or(Error::NoSale(activity))?;
    let live = units::all(tx, activity).await?;
    if live
        .last()
        .is_some_and(|highest| highest.unit_no > edit.units)
    {
        sales::refuse(tx, activity).await?;
        return Ok(Some((Verdict::UnitsBelowSold, Vec::new())));
    }
    sales::apply(tx, activity, edit).await?;
    let lowered = before.terms.units - edit.units;
    if lowered > 0 {
        let key = format!("sale/{activity}/{}", edit.version.0);
        let product_id = before.terms.product.get();
        let message = StockReturned {
            key,
            product_id,
            units: lowered,
        };
        outbox::append(tx, &message, now_ms).await?;
    }
    Ok(Some((Verdict::Fenced, live)))
}

async fn end(
    tx: &mut Tx<'_>,
    activity: ActivityId,
    epoch: Epoch,
    version: Version,
    cancelled: bool,
    now_ms: i64,
) -> Result<Done, Error> {
    if !sales::bump_for_end(tx, activity, epoch, version, cancelled).await? {
        return Ok(None);
    }
    fail_point!("fence.after_update", |_| Err(Error::Parameter(
        "fail point"
    )));
    let sale = sales::find(&mut **tx, activity)
        .await?
        .ok_or(Error::NoSale(activity))?;
    let unsold = sale.terms.units - units::count(tx, activity).await?;
    if unsold < 0 {
        Alarm::Oversold.raise();
        error!(
            activity.id = activity.get(),
            "more units live than the sale ever had"
        );
    }
    if unsold > 0 {
        let key = format!("sale/{activity}/end");
        let product_id = sale.terms.product.get();
        let message = StockReturned {
            key,
            product_id,
            units: unsold,
        };
        outbox::append(tx, &message, now_ms).await?;
    }
    Ok(Some((Verdict::Fenced, Vec::new())))
}

/// Why a fence met no row. An edit asks first whether its version was dealt with, even if the sale has moved on
/// since: a late repeat must hear what the first one heard.
fn refusal(sale: Option<&Sale>, intent: Intent) -> Verdict {
    match (sale, intent) {
        (None, _) => Verdict::NoSale,
        (Some(sale), Intent::Edit(edit)) if sale.version >= edit.version => Verdict::OldVersion,
        (Some(sale), _) if sale.ended => Verdict::Ended,
        (Some(_), _) => Verdict::OtherEpoch,
    }
}
