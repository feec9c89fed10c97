//! Buyers on their way to seckill: whatever has queued goes out as one batch on one of a few
//! long-lived streams.

use std::{
    collections::HashMap,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use batch::{Batcher, Limits};
use proto::seckill::{
    Outcome, ReserveBatch, ReserveBatchReply, ReserveItem, ReserveReply,
    seckill_client::SeckillClient,
};
use tokio::{
    sync::{mpsc, oneshot},
    time::{Instant, timeout},
};
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::config;

/// Batches that wait to be written.
const BATCHES_MAX: usize = 64;
const RECONNECT: Duration = Duration::from_millis(100);
/// Streams beside each other: a replica that dies or is slow has half of this gateway's buyers.
const STREAMS: usize = 2;
/// A stream is used for half of this at least: then the next one may find a replica that is new.
const STREAM_AGE: Duration = Duration::from_secs(30);
/// An aged stream's last replies come within this, or not at all.
const DRAIN_MAX: Duration = Duration::from_secs(30);

/// The way to seckill.
#[derive(Clone)]
pub(crate) struct Reserver {
    way: Way,
    timeout: Duration,
}

#[derive(Clone)]
enum Way {
    Batched(Batcher<Queued, ReserveReply>),
    /// One call per buyer: what the fleet is measured against.
    Single(SeckillClient<rpc::Channel>),
}

impl Reserver {
    pub(crate) fn start(
        config: config::Reserve,
        seckill: SeckillClient<rpc::Channel>,
        tracker: &TaskTracker,
        stop: &CancellationToken,
    ) -> Self {
        let limit = Duration::from_millis(config.timeout_ms);
        if !config.batching {
            return Self {
                way: Way::Single(seckill),
                timeout: limit,
            };
        }
        let streams = Streams::open(&seckill, tracker, stop);
        let limits = Limits {
            queue_max: config.queue_max,
            batch_max: config.batch_max,
            slots: config.slots,
        };
        let batcher = Batcher::start("gateway.reserve", limits, tracker, stop, move |items| {
            let streams = streams.clone();
            async move { streams.call(items, limit).await }
        });
        Self {
            way: Way::Batched(batcher),
            timeout: limit,
        }
    }

    /// A failure to reach seckill is `Busy`: the same buyer asking again gets the same order.
    pub(crate) async fn reserve(&self, item: ReserveItem) -> ReserveReply {
        let queued = Queued {
            item,
            until: Instant::now() + self.timeout,
        };
        match &self.way {
            Way::Batched(batcher) => batcher.call(queued).await.unwrap_or_else(|_| busy()),
            // A call is large, and every buyer's future would be as large.
            Way::Single(seckill) => {
                Box::pin(call(seckill.clone(), queued.leave(), self.timeout)).await
            }
        }
    }
}

/// A buyer in the queue, who gives up at a moment.
struct Queued {
    item: ReserveItem,
    until: Instant,
}

impl Queued {
    /// What goes over the wire: the time that is left, since hosts' clocks differ.
    fn leave(self) -> ReserveItem {
        let left = self.until.saturating_duration_since(Instant::now());
        ReserveItem {
            // 0 would be for ever.
            timeout_ms: u32::try_from(left.as_millis()).unwrap_or(u32::MAX).max(1),
            ..self.item
        }
    }
}

async fn call(
    mut seckill: SeckillClient<rpc::Channel>,
    item: ReserveItem,
    limit: Duration,
) -> ReserveReply {
    match timeout(limit, seckill.reserve(item)).await {
        Ok(Ok(reply)) => reply.into_inner(),
        Ok(Err(_)) | Err(_) => busy(),
    }
}

fn busy() -> ReserveReply {
    ReserveReply {
        outcome: Outcome::Busy.into(),
        accepted: None,
    }
}

/// A batch on its way, and where its replies go.
struct Sent {
    batch: ReserveBatch,
    answer: oneshot::Sender<Vec<ReserveReply>>,
}

/// The streams to seckill, taken in turn: each goes to a replica of its own choosing, and to another
/// one after a while.
#[derive(Clone)]
struct Streams {
    ways: Arc<[mpsc::Sender<Sent>]>,
    next: Arc<AtomicU64>,
}

impl Streams {
    fn open(
        seckill: &SeckillClient<rpc::Channel>,
        tracker: &TaskTracker,
        stop: &CancellationToken,
    ) -> Self {
        let way = |_| {
            let (way, queue) = mpsc::channel(BATCHES_MAX);
            let carried = carry(seckill.clone(), queue, tracker.clone(), stop.clone());
            tracker.spawn(carried);
            way
        };
        Self {
            ways: (0..STREAMS).map(way).collect(),
            next: Arc::default(),
        }
    }

    async fn call(&self, items: Vec<Queued>, limit: Duration) -> Vec<ReserveReply> {
        let (count, number) = (items.len(), self.next.fetch_add(1, Ordering::Relaxed));
        let (answer, answered) = oneshot::channel();
        let items = items.into_iter().map(Queued::leave).collect();
        let batch = ReserveBatch { number, items };
        let asked = async {
            let way = self.ways.get(number as usize % self.ways.len())?;
            way.send(Sent { batch, answer }).await.ok()?;
            answered.await.ok()
        };
        let replies = timeout(limit, asked).await.ok().flatten();
        replies
            .filter(|replies| replies.len() == count)
            .unwrap_or_else(|| vec![busy(); count])
    }
}

/// Carries batches over one stream after the other until no batch can come any more.
async fn carry(
    seckill: SeckillClient<rpc::Channel>,
    mut queue: mpsc::Receiver<Sent>,
    tracker: TaskTracker,
    stop: CancellationToken,
) {
    loop {
        let (sender, receiver) = mpsc::channel(BATCHES_MAX);
        let mut seckill = seckill.clone();
        let opened = tokio::select! {
            opened = seckill.reserve_stream(ReceiverStream::new(receiver)) => opened,
            () = stop.cancelled() => return,
        };
        let end = match opened {
            Ok(replies) => session(&mut queue, sender, replies.into_inner(), &tracker).await,
            Err(status) => {
                tracing::warn!(%status, "no stream to seckill");
                // No batch waits in vain for a seckill that is away.
                while queue.try_recv().is_ok() {}
                End::Broken
            }
        };
        match end {
            End::Finished => return,
            End::Aged => {}
            End::Broken => tokio::time::sleep(RECONNECT).await,
        }
    }
}

/// Why a stream is not used any longer.
enum End {
    /// No batch can come any more.
    Finished,
    /// The next stream may go to another replica. This one's replies still come.
    Aged,
    Broken,
}

/// One stream's life. Batches that it leaves unanswered are answered as busy: their senders go.
async fn session(
    queue: &mut mpsc::Receiver<Sent>,
    sender: mpsc::Sender<ReserveBatch>,
    mut replies: tonic::Streaming<ReserveBatchReply>,
    tracker: &TaskTracker,
) -> End {
    let mut waiting = HashMap::new();
    let age = STREAM_AGE.mul_f64(rand::random_range(0.5..1.0));
    let mut aged = pin!(tokio::time::sleep(age));
    loop {
        tokio::select! {
            sent = queue.recv() => match sent {
                None => return End::Finished,
                Some(Sent { batch, answer }) => {
                    waiting.insert(batch.number, answer);
                    if sender.send(batch).await.is_err() {
                        return End::Broken;
                    }
                }
            },
            reply = replies.message() => if !deliver(reply, &mut waiting) {
                return End::Broken;
            },
            () = &mut aged => {
                tracker.spawn(drain(sender, replies, waiting));
                return End::Aged;
            }
        }
    }
}

/// Seckill ends the stream when the last batch that it took is answered.
async fn drain(
    sender: mpsc::Sender<ReserveBatch>,
    mut replies: tonic::Streaming<ReserveBatchReply>,
    mut waiting: Waiting,
) {
    drop(sender);
    let all = async { while deliver(replies.message().await, &mut waiting) {} };
    let _ = timeout(DRAIN_MAX, all).await;
}

type Waiting = HashMap<u64, oneshot::Sender<Vec<ReserveReply>>>;

/// Hands replies to their batch by its number; `false`: no more will come.
fn deliver(reply: Result<Option<ReserveBatchReply>, tonic::Status>, waiting: &mut Waiting) -> bool {
    match reply {
        Ok(Some(reply)) => {
            if let Some(answer) = waiting.remove(&reply.number) {
                let _ = answer.send(reply.replies);
            }
            true
        }
        Ok(None) => false,
        Err(status) => {
            tracing::warn!(%status, "the stream to seckill broke");
            false
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_is_left_crosses_and_no_moment() {
        let queued = |left: u64| Queued {
            item: ReserveItem::default(),
            until: Instant::now() + Duration::from_millis(left),
        };
        let early = queued(5_000);
        tokio::time::advance(Duration::from_millis(1_500)).await;
        assert_eq!(early.leave().timeout_ms, 3_500);
        let late = queued(10);
        tokio::time::advance(Duration::from_millis(20)).await;
        assert_eq!(late.leave().timeout_ms, 1, "never 0, which is for ever");
    }
}
