use auth::Principal;
use ids::OrderId;
use tracing::warn;

use super::{App, Face};
use crate::{
    Error,
    store::{
        listing::{self, Listed},
        orders, retail_orders,
    },
};

/// Which of a buyer's orders are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    All,
    /// Accepted, not landed yet.
    Processing,
    /// In a state that rows spell so.
    State(&'static str),
}

#[derive(Debug)]
pub struct Page {
    /// Newest first, what has not landed yet before everything else.
    pub orders: Vec<Face>,
    pub total: u64,
}

impl App {
    /// Page `page` (from 1) of `size` orders. Without seckill the list lacks what has not landed yet.
    pub async fn list_orders(
        &self,
        caller: &Principal,
        wanted: Wanted,
        page: u32,
        size: u32,
    ) -> Result<Page, Error> {
        let unlanded = match wanted {
            Wanted::State(state) if state != "refused" => Vec::new(),
            Wanted::All | Wanted::Processing | Wanted::State(_) => {
                self.accepted_faces(caller, wanted).await?
            }
        };
        let ahead = unlanded.len() as u64;
        let skip = u64::from(page.saturating_sub(1)) * u64::from(size);
        let mut orders: Vec<_> = unlanded
            .into_iter()
            .skip(skip as usize)
            .take(size as usize)
            .collect();
        let state = match wanted {
            Wanted::Processing => {
                return Ok(Page {
                    orders,
                    total: ahead,
                });
            }
            Wanted::All => "",
            Wanted::State(state) => state,
        };
        let rest = u64::from(size) - orders.len() as u64;
        if rest > 0 {
            let offset = skip.saturating_sub(ahead);
            let listed = listing::own(&self.pool, caller.user, state, offset, rest).await?;
            orders.extend(self.faces(&listed).await?);
        }
        let rows = listing::count_own(&self.pool, caller.user, state).await?;
        Ok(Page {
            orders,
            total: ahead + rows.unsigned_abs(),
        })
    }

    async fn faces(&self, listed: &[Listed]) -> Result<Vec<Face>, Error> {
        let ids = |retail| {
            let of_kind = listed.iter().filter(move |listed| listed.retail == retail);
            of_kind.map(|listed| listed.id).collect::<Vec<_>>()
        };
        let mut landed = orders::read(&self.pool, &ids(false)).await?;
        let mut retail = retail_orders::find_many(&self.pool, &ids(true)).await?;
        Ok(listed
            .iter()
            .filter_map(|listed| {
                let id = OrderId::try_from(listed.id).ok()?;
                if listed.retail {
                    Some(Face::Retail(Box::new(retail.remove(&id)?)))
                } else {
                    Some(Face::Landed(Box::new(landed.remove(&id)?)))
                }
            })
            .collect())
    }

    async fn accepted_faces(&self, caller: &Principal, wanted: Wanted) -> Result<Vec<Face>, Error> {
        let accepted = match self.accepted(caller).await {
            Ok(accepted) => accepted,
            Err(error) => {
                warn!(error = %fault::chain(&error), "a list lacks what has not landed yet");
                return Ok(Vec::new());
            }
        };
        let mut faces = self.unlanded(accepted).await?;
        faces.retain(|face| match (wanted, face) {
            (Wanted::All, _) | (Wanted::Processing, Face::Processing(_)) => true,
            (Wanted::State(state), Face::Interrupted(_)) => state == "refused",
            (Wanted::Processing | Wanted::State(_), _) => false,
        });
        Ok(faces)
    }
}
