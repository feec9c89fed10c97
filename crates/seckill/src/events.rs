//! Message → verb.

use std::{sync::Arc, time::Duration};

use futures_util::future::join_all;
use mq::{Broker, ConsumerOptions, Delivery, Verdict};
use proto::seckill::Released;

use crate::{
    Error,
    app::{App, Release},
};

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
    match app.release(&delivery.message).await {
        Ok(Release::Done) => Verdict::Done,
        Ok(Release::Later) => Verdict::Retry("Redis is absent or behind".to_owned()),
        Err(Error::NotFound(activity)) => Verdict::Dead(format!("no activity {activity}")),
        Err(error) => Verdict::Retry(fault::chain(&error)),
    }
}
