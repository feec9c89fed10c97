//! What order was told.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use mq::{Broker, ConsumerOptions, Message, Verdict};
use proto::order::{OrderView, PaymentClosed, PaymentPaid, PaymentRefunded};

#[derive(Clone, Default)]
pub(crate) struct Heard {
    paid: Arc<Mutex<Vec<PaymentPaid>>>,
    closed: Arc<Mutex<Vec<PaymentClosed>>>,
    refunded: Arc<Mutex<Vec<PaymentRefunded>>>,
}

impl Heard {
    pub(crate) fn paid(&self, order: &OrderView) -> Vec<PaymentPaid> {
        let heard = self.paid.lock().unwrap();
        heard
            .iter()
            .filter(|message| message.order_id == order.id)
            .cloned()
            .collect()
    }

    pub(crate) fn closed(&self, order: &OrderView) -> Vec<PaymentClosed> {
        let heard = self.closed.lock().unwrap();
        heard
            .iter()
            .filter(|message| message.order_id == order.id)
            .cloned()
            .collect()
    }

    pub(crate) fn refunded(&self, order: &OrderView) -> Vec<PaymentRefunded> {
        let heard = self.refunded.lock().unwrap();
        heard
            .iter()
            .filter(|message| message.order_id == order.id)
            .cloned()
            .collect()
    }

    /// All of it.
    pub(crate) fn count(&self) -> usize {
        let paid = self.paid.lock().unwrap().len();
        paid + self.closed.lock().unwrap().len() + self.refunded.lock().unwrap().len()
    }

    pub(crate) fn listen(&self, broker: &Broker) {
        collect(broker, &self.paid);
        collect(broker, &self.closed);
        collect(broker, &self.refunded);
    }
}

fn collect<M: Message + Send>(broker: &Broker, into: &Arc<Mutex<Vec<M>>>) {
    let into = Arc::clone(into);
    let options = ConsumerOptions {
        prefetch: 16,
        batch_max: 16,
        batch_wait: Duration::ZERO,
    };
    broker.consume::<M, _, _>(options, move |deliveries| {
        let verdicts = vec![Verdict::Done; deliveries.len()];
        into.lock()
            .unwrap()
            .extend(deliveries.into_iter().map(|delivery| delivery.message));
        async move { verdicts }
    });
}
