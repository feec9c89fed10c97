//! What happens by itself, and when.

use std::{sync::Arc, time::Duration};

use service::Ctx;

use crate::app::App;

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

pub(crate) fn start(ctx: &Ctx, app: &Arc<App>) {
    // Lapsed orders close, and payment is asked again where its answer is missing.
    let own = app.clone();
    ctx.every("sweep", SECOND, move || {
        let app = own.clone();
        async move { app.sweep().await.map(drop) }
    });
    // The same for ordinary orders, and intents that were left behind.
    let own = app.clone();
    ctx.every("sweep_retail", SECOND, move || {
        let app = own.clone();
        async move { app.sweep_retail().await.map(drop) }
    });
    // Anonymous carts that nobody touches.
    let own = app.clone();
    ctx.every("prune_carts", MINUTE, move || {
        let app = own.clone();
        async move { app.prune_carts().await }
    });
    // A cancelled sale's unpaid orders become due.
    let own = app.clone();
    ctx.every("expire_cancelled", SECOND, move || {
        let app = own.clone();
        async move { app.expire_cancelled().await }
    });
    // Receipts that no repeat can still meet.
    let own = app.clone();
    ctx.every("prune_inbox", MINUTE, move || {
        let app = own.clone();
        async move { app.prune_inbox().await }
    });
}
