//! Lanes: how many requests of a kind may be under way. A storm in one sheds only its own.

use std::sync::Arc;

use axum::http::Method;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::config;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lane {
    Seckill,
    Browse,
    Account,
    Money,
    Compare,
    /// Files on their way in.
    Upload,
    Admin,
}

impl Lane {
    pub(crate) fn of(method: &Method, path: &str) -> Self {
        let path = path
            .strip_prefix("/api/v1")
            .or_else(|| path.strip_prefix("/api"))
            .unwrap_or(path);
        if is_reserve(method, path) {
            return Self::Seckill;
        }
        if path.starts_with("/compare/") {
            return if method == Method::POST && path == "/compare/jobs" {
                Self::Upload
            } else {
                Self::Compare
            };
        }
        if path.starts_with("/admin/") || path == "/seckill/init" || is_health(path) {
            return Self::Admin;
        }
        if path.starts_with("/pay")
            || path.starts_with("/wechatpay")
            || path.starts_with("/refunds")
            || path.ends_with("/pay")
        {
            return Self::Money;
        }
        if path.starts_with("/product") || path.starts_with("/seckill") {
            return Self::Browse;
        }
        Self::Account
    }

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Seckill => "seckill",
            Self::Browse => "browse",
            Self::Account => "account",
            Self::Money => "money",
            Self::Compare => "compare",
            Self::Upload => "upload",
            Self::Admin => "admin",
        }
    }
}

/// A buyer asking for units: `path` is without its prefix.
fn is_reserve(method: &Method, path: &str) -> bool {
    let canonical = path.starts_with("/seckill/activities/") && path.ends_with("/orders");
    method == Method::POST && (canonical || path == "/seckill")
}

fn is_health(path: &str) -> bool {
    matches!(path, "/health" | "/healthz" | "/ready" | "/version")
}

pub(crate) struct Lanes {
    seckill: Arc<Semaphore>,
    browse: Arc<Semaphore>,
    account: Arc<Semaphore>,
    money: Arc<Semaphore>,
    compare: Arc<Semaphore>,
    upload: Arc<Semaphore>,
    admin: Arc<Semaphore>,
}

impl Lanes {
    pub(crate) fn new(config: config::Lanes) -> Self {
        let lane = |size| Arc::new(Semaphore::new(size));
        Self {
            seckill: lane(config.seckill),
            browse: lane(config.browse),
            account: lane(config.account),
            money: lane(config.money),
            compare: lane(config.compare),
            upload: lane(config.upload),
            admin: lane(config.admin),
        }
    }

    /// `None`: the lane is full.
    pub(crate) fn enter(&self, lane: Lane) -> Option<OwnedSemaphorePermit> {
        let places = match lane {
            Lane::Seckill => &self.seckill,
            Lane::Browse => &self.browse,
            Lane::Account => &self.account,
            Lane::Money => &self.money,
            Lane::Compare => &self.compare,
            Lane::Upload => &self.upload,
            Lane::Admin => &self.admin,
        };
        Arc::clone(places).try_acquire_owned().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_path_has_its_lane() {
        for (method, path, lane) in [
            ("POST", "/api/v1/seckill/activities/7/orders", Lane::Seckill),
            ("POST", "/api/seckill", Lane::Seckill),
            ("POST", "/api/seckill/init", Lane::Admin),
            ("GET", "/api/v1/seckill/activities", Lane::Browse),
            ("GET", "/api/product", Lane::Browse),
            ("GET", "/api/v1/products/7", Lane::Browse),
            ("POST", "/api/v1/admin/products", Lane::Admin),
            ("POST", "/api/v1/auth/login", Lane::Account),
            ("GET", "/api/order", Lane::Account),
            ("POST", "/api/v1/orders/ORD1/pay", Lane::Money),
            ("POST", "/api/order/ORD1/pay", Lane::Money),
            ("POST", "/wechatpay/notify", Lane::Money),
            ("GET", "/healthz", Lane::Admin),
            ("POST", "/api/v1/compare/jobs", Lane::Upload),
            ("POST", "/compare/jobs", Lane::Upload),
            ("POST", "/api/compare/jobs", Lane::Upload),
            ("GET", "/api/v1/compare/jobs", Lane::Compare),
            ("POST", "/compare/jobs/job_1/cancel", Lane::Compare),
            ("GET", "/", Lane::Account),
        ] {
            let method: Method = method.parse().unwrap();
            assert_eq!(Lane::of(&method, path), lane, "{method} {path}");
        }
    }
}
