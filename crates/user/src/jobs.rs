//! | every | verb |
//! |---|---|
//! | minute | `prune` |

use std::{sync::Arc, time::Duration};

use crate::App;

pub(crate) fn start(ctx: &service::Ctx, app: &Arc<App>) {
    let app = app.clone();
    ctx.every("prune", Duration::from_secs(60), move || {
        let app = app.clone();
        async move { app.prune().await }
    });
}
