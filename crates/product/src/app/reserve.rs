use ids::OrderId;

use super::App;
use crate::{
    Error,
    domain::{Found, Lines, Refusal, Stage},
    metrics,
    store::Store,
};

impl App {
    /// Holds the lines of an order, all of them or none. A repeat is answered as the first time, and a call that
    /// arrives after its order was given up takes nothing.
    #[tracing::instrument(name = "product.reserve", skip_all, fields(order.id = %order))]
    pub async fn reserve(&self, order: OrderId, lines: &Lines) -> Result<Found, Error> {
        if let Some(found) = self.store.reservation(order).await? {
            return repeated(order, lines, found);
        }
        match self.store.reserve(order, lines, self.clock.now_ms()).await {
            Ok(found) => {
                for line in lines.as_slice() {
                    self.details.forget(line.product).await;
                }
                metrics::reserved(found.refusal.map(|(refusal, _)| refusal));
                Ok(found)
            }
            Err(error) if Store::has_receipt(&error) => {
                let found = self.store.reservation(order).await?.ok_or(error)?;
                repeated(order, lines, found)
            }
            Err(error) => Err(error),
        }
    }
}

fn repeated(order: OrderId, lines: &Lines, found: Found) -> Result<Found, Error> {
    match found.stage {
        Stage::Refused => Ok(found),
        Stage::Released | Stage::Returned => Ok(Found {
            refusal: Some((Refusal::Over, 0)),
            held: Vec::new(),
            ..found
        }),
        Stage::Held | Stage::Consumed => {
            let same = found.held.iter().map(|held| &held.line);
            if same.eq(lines.as_slice()) {
                Ok(found)
            } else {
                Err(Error::OtherLines(order))
            }
        }
    }
}
