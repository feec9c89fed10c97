//! More services beside the first ones, on the same engines.

use std::sync::Arc;

use service::Ctx;

use super::{Shop, ctx_with};

impl Shop {
    fn other(&self, roles: &[service::Role]) -> Ctx {
        let ctx = ctx_with(&self.ctx, roles);
        self.others.lock().unwrap().push(ctx.clone());
        ctx
    }

    /// Reservations land from here on.
    pub(crate) async fn land(&self) {
        let ctx = self.other(&[service::Role::Events]);
        order::start(ctx, self.order_config.clone()).await.unwrap();
    }

    /// A seckill beside the first that does nothing by itself.
    pub(crate) async fn beside(
        &self,
        change: impl FnOnce(&mut seckill::Config),
    ) -> Arc<seckill::App> {
        let mut config = self.config.clone();
        config.grpc.listen = "127.0.0.1:0".parse().unwrap();
        change(&mut config);
        let started = seckill::start(self.other(&[service::Role::Grpc]), config);
        let app = started.await.unwrap().app;
        app.lease_ids().await.unwrap();
        app
    }
}
