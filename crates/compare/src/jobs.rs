//! What happens by itself, and when.
//!
//! | every | verb        | what it heals                                                     |
//! |-------|-------------|-------------------------------------------------------------------|
//! | 1 s   | sweep       | jobs that lost their worker, unfinished closes, jobs out of time    |
//! | 2 s   | clean       | files that nobody needs any more                                  |
//! | 1 h   | prune_inbox |                                                                   |

use std::{sync::Arc, time::Duration};

use service::Ctx;

use crate::app::App;

const SECOND: Duration = Duration::from_secs(1);
const CLEAN_EVERY: Duration = Duration::from_secs(2);
const HOUR: Duration = Duration::from_secs(3_600);

pub(crate) fn start(ctx: &Ctx, app: &Arc<App>) {
    let own = Arc::clone(app);
    ctx.every("sweep", SECOND, move || {
        let app = Arc::clone(&own);
        async move { app.sweep().await }
    });
    let own = Arc::clone(app);
    ctx.every("clean", CLEAN_EVERY, move || {
        let app = Arc::clone(&own);
        async move { app.clean().await }
    });
    let own = Arc::clone(app);
    ctx.every("prune_inbox", HOUR, move || {
        let app = Arc::clone(&own);
        async move { app.prune_inbox().await }
    });
}
