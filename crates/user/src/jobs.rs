//! | every | verb |
//! |---|---|
//! | minute | `prune`, `canonicalise_names` (a replica of before may have registered some) |

use std::{sync::Arc, time::Duration};

use crate::App;

pub(crate) fn start(ctx: &service::Ctx, app: &Arc<App>) {
    let app = app.clone();
    ctx.every("prune", Duration::from_secs(60), move || {
        let app = app.clone();
        async move {
            app.canonicalise_names().await?;
            app.prune().await
        }
    });
}
