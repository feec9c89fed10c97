use std::{fmt, sync::Arc, time::Duration};

use lapin::{
    ErrorKind,
    options::{QueueDeclareOptions, QueueDeleteOptions},
    types::FieldTable,
};
use tokio::{sync::Mutex, time::timeout};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    Config, ConsumerOptions, Delivery, Error, Message, Publisher, Verdict, consumer::Consumer,
    link::Link, metrics, topology,
};

/// How long a question to the broker may take.
const ASK_MAX: Duration = Duration::from_secs(3);

/// The message broker, as one process sees it.
#[derive(Clone)]
pub struct Broker {
    publisher: Publisher,
    consuming: Link,
    /// Kept between questions: polled depths open no channel each. The lock puts questions in a row.
    questions: Arc<Mutex<Option<lapin::Channel>>>,
    prefix: Arc<str>,
    tracker: TaskTracker,
    stop: CancellationToken,
}

/// How full a queue is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Depth {
    /// Messages that wait; those that a consumer holds are not among them.
    pub ready: u64,
    pub consumers: u64,
}

/// Connects in the background, now and whenever a connection breaks, until `stop`. Waits a moment
/// for the first connection and goes on without.
pub async fn connect(config: &Config, tracker: &TaskTracker, stop: &CancellationToken) -> Broker {
    let publishing = Link::open("publish", config.uri(), tracker, stop);
    let consuming = Link::open("consume", config.uri(), tracker, stop);
    let both = async { tokio::join!(publishing.connected(), consuming.connected()) };
    // Nothing to do about it here: probe and publish say so.
    let _ = timeout(ASK_MAX, both).await;
    let prefix: Arc<str> = config.prefix.as_str().into();
    Broker {
        publisher: Publisher::new(publishing, prefix.clone(), config.confirm_timeout()),
        consuming,
        questions: Arc::default(),
        prefix,
        tracker: tracker.clone(),
        stop: stop.clone(),
    }
}

impl Broker {
    pub fn publisher(&self) -> Publisher {
        self.publisher.clone()
    }

    /// Consumes `M` on the tracker until stop, on a channel of its own; call it again for a second
    /// consumer. The handler answers one verdict per delivery, in order.
    pub fn consume<M, H, F>(&self, options: ConsumerOptions, handler: H)
    where
        M: Message,
        H: Fn(Vec<Delivery<M>>) -> F + Send + Sync + 'static,
        F: Future<Output = Vec<Verdict>> + Send + 'static,
    {
        let consumer = Consumer::new(
            self.consuming.clone(),
            self.publisher.clone(),
            &self.prefix,
            options,
            self.stop.clone(),
            handler,
        );
        self.tracker.spawn(async move { consumer.run().await });
    }

    /// Declares all queues of `M`, as its consumer does.
    pub async fn declare<M: Message>(&self) -> Result<(), Error> {
        self.ask("the queues", async |channel| {
            topology::declare_all(channel, &self.queue(M::QUEUE), M::RETRY_S).await
        })
        .await
    }

    /// Messages of this kind that wait, also those that wait to be tried again. Not those that a
    /// consumer holds.
    pub async fn waiting<M: Message>(&self) -> Result<u64, Error> {
        let mut waiting = self.depth(M::QUEUE).await?.ready;
        for delay_s in topology::delays_s(M::RETRY_S) {
            let retry = topology::retry_queue(M::QUEUE, delay_s);
            waiting += self.depth(&retry).await?.ready;
        }
        Ok(waiting)
    }

    /// How full a queue is; one that does not exist is empty. `queue` is a [`Message::QUEUE`].
    pub async fn depth(&self, queue: &str) -> Result<Depth, Error> {
        let depth = self
            .ask("the depth of a queue", async |channel| {
                let passive = QueueDeclareOptions::durable().passive();
                let name = self.queue(queue).into();
                match channel
                    .queue_declare(name, passive, FieldTable::default())
                    .await
                {
                    Ok(found) => Ok(Depth {
                        ready: found.message_count().into(),
                        consumers: found.consumer_count().into(),
                    }),
                    Err(error) if is_not_found(&error) => Ok(Depth {
                        ready: 0,
                        consumers: 0,
                    }),
                    Err(error) => Err(error),
                }
            })
            .await?;
        metrics::QUEUE_READY
            .with_label_values(&[queue])
            .set(depth.ready as i64);
        Ok(depth)
    }

    /// How many messages are parked as dead beside `queue`.
    pub async fn dead(&self, queue: &str) -> Result<u64, Error> {
        Ok(self.depth(&topology::dead_queue(queue)).await?.ready)
    }

    /// Deletes all queues of `M` and what is in them: a version that is retired, a test that is
    /// over.
    pub async fn delete<M: Message>(&self) -> Result<(), Error> {
        self.delete_queue(M::QUEUE, M::RETRY_S).await
    }

    /// The same by the queue's name.
    pub async fn delete_queue(&self, name: &str, retry_s: &[u32]) -> Result<(), Error> {
        self.ask("to delete queues", async |channel| {
            for name in topology::names(&self.queue(name), retry_s) {
                channel
                    .queue_delete(name.into(), QueueDeleteOptions::default())
                    .await?;
            }
            Ok(())
        })
        .await
    }

    /// Whether messages can be published and consumed.
    pub fn probe(&self) -> Result<(), String> {
        self.publisher.link.probe("publishing")?;
        self.consuming.probe("consuming")
    }

    fn queue(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    /// Asks on the channel for questions. The broker closes a channel together with a refusal, so
    /// only a channel that answered is kept.
    async fn ask<T>(
        &self,
        what: &'static str,
        question: impl AsyncFnOnce(&lapin::Channel) -> lapin::Result<T>,
    ) -> Result<T, Error> {
        let asked = async {
            let mut kept = self.questions.lock().await;
            let open = kept.take().filter(|channel| channel.status().connected());
            let channel = match open {
                Some(channel) => channel,
                None => self.question_channel().await?,
            };
            let answer = question(&channel)
                .await
                .map_err(|source| Error::Amqp { what, source })?;
            *kept = Some(channel);
            Ok(answer)
        };
        timeout(ASK_MAX, asked).await.map_err(|_| Error::Timeout)?
    }

    async fn question_channel(&self) -> Result<lapin::Channel, Error> {
        let live = self.consuming.live().ok_or(Error::Disconnected)?;
        metrics::QUESTION_CHANNELS
            .with_label_values(&["consume"])
            .inc();
        live.channel().await.map_err(|source| Error::Amqp {
            what: "a channel",
            source,
        })
    }
}

impl fmt::Debug for Broker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Broker")
            .field("prefix", &self.prefix)
            .finish_non_exhaustive()
    }
}

fn is_not_found(error: &lapin::Error) -> bool {
    const NOT_FOUND: u16 = 404;
    matches!(error.kind(), ErrorKind::ProtocolError(error) if error.get_id() == NOT_FOUND)
}
