//! | message | verb |
//! |---|---|
//! | `StockReturned` | `return_stock` |
//! | `ReservationSettled` | `settle` |

use std::{sync::Arc, time::Duration};

use fault::{Code, Fault, chain};
use ids::{OrderId, ProductId};
use mq::{Broker, ConsumerOptions, Delivery, Verdict};
use proto::product::{ReservationSettled, StockReturned, reservation_settled};
use tokio_util::sync::CancellationToken;
use tracing::warn;

use crate::{
    App, Error,
    domain::{Amount, Invalid, MoveKey, Purpose},
};

/// Sales end by the handful.
const OPTIONS: ConsumerOptions = ConsumerOptions {
    prefetch: 32,
    batch_max: 1,
    batch_wait: Duration::ZERO,
};

pub(crate) fn consume(broker: &Broker, app: Arc<App>, ctx: &service::Ctx) {
    let stop = ctx.stop().clone();
    let own = app.clone();
    broker.consume(OPTIONS, move |deliveries: Vec<Delivery<StockReturned>>| {
        let (app, stop) = (own.clone(), stop.clone());
        async move {
            let mut verdicts = Vec::with_capacity(deliveries.len());
            for delivery in deliveries {
                let verb = || return_stock(&app, delivery.message.clone());
                verdicts.push(handle(verb, &stop).await);
            }
            verdicts
        }
    });
    let stop = ctx.stop().clone();
    broker.consume(
        OPTIONS,
        move |deliveries: Vec<Delivery<ReservationSettled>>| {
            let (app, stop) = (app.clone(), stop.clone());
            async move {
                let mut verdicts = Vec::with_capacity(deliveries.len());
                for delivery in deliveries {
                    verdicts.push(handle(|| settle(&app, delivery.message), &stop).await);
                }
                verdicts
            }
        },
    );
}

/// While the database is away the message waits; what is wrong with the message itself is put aside.
async fn handle<F>(mut verb: impl FnMut() -> F, stop: &CancellationToken) -> Verdict
where
    F: Future<Output = Result<(), Error>>,
{
    loop {
        let error = match verb().await {
            Ok(()) => return Verdict::Done,
            Err(error) => error,
        };
        match error.code() {
            Code::Unavailable => {
                warn!(error = chain(&error), "stock waits for the database");
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

async fn settle(app: &App, message: ReservationSettled) -> Result<(), Error> {
    let order = OrderId::try_from(message.order_id).map_err(|_| Invalid::Lines)?;
    let purpose = match message.purpose() {
        reservation_settled::Purpose::Release => Purpose::Release,
        reservation_settled::Purpose::Consume => Purpose::Consume,
        reservation_settled::Purpose::Return => Purpose::Return,
        reservation_settled::Purpose::Unspecified => return Err(Invalid::Units.into()),
    };
    app.settle(order, purpose).await
}
