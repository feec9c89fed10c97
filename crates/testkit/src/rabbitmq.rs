use mq::{Broker, Message};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{cleanup, engines};

/// RabbitMQ under a private prefix; the queues of `proto`'s messages go when the test is over.
pub fn mq_config() -> mq::Config {
    let config = mq::Config {
        url: engines::amqp_url().into(),
        prefix: format!("{}.", engines::unique("test")),
        confirm_timeout_ms: 5_000,
    };
    let mine = config.clone();
    cleanup::at_end(move || async move {
        let stop = CancellationToken::new();
        let broker = mq::connect(&mine, &TaskTracker::new(), &stop).await;
        forget(&broker).await;
        stop.cancel();
    });
    config
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
