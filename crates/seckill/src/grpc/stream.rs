//! The long-lived stream of batches. Batches are answered as they finish, each under its number.

use std::sync::Arc;

use proto::seckill::{ReserveBatch, ReserveBatchReply};
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
            };
            let Ok(Some(batch)) = next else { return };
            let (app, sender) = (Arc::clone(&app), sender.clone());
            inner.spawn(async move {
                let replies = app.reserve(batch.items).await;
                // A caller that is gone asks again, and gets the same order.
                let _ = sender
                    .send(Ok(ReserveBatchReply {
                        number: batch.number,
                        replies,
                    }))
                    .await;
                drop(place);
            });
        }
    });
    ReceiverStream::new(receiver)
}
