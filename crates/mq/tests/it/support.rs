use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use mq::{Broker, Config, ConsumerOptions, Delivery, Message, Outgoing, Verdict};
use testkit::ChaosProxy;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

pub(crate) const SOON: Duration = Duration::from_secs(10);

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Ping {
    #[prost(int64, tag = "1")]
    pub(crate) n: i64,
}

impl Message for Ping {
    const NAME: &'static str = "test.ping";
    const VERSION: u16 = 2;
    const QUEUE: &'static str = "test.ping.v2";
    const RETRY_S: &'static [u32] = &[1, 2];
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Pong {
    #[prost(string, tag = "1")]
    pub(crate) text: String,
}

impl Message for Pong {
    const NAME: &'static str = "test.pong";
    const VERSION: u16 = 1;
    const QUEUE: &'static str = "test.pong.v1";
    const RETRY_S: &'static [u32] = &[1];
}

pub(crate) fn ping(n: i64) -> Outgoing {
    Outgoing::of(&Ping { n })
}

/// One process's view of the broker.
pub(crate) struct Process {
    pub(crate) broker: Broker,
    pub(crate) tracker: TaskTracker,
    pub(crate) stop: CancellationToken,
}

impl Process {
    pub(crate) async fn start(config: &Config) -> Self {
        let (tracker, stop) = (TaskTracker::new(), CancellationToken::new());
        let broker = mq::connect(config, &tracker, &stop).await;
        Self {
            broker,
            tracker,
            stop,
        }
    }

    /// Another process on the same queues, behind a network that can break.
    pub(crate) async fn behind_proxy(config: &Config) -> (Self, ChaosProxy) {
        let url = testkit::amqp_url();
        let direct = testkit::server_address(&url);
        let proxy = ChaosProxy::start(direct).await;
        let url = url.replace(
            &format!(":{}", direct.port()),
            &format!(":{}", proxy.port()),
        );
        let config = Config {
            url: url.into(),
            ..config.clone()
        };
        (Self::start(&config).await, proxy)
    }

    pub(crate) async fn publish(&self, messages: Vec<Outgoing>) {
        self.broker.publisher().publish(messages).await.unwrap();
    }

    pub(crate) async fn ready(&self) -> u64 {
        self.broker.depth(Ping::QUEUE).await.unwrap().ready
    }

    pub(crate) async fn shut_down(self) {
        self.stop.cancel();
        self.tracker.close();
        tokio::time::timeout(SOON, self.tracker.wait())
            .await
            .unwrap();
    }

    /// Consumes pings; `judge` decides, `Log` remembers.
    pub(crate) fn consume(
        &self,
        options: ConsumerOptions,
        judge: impl Fn(&Delivery<Ping>) -> Verdict + Send + Sync + 'static,
    ) -> Log {
        let log = Log::default();
        let (seen, judge) = (log.clone(), Arc::new(judge));
        self.broker
            .consume(options, move |deliveries: Vec<Delivery<Ping>>| {
                let (seen, judge) = (seen.clone(), judge.clone());
                async move {
                    let verdicts = deliveries.iter().map(|delivery| judge(delivery)).collect();
                    seen.0.lock().unwrap().push(deliveries);
                    verdicts
                }
            });
        log
    }
}

/// The batches that a handler has seen.
#[derive(Clone, Default)]
pub(crate) struct Log(pub(crate) Arc<Mutex<Vec<Vec<Delivery<Ping>>>>>);

impl Log {
    pub(crate) fn numbers(&self) -> Vec<i64> {
        let batches = self.0.lock().unwrap();
        batches
            .iter()
            .flatten()
            .map(|delivery| delivery.message.n)
            .collect()
    }

    pub(crate) async fn wait_for(&self, deliveries: usize) {
        testkit::eventually(SOON, || async { self.numbers().len() >= deliveries }).await;
    }
}

pub(crate) fn options() -> ConsumerOptions {
    ConsumerOptions {
        prefetch: 100,
        batch_max: 50,
        batch_wait: Duration::ZERO,
    }
}
