//! Which message does what, and when one is tried again or put aside.
//!
//! | message | verb | dead |
//! |---|---|---|
//! | `Reserved` | `land` | an item that is no reservation, or whose id belongs to another |
//! | `PaymentPaid` | `payment_paid` | unreadable; no such order; another amount; a payment of another order |
//! | `PaymentClosed` | `payment_closed` | unreadable; no such order |
//! | `PaymentRefunded` | `payment_refunded` | unreadable; no such order |
//!
//! While MySQL is away, messages are held; every other failure is tried again.

mod land;
mod payment;

use std::{sync::Arc, time::Duration};

use mq::{Broker, ConsumerOptions};

pub use land::Lander;

use self::payment::Payments;
use crate::{app::App, config::Landing};

/// Payments are few: whatever is there, a handful at once.
const PAYMENTS: ConsumerOptions = ConsumerOptions {
    prefetch: 16,
    batch_max: 4,
    batch_wait: Duration::ZERO,
};

pub(crate) fn start(broker: &Broker, app: &Arc<App>, landing: Landing) {
    let lander = Arc::new(Lander::new(app.clone(), broker.publisher(), landing.rows()));
    for _ in 0..landing.consumers {
        let lander = lander.clone();
        broker.consume(landing.consumer(), move |deliveries| {
            let lander = lander.clone();
            async move { lander.land(deliveries).await }
        });
    }
    let payments = Payments::new(app.clone());
    let own = payments.clone();
    broker.consume(PAYMENTS, move |deliveries| own.clone().paid(deliveries));
    let own = payments.clone();
    broker.consume(PAYMENTS, move |deliveries| own.clone().closed(deliveries));
    broker.consume(PAYMENTS, move |deliveries| {
        payments.clone().refunded(deliveries)
    });
}
