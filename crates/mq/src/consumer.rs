//! One supervised consumer: whatever breaks its channel, it starts over on a new one.

use std::{marker::PhantomData, time::Duration};

use futures_util::{FutureExt, StreamExt};
use lapin::{
    Channel,
    message::Delivery as Raw,
    options::{BasicAckOptions, BasicCancelOptions, BasicConsumeOptions, BasicQosOptions},
    types::FieldTable,
};
use tokio::{
    task::yield_now,
    time::{Instant, timeout_at},
};
use tokio_util::sync::CancellationToken;
use tracing::warn;

use crate::{
    Delivery, Message, Publisher, Verdict,
    inbound::{self, Item},
    link::{Link, Live},
    metrics, pause, topology,
};

/// How a consumer takes its deliveries.
#[derive(Debug, Clone, Copy)]
pub struct ConsumerOptions {
    /// Deliveries that the broker hands out ahead of their acknowledgement; at least `batch_max`,
    /// or it throttles.
    pub prefetch: u16,
    /// Deliveries that the handler gets at once.
    pub batch_max: usize,
    /// How long a batch may fill up, from its first delivery on; zero: it is whatever is there.
    pub batch_wait: Duration,
}

pub(crate) struct Consumer<M, H> {
    link: Link,
    publisher: Publisher,
    /// With prefix.
    queue: String,
    options: ConsumerOptions,
    stop: CancellationToken,
    handler: H,
    message: PhantomData<fn(M)>,
}

#[derive(Debug, thiserror::Error)]
enum Broken {
    #[error("the channel broke")]
    Amqp(#[from] lapin::Error),
    #[error("the connection broke")]
    Disconnected,
    #[error("the broker cancelled the consumer")]
    Cancelled,
    /// Some deliveries go back to the queue.
    #[error("deliveries could not be put aside")]
    Unsettled,
}

impl<M, H, F> Consumer<M, H>
where
    M: Message,
    H: Fn(Vec<Delivery<M>>) -> F + Send + Sync,
    F: Future<Output = Vec<Verdict>> + Send,
{
    pub(crate) fn new(
        link: Link,
        publisher: Publisher,
        prefix: &str,
        options: ConsumerOptions,
        stop: CancellationToken,
        handler: H,
    ) -> Self {
        let queue = format!("{prefix}{}", M::QUEUE);
        Self {
            link,
            publisher,
            queue,
            options,
            stop,
            handler,
            message: PhantomData,
        }
    }

    pub(crate) async fn run(&self) {
        loop {
            let connected = self.stop.run_until_cancelled(self.link.connected()).await;
            let Some(Ok(live)) = connected else { return };
            match self.session(&live).await {
                Ok(()) => return,
                Err(error) => {
                    let error = fault::chain(&error);
                    warn!(mq.queue = M::QUEUE, error, "a consumer starts over");
                }
            }
            if !pause(&self.stop).await {
                return;
            }
        }
    }

    /// Consumes on one channel. Returns after stop, with the batch in hand settled and everything
    /// else left to the next consumer.
    async fn session(&self, live: &Live) -> Result<(), Broken> {
        let channel = live.channel().await?;
        live.call(topology::declare_all(&channel, &self.queue, M::RETRY_S))
            .await?;
        live.call(channel.basic_qos(self.options.prefetch, BasicQosOptions::default()))
            .await?;
        let mut deliveries = live
            .call(channel.basic_consume(
                self.queue.as_str().into(),
                "".into(),
                BasicConsumeOptions::default(),
                FieldTable::default(),
            ))
            .await?;
        loop {
            let batch = tokio::select! {
                batch = self.collect(&mut deliveries) => batch?,
                () = live.broken() => return Err(Broken::Disconnected),
                () = self.stop.cancelled() => break,
            };
            self.work(live, &channel, batch).await?;
        }
        let tag = deliveries.tag();
        live.call(channel.basic_cancel(tag, BasicCancelOptions::default()))
            .await?;
        live.call(channel.close(200, "stopped".into())).await?;
        Ok(())
    }

    async fn collect(&self, deliveries: &mut lapin::Consumer) -> Result<Vec<Raw>, Broken> {
        let mut batch = vec![deliveries.next().await.ok_or(Broken::Cancelled)??];
        let deadline = Instant::now() + self.options.batch_wait;
        if self.options.batch_wait.is_zero() {
            yield_now().await;
        }
        while batch.len() < self.options.batch_max {
            let next = if self.options.batch_wait.is_zero() {
                deliveries.next().now_or_never()
            } else {
                timeout_at(deadline, deliveries.next()).await.ok()
            };
            let Some(next) = next else { break };
            batch.push(next.ok_or(Broken::Cancelled)??);
        }
        Ok(batch)
    }

    async fn work(&self, live: &Live, channel: &Channel, batch: Vec<Raw>) -> Result<(), Broken> {
        let mut items: Vec<_> = batch.into_iter().map(Item::new).collect();
        let mut open: Vec<usize> = (0..items.len()).collect();
        loop {
            inbound::judge::<M, H, F>(&mut items, &open, &self.handler).await;
            open.retain(|position| matches!(items[*position].verdict, Verdict::Hold(_)));
            if open.is_empty() {
                break;
            }
            // The broker gives the deliveries of a broken channel to another consumer.
            if !live.connected() || !channel.status().connected() {
                return Err(Broken::Disconnected);
            }
            if !pause(&self.stop).await {
                break;
            }
        }
        if !self.put_aside(live, channel, &items).await {
            for item in items.iter().filter(|item| item.verdict == Verdict::Done) {
                live.call(item.raw.acker.ack(BasicAckOptions::default()))
                    .await?;
            }
            return Err(Broken::Unsettled);
        }
        // Everything up to the last one is settled, in this batch and in those before.
        if let Some(last) = items.last() {
            live.call(last.raw.acker.ack(BasicAckOptions { multiple: true }))
                .await?;
        }
        for item in &items {
            metrics::CONSUMED
                .with_label_values(&[M::QUEUE, item.verdict.label()])
                .inc();
        }
        Ok(())
    }

    /// Publishes what is to be retried or dead, for as long as it takes. `false`: gave up, since
    /// the channel is gone or the process stops.
    async fn put_aside(&self, live: &Live, channel: &Channel, items: &[Item]) -> bool {
        let mut parcels: Vec<_> = items
            .iter()
            .filter_map(|item| item.parcel::<M>(&self.queue))
            .collect();
        while let Err(error) = self.publisher.send(&parcels).await {
            let error_chain = fault::chain(&error);
            warn!(
                mq.queue = M::QUEUE,
                error = error_chain,
                "cannot put deliveries aside"
            );
            if !live.connected() || !channel.status().connected() || !pause(&self.stop).await {
                return false;
            }
            parcels.retain(|parcel| error.unsent.contains(&parcel.envelope.id));
            // A queue of the ladder may have been deleted.
            if let Ok(channel) = live.channel().await {
                let all = topology::declare_all(&channel, &self.queue, M::RETRY_S);
                let _ = live.call(all).await;
            }
        }
        true
    }
}
