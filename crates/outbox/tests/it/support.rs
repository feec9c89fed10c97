use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use clock::SystemClock;
use mq::{Broker, Config, ConsumerOptions, Delivery, Message, Verdict};
use outbox::{Relay, Wake};
use testkit::Mysql;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use uuid::Uuid;

pub(crate) const SOON: Duration = Duration::from_secs(15);

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Ping {
    #[prost(int64, tag = "1")]
    pub(crate) n: i64,
}

impl Message for Ping {
    const NAME: &'static str = "test.ping";
    const VERSION: u16 = 2;
    const QUEUE: &'static str = "test.ping.v2";
    const RETRY_S: &'static [u32] = &[1];
}

static MIGRATOR: sqlx::migrate::Migrator = sqlx::migrate!("./migration");

/// A schema, a broker, and what was received.
pub(crate) struct World {
    pub(crate) pool: db::Pool,
    pub(crate) broker: Broker,
    pub(crate) tracker: TaskTracker,
    pub(crate) stop: CancellationToken,
    pub(crate) received: Received,
}

#[derive(Clone, Default)]
pub(crate) struct Received(Arc<Mutex<Vec<(Uuid, i64)>>>);

impl Received {
    pub(crate) fn all(&self) -> Vec<(Uuid, i64)> {
        self.0.lock().unwrap().clone()
    }
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(&testkit::mq_config()).await
    }

    pub(crate) async fn with(mq: &Config) -> Self {
        let db = Mysql::schema(&MIGRATOR, "outbox").await;
        let pool = db::connect(&db).await.unwrap();
        let (tracker, stop) = (TaskTracker::new(), CancellationToken::new());
        let broker = mq::connect(mq, &tracker, &stop).await;
        Self {
            pool,
            broker,
            tracker,
            stop,
            received: Received::default(),
        }
    }

    pub(crate) fn relay(&self) -> Wake {
        Relay::start(
            self.pool.clone(),
            self.broker.publisher(),
            SystemClock::shared(),
            &self.tracker,
            &self.stop,
        )
    }

    pub(crate) fn consume(&self) {
        let options = ConsumerOptions {
            prefetch: 500,
            batch_max: 500,
            batch_wait: Duration::ZERO,
        };
        let received = self.received.clone();
        self.broker
            .consume(options, move |deliveries: Vec<Delivery<Ping>>| {
                let received = received.clone();
                async move {
                    let mut all = received.0.lock().unwrap();
                    all.extend(
                        deliveries
                            .iter()
                            .map(|delivery| (delivery.id, delivery.message.n)),
                    );
                    vec![Verdict::Done; deliveries.len()]
                }
            });
    }

    /// Appends pings in one transaction and commits.
    pub(crate) async fn append(&self, numbers: std::ops::Range<i64>) -> Vec<Uuid> {
        let pings: Vec<_> = numbers.map(|n| Ping { n }).collect();
        let mut tx = self.pool.begin().await.unwrap();
        let ids = outbox::append_all(&mut tx, &pings, 1_000).await.unwrap();
        tx.commit().await.unwrap();
        ids
    }

    pub(crate) async fn pending(&self) -> i64 {
        outbox::pending(&self.pool).await.unwrap()
    }

    pub(crate) async fn end(self) {
        let _ = self.broker.delete::<Ping>().await;
        self.stop.cancel();
        self.tracker.close();
        tokio::time::timeout(SOON, self.tracker.wait())
            .await
            .unwrap();
        self.pool.close().await;
    }
}
