use std::{
    ops::Deref,
    sync::{Arc, OnceLock},
};

use auth::{Principal, TokenError};
use clock::SharedClock;
use proto::{
    compare::compare_client::CompareClient,
    order::{
        cart_client::CartClient, coupons_client::CouponsClient, order_client::OrderClient,
        retail_client::RetailClient,
    },
    payment::{
        ledger_client::LedgerClient, payment_admin_client::PaymentAdminClient,
        payment_client::PaymentClient, wallet_client::WalletClient,
    },
    product::{inventory_client::InventoryClient, product_client::ProductClient},
    seckill::seckill_client::SeckillClient,
    user::user_client::UserClient,
};

use crate::{
    cache::PublicAnswers, capability::Capabilities, config::Config, http, lane::Lanes,
    limit::Limits, openapi, peers::Peers, reserve::Reserver, session::RevokedSessions,
};

/// The gateway's parts, shared by all requests. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Gateway(pub(crate) Arc<Parts>);

pub(crate) struct Parts {
    pub(crate) config: Config,
    pub(crate) clock: SharedClock,
    pub(crate) verifier: auth::Verifier,
    pub(crate) revoked: RevokedSessions,
    pub(crate) limits: Limits,
    pub(crate) lanes: Lanes,
    pub(crate) answers: PublicAnswers,
    pub(crate) capabilities: Capabilities,
    pub(crate) reserver: Reserver,
    pub(crate) user: UserClient<rpc::Channel>,
    pub(crate) product: ProductClient<rpc::Channel>,
    pub(crate) inventory: InventoryClient<rpc::Channel>,
    pub(crate) order: OrderClient<rpc::Channel>,
    pub(crate) retail: RetailClient<rpc::Channel>,
    pub(crate) cart: CartClient<rpc::Channel>,
    pub(crate) coupons: CouponsClient<rpc::Channel>,
    pub(crate) seckill: SeckillClient<rpc::Channel>,
    pub(crate) payment: PaymentClient<rpc::Channel>,
    pub(crate) payment_admin: PaymentAdminClient<rpc::Channel>,
    pub(crate) wallet: WalletClient<rpc::Channel>,
    pub(crate) ledger: LedgerClient<rpc::Channel>,
    pub(crate) compare: CompareClient<rpc::Channel>,
    pub(crate) peers: Peers,
    pub(crate) ready: service::Readiness,
    pub(crate) openapi: OnceLock<serde_json::Value>,
}

impl Deref for Gateway {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl Gateway {
    /// Who an access token speaks for, unless its session was revoked.
    pub(crate) fn caller(&self, token: &str, now_ms: i64) -> Result<Principal, TokenError> {
        let claims = self.verifier.verify_access(token, now_ms / 1_000)?;
        let Some(session) = claims.principal.session else {
            return Ok(claims.principal);
        };
        if !self.revoked.is_fresh(now_ms) {
            return Err(TokenError::Unchecked);
        }
        if self.revoked.contains(session) {
            return Err(TokenError::Invalid);
        }
        Ok(claims.principal)
    }

    /// Made when it is first asked for: most gateways never are.
    pub(crate) fn openapi(&self) -> anyhow::Result<&serde_json::Value> {
        if let Some(document) = self.openapi.get() {
            return Ok(document);
        }
        let document = openapi::document(&http::table()?)?;
        Ok(self.openapi.get_or_init(|| document))
    }

    pub(crate) fn user(&self) -> UserClient<rpc::Channel> {
        self.user.clone()
    }

    pub(crate) fn product(&self) -> ProductClient<rpc::Channel> {
        self.product.clone()
    }

    pub(crate) fn order(&self) -> OrderClient<rpc::Channel> {
        self.order.clone()
    }

    pub(crate) fn inventory(&self) -> InventoryClient<rpc::Channel> {
        self.inventory.clone()
    }

    pub(crate) fn retail(&self) -> RetailClient<rpc::Channel> {
        self.retail.clone()
    }

    pub(crate) fn cart(&self) -> CartClient<rpc::Channel> {
        self.cart.clone()
    }

    pub(crate) fn coupons(&self) -> CouponsClient<rpc::Channel> {
        self.coupons.clone()
    }

    pub(crate) fn seckill(&self) -> SeckillClient<rpc::Channel> {
        self.seckill.clone()
    }

    pub(crate) fn payment(&self) -> PaymentClient<rpc::Channel> {
        self.payment.clone()
    }

    pub(crate) fn payment_admin(&self) -> PaymentAdminClient<rpc::Channel> {
        self.payment_admin.clone()
    }

    pub(crate) fn wallet(&self) -> WalletClient<rpc::Channel> {
        self.wallet.clone()
    }

    pub(crate) fn ledger(&self) -> LedgerClient<rpc::Channel> {
        self.ledger.clone()
    }

    pub(crate) fn compare(&self) -> CompareClient<rpc::Channel> {
        self.compare.clone()
    }
}
