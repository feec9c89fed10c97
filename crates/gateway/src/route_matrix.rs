//! Role × route: who gets past the pipeline of which route, as requests. A new route fails here
//! until it is classified below, apart from the table that the pipeline reads.

use std::{collections::BTreeMap, time::Duration};

use auth::{Issuer, Principal, Role, Subject};
use clock::Clock;
use ids::UserId;
use reqwest::{Client, StatusCode};

use super::{Access, Table};

/// Anybody, whatever token comes along.
const PUBLIC: &str = "
    GET /health
    GET /healthz
    GET /ready
    GET /version
    GET /api/healthz
    POST /wechatpay/notify
    POST /wechatpay/notify/
    POST /api/v1/auth/register
    POST /api/v1/auth/login
    POST /api/v1/auth/refresh
    GET /swagger/doc.json
    GET /swagger/{file}
    GET /api/v1/products
    GET /api/v1/products/{id}
    GET /api/v1/products/{id}/inventory
    GET /api/v1/coupons
    GET /api/v1/seckill/activities
    GET /api/v1/seckill/activities/{id}
    POST /api/user/register
    POST /api/user/login
    POST /api/auth/refresh-token
    GET /api/product
    GET /api/product/{id}
    GET /compare/jobs/
    GET /api/compare/jobs/";

/// Anonymous callers and valid tokens.
const OPTIONAL: &str = "
    GET /profile
    GET /api/profile
    GET /api/v1/cart
    POST /api/v1/cart
    DELETE /api/v1/cart
    DELETE /api/v1/cart/clear
    PUT /api/v1/cart/items/{product_id}
    DELETE /api/v1/cart/items/{product_id}
    POST /compare/jobs
    GET /compare/jobs/{job_id}
    GET /compare/jobs/{job_id}/export
    POST /compare/jobs/{job_id}/cancel
    POST /api/compare/jobs
    GET /api/compare/jobs/{job_id}
    GET /api/compare/jobs/{job_id}/export
    POST /api/compare/jobs/{job_id}/cancel";

const USER: &str = "
    POST /api/v1/auth/logout
    POST /api/v1/auth/password
    GET /api/v1/users/me
    PATCH /api/v1/users/me
    GET /api/v1/users/profile
    GET /api/v1/profile
    POST /api/v1/seckill/activities/{id}/orders
    GET /api/v1/seckill/tickets/{ticket}
    GET /api/v1/orders
    GET /api/v1/orders/{order_no}
    POST /api/v1/orders/{order_no}/cancel
    POST /api/v1/orders/{order_no}/pay
    POST /api/v1/orders
    POST /api/v1/orders/checkout
    GET /api/v1/orders/{order_no}/log
    POST /api/v1/orders/{order_no}/confirm
    POST /api/v1/cart/merge
    GET /api/v1/coupons/applicable
    POST /api/v1/coupons/redeem
    POST /api/v1/coupons/{id}/claim
    GET /api/v1/users/me/coupons
    POST /api/v1/payments
    GET /api/v1/payments/{payment_no}
    POST /api/v1/payments/{payment_no}/close
    POST /api/v1/payments/mock/{payment_no}/success
    GET /api/v1/refunds/{refund_no}
    GET /api/v1/wallet
    GET /api/v1/wallet/entries
    POST /api/v1/wallet/top-ups
    POST /api/v1/wallet/transfers
    POST /api/v1/wallet/holds
    POST /api/v1/wallet/holds/{key}/capture
    POST /api/v1/wallet/holds/{key}/release
    POST /billing/pending
    POST /billing/deduct
    POST /api/billing/pending
    POST /api/billing/deduct
    POST /api/pay/wechat/unified-order
    GET /api/pay/wechat/query
    POST /api/pay/wechat/close
    GET /api/v1/compare/jobs
    POST /api/v1/compare/jobs
    GET /api/v1/compare/jobs/{job_id}
    GET /api/v1/compare/jobs/{job_id}/export
    GET /api/v1/compare/jobs/{job_id}/preview
    POST /api/v1/compare/jobs/{job_id}/cancel
    POST /api/v1/compare/jobs/{job_id}/retry
    GET /api/user/profile
    POST /api/auth/change-password
    POST /api/auth/logout
    POST /api/seckill
    GET /api/cart
    POST /api/cart
    PUT /api/cart
    DELETE /api/cart
    DELETE /api/cart/clear
    POST /api/order
    POST /api/order/checkout
    GET /api/order
    GET /api/order/{order_no}
    POST /api/order/{order_no}/pay
    POST /api/order/{order_no}/cancel";

const ADMIN: &str = "
    POST /api/v1/admin/products
    PUT /api/v1/admin/products/{id}
    PATCH /api/v1/admin/products/{id}
    DELETE /api/v1/admin/products/{id}
    POST /api/v1/admin/products/{id}/inventory/adjust
    PUT /api/v1/admin/products/{id}/inventory/low-stock
    GET /api/v1/admin/products/{id}/inventory/movements
    GET /api/v1/admin/products/{id}/price-changes
    GET /api/v1/admin/inventory/alerts/low-stock
    GET /api/v1/admin/coupons
    POST /api/v1/admin/coupons
    PUT /api/v1/admin/coupons/{id}
    POST /api/v1/admin/coupons/{id}/issue
    GET /api/v1/admin/orders
    POST /api/v1/admin/orders/{order_no}/ship
    POST /api/v1/admin/seckill/activities
    PUT /api/v1/admin/seckill/activities/{id}
    PATCH /api/v1/admin/seckill/activities/{id}
    DELETE /api/v1/admin/seckill/activities/{id}
    POST /api/v1/admin/seckill/activities/{id}/warmup
    POST /api/v1/admin/seckill/activities/{id}/reconcile
    POST /api/v1/admin/orders/{order_no}/refund
    POST /api/v1/payments/{payment_no}/refunds
    GET /api/v1/admin/payments
    GET /api/v1/admin/payments/reports/{date}
    GET /api/v1/admin/refunds
    GET /api/v1/admin/ledger/trial-balance
    GET /api/v1/admin/ledger/journals
    POST /api/v1/admin/ledger/verify
    GET /api/v1/admin/wallet/{uid}
    POST /api/v1/admin/wallet/{uid}/adjust
    POST /api/pay/wechat/refund
    POST /api/product
    PUT /api/product/{id}
    DELETE /api/product/{id}
    POST /api/seckill/init";

fn classified() -> BTreeMap<String, Access> {
    let classes = [
        (PUBLIC, Access::Public),
        (OPTIONAL, Access::Optional),
        (USER, Access::User),
        (ADMIN, Access::Admin),
    ];
    let lines = classes.into_iter().flat_map(|(lines, access)| {
        let lines = lines.lines().map(str::trim).filter(|line| !line.is_empty());
        lines.map(move |line| (line.to_owned(), access))
    });
    let mut classified = BTreeMap::new();
    for (line, access) in lines {
        let before = classified.insert(line.clone(), access);
        assert!(before.is_none(), "{line} is classified twice");
    }
    classified
}

fn routes() -> BTreeMap<String, Access> {
    let table: Table = crate::http::table().unwrap();
    let routes = table.routes().iter();
    routes
        .map(|route| (format!("{} {}", route.method, route.path), route.access))
        .collect()
}

#[test]
fn every_route_is_classified() {
    let (routes, classified) = (routes(), classified());
    for (route, access) in &routes {
        let expected = classified.get(route);
        assert!(
            expected.is_some(),
            "{route} has to be classified in this file"
        );
        assert_eq!(expected, Some(access), "{route}");
    }
    for route in classified.keys() {
        assert!(routes.contains_key(route), "{route} does not exist");
    }
}

/// A gateway whose services are all away: what gets past the pipeline ends as 503, or as whatever a
/// handler says about an empty body.
struct Asked {
    address: String,
    issuer: Issuer,
    http: Client,
}

impl Asked {
    fn start() -> Self {
        let mut config: crate::Config = testkit::config(crate::NAME, crate::DEFAULTS);
        config.http.listen = "127.0.0.1:0".parse().unwrap();
        let away = format!("http://127.0.0.1:{}", testkit::free_port());
        for peer in [
            &mut config.user,
            &mut config.product,
            &mut config.order,
            &mut config.seckill,
            &mut config.payment,
            &mut config.compare,
        ] {
            (peer.url, peer.timeout_ms) = (away.clone(), 500);
        }
        config.reserve.timeout_ms = 500;
        let (issuer, http) = (Issuer::new(&config.auth).unwrap(), Client::builder());
        let (ctx, _) = testkit::ctx(crate::NAME);
        let address = crate::start(&ctx, config).unwrap();
        Self {
            address: format!("http://{address}"),
            issuer,
            http: http.timeout(Duration::from_secs(5)).build().unwrap(),
        }
    }

    fn token(&self, user: i64, role: Role) -> String {
        let principal = Principal {
            user: UserId::try_from(user).unwrap(),
            username: format!("u{user}"),
            role,
            session: None,
        };
        let email = String::new();
        let life = Duration::from_secs(60);
        let subject = Subject { principal, email };
        self.issuer
            .issue_access(&subject, life, clock::SystemClock.now())
    }

    async fn status(&self, route: &str, token: Option<&str>) -> StatusCode {
        let (method, path) = route.split_once(' ').unwrap();
        let path = path.replace(['{', '}'], "");
        let url = format!("{}{path}", self.address);
        let request = self.http.request(method.parse().unwrap(), url);
        // What stands for an account where an anonymous caller has a cart.
        let mut request = request.header("x-cart-token", "0".repeat(32));
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        request.send().await.unwrap().status()
    }
}

#[tokio::test]
async fn each_role_gets_past_the_pipeline_of_its_own_routes_only() {
    const REFUSED: [StatusCode; 2] = [StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN];
    let asked = Asked::start();
    let mut wrong = Vec::new();
    // A caller of its own for each route: rates are per user.
    for (user, (route, access)) in (1..).zip(routes()) {
        let (buyer, admin) = (
            asked.token(user, Role::User),
            asked.token(user, Role::Admin),
        );
        for (who, token, refused) in [
            (
                "nobody",
                None,
                match access {
                    Access::Public | Access::Optional => None,
                    Access::User | Access::Admin => Some(StatusCode::UNAUTHORIZED),
                },
            ),
            (
                "a bad token",
                Some("no.token.ofours"),
                match access {
                    Access::Public => None,
                    Access::Optional | Access::User | Access::Admin => {
                        Some(StatusCode::UNAUTHORIZED)
                    }
                },
            ),
            (
                "a user",
                Some(buyer.as_str()),
                match access {
                    Access::Public | Access::Optional | Access::User => None,
                    Access::Admin => Some(StatusCode::FORBIDDEN),
                },
            ),
            ("an admin", Some(admin.as_str()), None),
        ] {
            let status = asked.status(&route, token).await;
            let as_it_should = match refused {
                Some(refused) => status == refused,
                None => !REFUSED.contains(&status),
            };
            if !as_it_should {
                wrong.push(format!("{who}: {route}: {status}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
