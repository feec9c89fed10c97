//! Message → verb.
//!
//! | message | verb | retry | dead |
//! |---|---|---|---|
//! | `Released` | `release` | Redis absent or behind: it is being rebuilt | no such activity |
//!
//! While Redis or order is away, the message is held.

use std::{sync::Arc, time::Duration};

use fault::{Code, Fault, Reason};
use futures_util::future::join_all;
use mq::{Broker, ConsumerOptions, Delivery, Verdict};
use proto::seckill::Released;

use crate::app::{App, Release};

const OPTIONS: ConsumerOptions = ConsumerOptions {
    prefetch: 256,
    batch_max: 128,
    batch_wait: Duration::ZERO,
};

pub(crate) fn consume(broker: &Broker, app: Arc<App>) {
    broker.consume(OPTIONS, move |deliveries: Vec<Delivery<Released>>| {
        let app = app.clone();
        async move { join_all(deliveries.iter().map(|delivery| release(&app, delivery))).await }
    });
}

async fn release(app: &App, delivery: &Delivery<Released>) -> Verdict {
    let error = match app.release(&delivery.message).await {
        Ok(Release::Done) => return Verdict::Done,
        Ok(Release::Later) => return Verdict::Retry("Redis is absent or behind".to_owned()),
        Err(error) => error,
    };
    let why = fault::chain(&error);
    match error.reason() {
        Reason::ActivityNotFound => Verdict::Dead(why),
        reason if matches!(reason.code(), Code::Unavailable | Code::Timeout) => Verdict::Hold(why),
        _ => Verdict::Retry(why),
    }
}
