//! One order as its buyer sees it: its row, or what seckill accepted and has not landed yet.

use std::collections::HashMap;

use auth::{Principal, Role};
use ids::{ActivityId, OrderId};
use proto::seckill::{Accepted, AcceptedRequest};

use super::App;
use crate::{
    Error,
    domain::{Epoch, Order, RetailOrder},
    store::{orders, sales},
};

/// An order that a buyer may look at.
#[derive(Debug)]
pub enum Face {
    Landed(Box<Order>),
    /// An ordinary order.
    Retail(Box<RetailOrder>),
    /// Accepted, no row yet.
    Processing(Box<Accepted>),
    /// Accepted in an epoch that is over: without a row it never becomes an order.
    Interrupted(Box<Accepted>),
}

impl App {
    pub async fn get_order(&self, caller: &Principal, id: OrderId) -> Result<Face, Error> {
        if let Some(order) = orders::find(&self.pool, id).await? {
            let may = order.user == caller.user || caller.role == Role::Admin;
            return if may {
                Ok(Face::Landed(Box::new(order)))
            } else {
                Err(Error::NoOrder(id))
            };
        }
        if let Some(order) = self.find_retail(caller, id).await? {
            return Ok(Face::Retail(Box::new(order)));
        }
        let accepted = self
            .accepted_order(caller, id)
            .await?
            .ok_or(Error::NoOrder(id))?;
        let face = self.unlanded(vec![accepted]).await?.pop();
        match face {
            Some(face) => Ok(face),
            // It landed between the two looks.
            None => {
                let order = orders::find(&self.pool, id)
                    .await?
                    .ok_or(Error::NoOrder(id))?;
                Ok(Face::Landed(Box::new(order)))
            }
        }
    }

    /// The caller's own accepted order of that id. Only seckill knows it before it lands; without seckill the
    /// question stays open.
    pub(super) async fn accepted_order(
        &self,
        caller: &Principal,
        id: OrderId,
    ) -> Result<Option<Accepted>, Error> {
        let accepted = self.accepted(caller).await?;
        Ok(accepted
            .into_iter()
            .find(|accepted| accepted.order_id == id.get()))
    }

    /// What the caller was told "won" for lately; most of it has landed.
    pub(super) async fn accepted(&self, caller: &Principal) -> Result<Vec<Accepted>, Error> {
        let request = auth::request(
            caller,
            AcceptedRequest {
                user_id: caller.user.get(),
            },
        );
        match self.seckill.clone().accepted(request).await {
            Ok(response) => Ok(response.into_inner().orders),
            Err(status) => Err(Error::Seckill(rpc::PeerError::from(status))),
        }
    }

    /// Those of the accepted orders that have no row, newest first. Epochs are read before the rows, as every
    /// answer about a missing row needs it.
    pub(super) async fn unlanded(&self, mut accepted: Vec<Accepted>) -> Result<Vec<Face>, Error> {
        let mut activities: Vec<_> = accepted
            .iter()
            .filter_map(|accepted| ActivityId::try_from(accepted.activity_id).ok())
            .collect();
        activities.sort_unstable();
        activities.dedup();
        let epochs = sales::epochs(&self.pool, &activities).await?;
        let ids: Vec<_> = accepted.iter().map(|accepted| accepted.order_id).collect();
        let present = orders::present(&self.pool, &ids).await?;
        accepted.retain(|accepted| !present.contains(&accepted.order_id));
        accepted.sort_unstable_by_key(|accepted| (-accepted.at_ms, -accepted.order_id));
        Ok(accepted
            .into_iter()
            .map(|accepted| face(accepted, &epochs))
            .collect())
    }
}

fn face(accepted: Accepted, epochs: &HashMap<ActivityId, Epoch>) -> Face {
    let epoch = ActivityId::try_from(accepted.activity_id)
        .ok()
        .and_then(|id| epochs.get(&id));
    if epoch.is_some_and(|epoch| accepted.epoch < epoch.0) {
        Face::Interrupted(Box::new(accepted))
    } else {
        Face::Processing(Box::new(accepted))
    }
}
