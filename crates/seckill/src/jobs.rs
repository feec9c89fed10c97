//! Schedule → verb. Each run is bounded and may be cut off anywhere.

use std::{sync::Arc, time::Duration};

use service::Ctx;

use crate::{app::App, config};

const IDS_PERIOD: Duration = Duration::from_millis(100);
const RELAY_PERIOD: Duration = Duration::from_millis(500);
const DETECT_PERIOD: Duration = Duration::from_secs(1);
const INTENTS_PERIOD: Duration = Duration::from_secs(1);

/// What serving needs on every replica, whatever else it does.
pub(crate) fn mirror(ctx: &Ctx, app: &Arc<App>) {
    macro_rules! every {
        ($name:literal, $period:expr, $verb:ident) => {{
            let app = Arc::clone(app);
            ctx.every($name, $period, move || {
                let app = Arc::clone(&app);
                async move { app.$verb().await.map(drop) }
            });
        }};
    }
    every!("seckill.lease_ids", IDS_PERIOD, lease_ids);
    every!("seckill.refresh", DETECT_PERIOD, refresh);
    every!("seckill.hear_epochs", DETECT_PERIOD, hear_epochs);
}

pub(crate) fn start(ctx: &Ctx, app: &Arc<App>, sale: config::Sale) {
    macro_rules! every {
        ($name:literal, $period:expr, $verb:ident) => {{
            let app = Arc::clone(app);
            ctx.every($name, $period, move || {
                let app = Arc::clone(&app);
                async move { app.$verb().await }
            });
        }};
    }
    every!("seckill.relay", RELAY_PERIOD, relay);
    every!("seckill.finish_intents", INTENTS_PERIOD, finish_intents);
    every!(
        "seckill.reconcile",
        Duration::from_secs(sale.audit_period_s),
        reconcile_all
    );

    let (app, inner) = (Arc::clone(app), ctx.clone());
    ctx.every("seckill.detect", DETECT_PERIOD, move || {
        let (app, ctx) = (Arc::clone(&app), inner.clone());
        async move {
            app.detect(|app, sale, cause| {
                ctx.spawn(async move { app.heal(&sale, cause).await });
            })
            .await
        }
    });
}
