//! Schedule → verb. Each run is bounded and may be cut off anywhere.

use std::{sync::Arc, time::Duration};

use service::Ctx;

use crate::{app::App, config};

const IDS_PERIOD: Duration = Duration::from_millis(100);
const RELAY_PERIOD: Duration = Duration::from_millis(500);
const DETECT_PERIOD: Duration = Duration::from_secs(1);
const INTENTS_PERIOD: Duration = Duration::from_secs(1);

/// A job, named after its verb.
macro_rules! every {
    ($ctx:ident, $app:ident, $period:expr, $verb:ident) => {{
        let app = Arc::clone($app);
        $ctx.every(stringify!($verb), $period, move || {
            let app = Arc::clone(&app);
            async move { app.$verb().await.map(drop) }
        });
    }};
}

/// What serving needs on every replica, whatever else it does.
pub(crate) fn mirror(ctx: &Ctx, app: &Arc<App>) {
    every!(ctx, app, IDS_PERIOD, lease_ids);
    every!(ctx, app, DETECT_PERIOD, refresh);
    every!(ctx, app, DETECT_PERIOD, poll_epochs);
}

pub(crate) fn start(ctx: &Ctx, app: &Arc<App>, sale: config::Sale) {
    every!(ctx, app, RELAY_PERIOD, relay);
    every!(ctx, app, INTENTS_PERIOD, finish_intents);
    let audits = Duration::from_secs(sale.audit_period_s);
    every!(ctx, app, audits, reconcile_all);
    every!(ctx, app, DETECT_PERIOD, detect);
    let (app, stop) = (Arc::clone(app), ctx.stop().clone());
    ctx.spawn(async move {
        while stop
            .run_until_cancelled(app.redis_back.notified())
            .await
            .is_some()
        {
            if let Err(error) = app.detect().await {
                let error = fault::chain(&error);
                tracing::warn!(error, "no detection when Redis came back");
            }
        }
    });
}
