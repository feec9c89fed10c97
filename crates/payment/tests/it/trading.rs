//! A payment service with a contract with WeChat.

use std::ops::Deref;

use payment::Config;
use proto::{
    order::OrderView,
    payment::{PaymentView, State},
};

use crate::{
    company::Company,
    hook::Hook,
    support::{Shop, defaults, until},
};

/// A shop with a contract with WeChat, whose notifications come through `hook`.
pub(crate) struct Trading {
    pub shop: Shop,
    pub company: Company,
    pub hook: Hook,
}

impl Deref for Trading {
    type Target = Shop;

    fn deref(&self) -> &Shop {
        &self.shop
    }
}

impl Trading {
    pub(crate) async fn open(adapt: impl FnOnce(&mut Config)) -> Self {
        let (ctx, clock) = testkit::ctx(payment::NAME);
        let (hook, at) = Hook::start(&ctx).await;
        let url = format!("http://{at}/wechatpay/notify");
        let company = Company::start(&ctx, &clock, defaults().wechat, url).await;
        let contract = company.contract.clone();
        let shop = Shop::open_in(ctx, clock, |config| {
            config.wechat = contract;
            adapt(config);
        })
        .await;
        hook.connect(shop.client.clone());
        Self {
            shop,
            company,
            hook,
        }
    }

    /// An order of user 7 for 9.90, with a payment that waits for its payer.
    pub(crate) async fn pending(&self) -> (OrderView, PaymentView) {
        let order = self.order_of(7, 990);
        let payment = self.create(&order).await.unwrap();
        assert_eq!(payment.state(), State::Pending);
        (order, payment)
    }

    /// The same, paid and told.
    pub(crate) async fn paid(&self) -> (OrderView, PaymentView) {
        let (order, payment) = self.pending().await;
        assert!(self.company.scan_and_pay(&payment.code_url).await);
        until(|| !self.heard.paid(&order).is_empty()).await;
        (order, payment)
    }

    pub(crate) async fn close_down(self) {
        self.shop.close_down().await;
    }
}
