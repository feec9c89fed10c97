//! | message | verb |
//! |---|---|
//! | `StockReturned` | `return_stock` |
//! | `ReservationSettled` | `settle` |

use std::{sync::Arc, time::Duration};

use fault::{Code, Fault, chain};
use ids::{OrderId, ProductId};
use mq::{Broker, ConsumerOptions, Delivery, Verdict};
use proto::product::{ReservationSettled, StockReturned, reservation_settled};

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

pub(crate) fn consume(broker: &Broker, app: Arc<App>) {
    let own = app.clone();
    broker.consume(OPTIONS, move |deliveries: Vec<Delivery<StockReturned>>| {
        let app = own.clone();
        async move {
            let mut verdicts = Vec::with_capacity(deliveries.len());
            for delivery in deliveries {
                verdicts.push(verdict(return_stock(&app, delivery.message).await));
            }
            verdicts
        }
    });
    broker.consume(
        OPTIONS,
        move |deliveries: Vec<Delivery<ReservationSettled>>| {
            let app = app.clone();
            async move {
                let mut verdicts = Vec::with_capacity(deliveries.len());
                for delivery in deliveries {
                    verdicts.push(verdict(settle(&app, delivery.message).await));
                }
                verdicts
            }
        },
    );
}

/// While the database is away the message is held; what is wrong with the message itself is dead.
fn verdict(done: Result<(), Error>) -> Verdict {
    let error = match done {
        Ok(()) => return Verdict::Done,
        Err(error) => error,
    };
    match error.code() {
        Code::Unavailable => Verdict::Hold(chain(&error)),
        Code::Internal => Verdict::Retry(chain(&error)),
        _ => Verdict::Dead(chain(&error)),
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
