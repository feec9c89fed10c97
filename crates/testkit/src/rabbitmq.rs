use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use mq::{Broker, Message};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{cleanup, engines};

/// A young quorum queue that is deleted takes RabbitMQ 3.10 down with it: the worker that moves its
/// dead letters is just starting, crashes, and every queue's supervisor after it.
const REST: Duration = Duration::from_secs(5);
static RESTING: Mutex<Vec<(Instant, mq::Config)>> = Mutex::new(Vec::new());

/// RabbitMQ under a private prefix; the queues of `proto`'s messages go when the test is over.
pub fn mq_config() -> mq::Config {
    let config = mq::Config {
        url: engines::amqp_url().into(),
        prefix: format!("{}.", engines::unique("test")),
        confirm_timeout_ms: 5_000,
    };
    let mine = config.clone();
    cleanup::at_end(move || async move {
        for one in rested(mine) {
            let stop = CancellationToken::new();
            let broker = mq::connect(&one, &TaskTracker::new(), &stop).await;
            forget(&broker).await;
            stop.cancel();
        }
    });
    config
}

/// Puts a test's queues to rest, and takes out those that have rested long enough to be deleted. The
/// last few of a process stay behind.
fn rested(mine: mq::Config) -> Vec<mq::Config> {
    let mut resting = RESTING.lock().unwrap_or_else(PoisonError::into_inner);
    resting.push((Instant::now(), mine));
    let done = resting.extract_if(.., |(since, _)| since.elapsed() > REST);
    done.map(|(_, config)| config).collect()
}

async fn forget(broker: &Broker) {
    delete::<proto::order::Reserved>(broker).await;
    delete::<proto::order::PaymentPaid>(broker).await;
    delete::<proto::order::PaymentClosed>(broker).await;
    delete::<proto::order::PaymentRefunded>(broker).await;
    delete::<proto::seckill::Released>(broker).await;
    delete::<proto::product::StockReturned>(broker).await;
    delete::<proto::payment::OrderClosing>(broker).await;
    delete::<proto::payment::RefundDue>(broker).await;
}

async fn delete<M: Message>(broker: &Broker) {
    // A queue that stays behind is in nobody's way but the broker's.
    let _ = broker.delete::<M>().await;
}
