//! Buyers on their way to seckill: whatever has queued goes out as one batch on one long-lived
//! stream.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
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
    time::timeout,
};
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::config;

/// Batches that wait to be written.
const BATCHES_MAX: usize = 64;
const RECONNECT: Duration = Duration::from_millis(100);

/// The way to seckill.
#[derive(Clone)]
pub(crate) struct Reserver {
    way: Way,
    timeout: Duration,
}

#[derive(Clone)]
enum Way {
    Batched(Batcher<ReserveItem, ReserveReply>),
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
        let stream = Stream::open(seckill, tracker, stop);
        let limits = Limits {
            queue_max: config.queue_max,
            batch_max: config.batch_max,
            slots: config.slots,
        };
        let batcher = Batcher::start("gateway.reserve", limits, tracker, stop, move |items| {
            let stream = stream.clone();
            async move { stream.call(items, limit).await }
        });
        Self {
            way: Way::Batched(batcher),
            timeout: limit,
        }
    }

    /// A buyer is answered within.
    pub(crate) fn timeout_ms(&self) -> i64 {
        i64::try_from(self.timeout.as_millis()).unwrap_or(i64::MAX)
    }

    /// A failure to reach seckill is `Busy`: the same buyer asking again gets the same order.
    pub(crate) async fn reserve(&self, item: ReserveItem) -> ReserveReply {
        match &self.way {
            Way::Batched(batcher) => batcher.call(item).await.unwrap_or_else(|_| busy()),
            // A call is large, and every buyer's future would be as large.
            Way::Single(seckill) => Box::pin(call(seckill.clone(), item, self.timeout)).await,
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

type Waiting = Arc<Mutex<HashMap<u64, oneshot::Sender<Vec<ReserveReply>>>>>;

/// The stream, opened again whenever it breaks. Replies find their batch by its number.
#[derive(Clone)]
struct Stream {
    batches: mpsc::Sender<ReserveBatch>,
    waiting: Waiting,
    next: Arc<AtomicU64>,
}

impl Stream {
    fn open(
        seckill: SeckillClient<rpc::Channel>,
        tracker: &TaskTracker,
        stop: &CancellationToken,
    ) -> Self {
        let (batches, queue) = mpsc::channel(BATCHES_MAX);
        let waiting = Waiting::default();
        tracker.spawn(carry(seckill, queue, waiting.clone(), stop.clone()));
        Self {
            batches,
            waiting,
            next: Arc::default(),
        }
    }

    async fn call(&self, items: Vec<ReserveItem>, limit: Duration) -> Vec<ReserveReply> {
        let (count, number) = (items.len(), self.next.fetch_add(1, Ordering::Relaxed));
        let (answer, answered) = oneshot::channel();
        lock(&self.waiting).insert(number, answer);
        let asked = async {
            self.batches
                .send(ReserveBatch { number, items })
                .await
                .ok()?;
            answered.await.ok()
        };
        let replies = timeout(limit, asked).await.ok().flatten();
        lock(&self.waiting).remove(&number);
        replies
            .filter(|replies| replies.len() == count)
            .unwrap_or_else(|| vec![busy(); count])
    }
}

fn lock(
    waiting: &Waiting,
) -> std::sync::MutexGuard<'_, HashMap<u64, oneshot::Sender<Vec<ReserveReply>>>> {
    waiting.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Carries batches over one stream after the other until nobody sends any more.
async fn carry(
    seckill: SeckillClient<rpc::Channel>,
    mut queue: mpsc::Receiver<ReserveBatch>,
    waiting: Waiting,
    stop: CancellationToken,
) {
    loop {
        let (sender, receiver) = mpsc::channel(BATCHES_MAX);
        let mut seckill = seckill.clone();
        let opened = tokio::select! {
            opened = seckill.reserve_stream(ReceiverStream::new(receiver)) => opened,
            () = stop.cancelled() => return,
        };
        match opened {
            Ok(replies) => {
                if !session(&mut queue, &sender, replies.into_inner(), &waiting).await {
                    return;
                }
            }
            Err(status) => {
                tracing::warn!(%status, "no stream to seckill");
                // Nobody waits in vain for a seckill that is away.
                while queue.try_recv().is_ok() {}
            }
        }
        lock(&waiting).clear();
        tokio::time::sleep(RECONNECT).await;
    }
}

/// One stream's life; false when nobody sends any more.
async fn session(
    queue: &mut mpsc::Receiver<ReserveBatch>,
    sender: &mpsc::Sender<ReserveBatch>,
    mut replies: tonic::Streaming<ReserveBatchReply>,
    waiting: &Waiting,
) -> bool {
    loop {
        tokio::select! {
            batch = queue.recv() => match batch {
                None => return false,
                Some(batch) => {
                    if sender.send(batch).await.is_err() {
                        return true;
                    }
                }
            },
            reply = replies.message() => match reply {
                Ok(Some(reply)) => {
                    if let Some(answer) = lock(waiting).remove(&reply.number) {
                        let _ = answer.send(reply.replies);
                    }
                }
                Ok(None) => return true,
                Err(status) => {
                    tracing::warn!(%status, "the stream to seckill broke");
                    return true;
                }
            },
        }
    }
}
