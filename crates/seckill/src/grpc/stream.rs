//! The long-lived stream of batches. Batches are answered as they finish, each under its number.

use std::{panic::AssertUnwindSafe, sync::Arc};

use futures_util::FutureExt;
use proto::seckill::{Outcome, ReserveBatch, ReserveBatchReply, ReserveReply};
use service::Ctx;
use tokio::sync::{Semaphore, mpsc};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Status, Streaming};

use crate::app::App;

/// Batches of one stream that are worked on at once; a peer that sends more waits.
const BATCHES_MAX: usize = 64;

pub(crate) type Replies = ReceiverStream<Result<ReserveBatchReply, Status>>;

pub(crate) fn serve(ctx: &Ctx, app: Arc<App>, mut batches: Streaming<ReserveBatch>) -> Replies {
    let (sender, receiver) = mpsc::channel(BATCHES_MAX);
    let places = Arc::new(Semaphore::new(BATCHES_MAX));
    let inner = ctx.clone();
    ctx.spawn(async move {
        while let Ok(place) = Arc::clone(&places).acquire_owned().await {
            let next = tokio::select! {
                next = batches.message() => next,
                () = inner.stop().cancelled() => return,
                () = sender.closed() => return,
            };
            let Ok(Some(batch)) = next else { return };
            let (app, sender) = (Arc::clone(&app), sender.clone());
            // In a task of its own: a broken stream does not stop a batch that has begun.
            inner.spawn(async move {
                let reply = answer(&app, batch).await;
                // A caller that is gone asks again, and gets the same order.
                let _ = sender.send(Ok(reply)).await;
                drop(place);
            });
        }
    });
    ReceiverStream::new(receiver)
}

/// A batch that breaks off is answered too: no caller waits for ever, and a winner asks again.
async fn answer(app: &Arc<App>, batch: ReserveBatch) -> ReserveBatchReply {
    let (number, count) = (batch.number, batch.items.len());
    let work = AssertUnwindSafe(app.reserve(batch.items));
    let replies = work.catch_unwind().await.unwrap_or_else(|_| {
        let busy = ReserveReply {
            outcome: Outcome::Busy.into(),
            accepted: None,
        };
        vec![busy; count]
    });
    ReserveBatchReply { number, replies }
}
