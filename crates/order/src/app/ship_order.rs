//! What is sent to a buyer, and its arrival. Orders of sales are sent like ordinary ones.

use std::collections::HashMap;

use auth::{Principal, Role};
use db::Tx;
use ids::OrderId;
use tracing::info;

use super::{App, Face, coupons::offset};
use crate::{
    Error,
    domain::{RetailOrder, Shipment, State},
    store::{
        listing::{self, Filter},
        orders, retail_orders,
        shipments::{self, LogEntry},
    },
};

/// A parcel.
#[derive(Debug, Clone)]
pub struct Parcel {
    carrier: String,
    tracking_no: String,
}

impl Parcel {
    pub fn new(carrier: &str, tracking_no: &str) -> Result<Self, Error> {
        const CHARS_MAX: usize = 64;
        let fine = |text: &str| {
            (1..=CHARS_MAX).contains(&text.chars().count()) && !text.chars().any(char::is_control)
        };
        let (carrier, tracking_no) = (carrier.trim(), tracking_no.trim());
        if fine(carrier) && fine(tracking_no) {
            Ok(Self {
                carrier: carrier.to_owned(),
                tracking_no: tracking_no.to_owned(),
            })
        } else {
            Err(Error::Parameter(
                "carrier, tracking_no: 1 to 64 characters each",
            ))
        }
    }
}

impl App {
    /// Once per order; the same parcel again changes nothing.
    pub async fn ship_order(
        &self,
        admin: &Principal,
        id: OrderId,
        parcel: &Parcel,
    ) -> Result<Face, Error> {
        let now_ms = self.now_ms();
        let days = i64::from(self.retail.confirm_days);
        let confirm_due_ms = now_ms + days * 24 * 3_600 * 1_000;
        let shipment = Shipment {
            order: id,
            carrier: parcel.carrier.clone(),
            tracking_no: parcel.tracking_no.clone(),
            shipped_at_ms: now_ms,
            confirmed_at_ms: 0,
        };
        db::transact!(&self.pool, "order.ship", async |tx: &mut Tx<'_>| {
            if !matches!(state_locked(tx, id).await?, State::Paid { .. }) {
                return Err(Error::NotShippable(id));
            }
            if shipments::insert(tx, &shipment, confirm_due_ms).await? {
                let detail = format!("{} {}", shipment.carrier, shipment.tracking_no);
                shipments::log(tx, id, admin.user.get(), "shipped", &detail, now_ms).await?;
            }
            Ok(())
        })
        .await?;
        let kept = self.shipments(&[id.get()]).await?.remove(&id);
        let same = kept.is_some_and(|kept| {
            (kept.carrier, kept.tracking_no) == (shipment.carrier, shipment.tracking_no)
        });
        if !same {
            return Err(Error::NotShippable(id));
        }
        info!(
            order.id = id.get(),
            admin.id = admin.user.get(),
            "an order was sent"
        );
        self.get_order(admin, id).await
    }

    /// Its buyer has it; again changes nothing.
    pub async fn confirm_order(&self, caller: &Principal, id: OrderId) -> Result<Face, Error> {
        let face = self.get_order(caller, id).await?;
        let buyer = match &face {
            Face::Landed(order) => order.user,
            Face::Retail(order) => order.user,
            Face::Processing(_) | Face::Interrupted(_) => return Err(Error::NotConfirmable(id)),
        };
        if buyer != caller.user && caller.role != Role::Admin {
            return Err(Error::NoOrder(id));
        }
        self.confirm(id, caller.user.get()).await?;
        let arrived = self.shipments(&[id.get()]).await?.remove(&id);
        match arrived {
            Some(shipment) if shipment.confirmed_at_ms > 0 => Ok(face),
            _ => Err(Error::NotConfirmable(id)),
        }
    }

    /// `by`: 0 when its time is over.
    pub(super) async fn confirm(&self, id: OrderId, by: i64) -> Result<(), Error> {
        let now_ms = self.now_ms();
        db::transact!(&self.pool, "order.confirm", async |tx: &mut Tx<'_>| {
            let paid = matches!(state_locked(tx, id).await?, State::Paid { .. });
            // What is being refunded is no longer waited for.
            if shipments::confirm(tx, id, now_ms).await? && paid {
                shipments::log(tx, id, by, "completed", "", now_ms).await?;
            }
            Ok(())
        })
        .await
    }

    /// Of those orders that were sent.
    pub async fn shipments(&self, ids: &[i64]) -> Result<HashMap<OrderId, Shipment>, Error> {
        shipments::find_many(&self.pool, ids).await
    }

    pub async fn order_log(&self, caller: &Principal, id: OrderId) -> Result<Vec<LogEntry>, Error> {
        self.get_order(caller, id).await?;
        shipments::log_of(&self.pool, id).await
    }

    /// Everybody's ordinary orders, newest first, and how many there are, counted up to 10,000.
    pub async fn list_all_orders(
        &self,
        filter: &Filter,
        page: u32,
        size: u32,
    ) -> Result<(Vec<RetailOrder>, i64), Error> {
        let ids = listing::all(&self.pool, filter, offset(page, size), size).await?;
        let total = listing::count_all(&self.pool, filter).await?;
        let mut found = retail_orders::find_many(&self.pool, &ids).await?;
        let in_order = ids
            .iter()
            .filter_map(|id| found.remove(&OrderId::try_from(*id).ok()?));
        Ok((in_order.collect(), total))
    }
}

/// Of either kind of order, whose row stays locked.
async fn state_locked(tx: &mut Tx<'_>, id: OrderId) -> Result<State, Error> {
    if let Some(order) = orders::lock(tx, id).await? {
        return Ok(order.state);
    }
    let order = retail_orders::lock(tx, id).await?;
    let state = order.and_then(|order| order.state().cloned());
    state.ok_or(Error::NoOrder(id))
}
