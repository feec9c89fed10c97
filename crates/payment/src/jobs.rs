//! Schedule → verb.
//!
//! | every | verb         | what it heals                                          |
//! |-------|--------------|--------------------------------------------------------|
//! | 1 s   | check_due    | lost notifications, unfinished closes, late payments   |
//! | 1 s   | send_refunds | money that is due back, whose answer or notice is lost |
//! | 1 h   | prune_inbox  |                                                        |

use std::{sync::Arc, time::Duration};

use service::Ctx;

use crate::app::App;

const PERIOD: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3600);

pub(crate) fn start(app: &Arc<App>, ctx: &Ctx) {
    let checks = Arc::clone(app);
    ctx.every("check_due", PERIOD, move || {
        let app = Arc::clone(&checks);
        async move { app.check_due().await }
    });
    let refunds = Arc::clone(app);
    ctx.every("send_refunds", PERIOD, move || {
        let app = Arc::clone(&refunds);
        async move { app.send_refunds().await }
    });
    let inbox = Arc::clone(app);
    ctx.every("prune_inbox", HOUR, move || {
        let app = Arc::clone(&inbox);
        async move { app.prune_inbox().await }
    });
}
