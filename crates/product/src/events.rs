//! | message | verb |
//! |---|---|
//! | `StockReturned` | `return_stock` |

use std::{sync::Arc, time::Duration};

use fault::{Code, Fault, chain};
use ids::ProductId;
use mq::{Broker, ConsumerOptions, Delivery, Verdict};
use proto::product::StockReturned;
use tracing::warn;

use crate::{
    App, Error,
    domain::{Amount, MoveKey},
};

/// Sales end by the handful.
const OPTIONS: ConsumerOptions = ConsumerOptions {
    prefetch: 32,
    batch_max: 1,
    batch_wait: Duration::ZERO,
};

pub(crate) fn consume(broker: &Broker, app: Arc<App>, ctx: &service::Ctx) {
    let stop = ctx.stop().clone();
    broker.consume(OPTIONS, move |deliveries: Vec<Delivery<StockReturned>>| {
        let (app, stop) = (app.clone(), stop.clone());
        async move {
            let mut verdicts = Vec::with_capacity(deliveries.len());
            for delivery in deliveries {
                verdicts.push(stock_returned(&app, delivery.message, &stop).await);
            }
            verdicts
        }
    });
}

async fn stock_returned(
    app: &App,
    message: StockReturned,
    stop: &tokio_util::sync::CancellationToken,
) -> Verdict {
    loop {
        let error = match return_stock(app, message.clone()).await {
            Ok(()) => return Verdict::Done,
            Err(error) => error,
        };
        match error.code() {
            Code::Unavailable => {
                warn!(
                    error = chain(&error),
                    "returned stock waits for the database"
                );
                if !mq::pause(stop).await {
                    return Verdict::Retry("stopping".to_owned());
                }
            }
            Code::Internal => return Verdict::Retry(chain(&error)),
            _ => return Verdict::Dead(chain(&error)),
        }
    }
}

async fn return_stock(app: &App, message: StockReturned) -> Result<(), Error> {
    let key = MoveKey::try_from(message.key)?;
    let id = message.product_id;
    let product = ProductId::try_from(id).map_err(|_| Error::NoId(id))?;
    app.return_stock(key, product, Amount::to_return(message.units)?)
        .await
}
