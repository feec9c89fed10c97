//! The same through the gateway, as clients see it: the canonical API, and the old shop's pages.

use std::time::Duration;

use auth::{Issuer, Subject};
use clock::Clock;
use proto::order::State;
use reqwest::{Client, Method};
use serde_json::{Value, json};

use crate::support::{Shop, admin, buyer};

const TOKEN: &str = "fedcba9876543210fedcba9876543210";

struct Door<'a> {
    shop: &'a Shop,
    http: Client,
    base: String,
    issuer: Issuer,
}

impl<'a> Door<'a> {
    fn open(shop: &'a Shop) -> Self {
        let mut config: gateway::Config = testkit::config(gateway::NAME, gateway::DEFAULTS);
        // The tokens of this test belong to no session.
        config.auth.accept_sessionless = true;
        config.http.listen = "127.0.0.1:0".parse().unwrap();
        config.product = shop.of_product.clone();
        config.order = shop.of_order.clone();
        let issuer = Issuer::new(&config.auth).unwrap();
        let address = gateway::start(&shop.ctx, config).unwrap();
        Self {
            shop,
            http: Client::builder()
                .timeout(Duration::from_secs(30))
                .build()
                .unwrap(),
            base: format!("http://{address}"),
            issuer,
        }
    }

    fn token(&self, principal: auth::Principal) -> String {
        let subject = Subject {
            principal,
            email: String::new(),
        };
        let life = Duration::from_secs(900);
        self.issuer
            .issue_access(&subject, life, self.shop.clock.now())
    }

    /// Status and body; `user` 0 is anonymous, -1 an admin.
    async fn ask(&self, user: i64, method: Method, path: &str, body: Value) -> (u16, Value) {
        let url = format!("{}{path}", self.base);
        let mut request = self.http.request(method, url);
        request = match user {
            0 => request.header("x-cart-token", TOKEN),
            -1 => request.bearer_auth(self.token(admin())),
            user => request.bearer_auth(self.token(buyer(user))),
        };
        if !body.is_null() {
            request = request.json(&body);
        }
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        (status, answer.json().await.unwrap_or_default())
    }

    /// The data of an answer that is fine.
    async fn data(&self, user: i64, method: Method, path: &str, body: Value) -> Value {
        let (status, answer) = self.ask(user, method, path, body).await;
        assert_eq!((status, &answer["code"]), (200, &json!(0)), "{answer}");
        answer["data"].clone()
    }

    async fn refused(&self, user: i64, method: Method, path: &str, body: Value) -> (u16, i64) {
        let (status, answer) = self.ask(user, method, path, body).await;
        (status, answer["code"].as_i64().unwrap_or_default())
    }
}

/// From an anonymous cart to a confirmed delivery, with a coupon; and one that is cancelled.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[expect(clippy::too_many_lines, reason = "one story, told in its order")]
async fn a_purchase_from_an_anonymous_cart_to_its_delivery() {
    let shop = Shop::open().await;
    let lamp = shop.product("lamp", 9_900, 10).await;
    let door = Door::open(&shop);
    let template = json!({
        "name": "满100减10", "type": "full_reduction", "amount": 10, "threshold_amount": "100.00",
        "total_count": 5, "start_at": "2020-01-01T00:00:00+08:00",
        "end_at": "2099-01-01T00:00:00+08:00",
    });
    let path = "/api/v1/admin/coupons";
    assert_eq!(
        door.refused(1, Method::POST, path, template.clone()).await,
        (403, 10_010)
    );
    let coupon = door.data(-1, Method::POST, path, template).await;
    let listed = door.data(0, Method::GET, "/api/v1/coupons", Value::Null);
    assert_eq!(listed.await["items"][0]["remaining"], 5);
    let path = format!("/api/v1/coupons/{}/claim", coupon["id"]);
    let mine = door.data(1, Method::POST, &path, Value::Null).await;
    assert_eq!(mine["number"], 1);
    assert_eq!(
        door.refused(1, Method::POST, &path, Value::Null).await,
        (409, 30_023)
    );

    let line = json!({"product_id": lamp, "quantity": 2});
    let cart = door
        .data(0, Method::POST, "/api/v1/cart", line.clone())
        .await;
    assert_eq!(cart["total_price"], json!(198.0));
    let merge = json!({"cart_token": TOKEN});
    door.data(1, Method::POST, "/api/v1/cart/merge", merge)
        .await;
    let cart = door.data(1, Method::GET, "/api/v1/cart", Value::Null).await;
    assert_eq!(cart["items"][0]["quantity"], 2);

    let checkout = json!({
        "coupon_id": mine["id"], "remark": "周末送",
        "address": {"name": "李雷", "phone": "13800000000", "detail": "一号楼"},
    });
    let path = "/api/v1/orders/checkout";
    let made = door.data(1, Method::POST, path, checkout).await;
    let order = &made["orders"][0];
    assert_eq!(order["payable"], json!(188.0));
    assert_eq!(order["total_price"], json!(198.0));
    assert_eq!(
        (&order["source"], &order["status"]),
        (&json!("normal"), &json!("pending_payment"))
    );
    assert_eq!(order["address"]["name"], "李雷");
    let no = order["order_no"].as_str().unwrap();
    assert_eq!(
        door.refused(1, Method::POST, path, Value::Null).await,
        (409, 50_001)
    );

    let view = shop.get(1, no).await;
    shop.pay(&view).await;
    let parcel = json!({"carrier": "顺丰", "tracking_no": "SF1"});
    let path = format!("/api/v1/admin/orders/{no}/ship");
    assert_eq!(
        door.refused(1, Method::POST, &path, parcel.clone()).await,
        (403, 10_010)
    );
    let sent = door.data(-1, Method::POST, &path, parcel).await;
    assert_eq!(sent["status"], "shipped");
    let path = format!("/api/v1/orders/{no}/confirm");
    let done = door.data(1, Method::POST, &path, Value::Null).await;
    assert_eq!(done["status"], "completed");
    let path = format!("/api/v1/orders/{no}/log");
    let log = door.data(1, Method::GET, &path, Value::Null).await;
    assert_eq!(log["items"].as_array().map(Vec::len), Some(4));
    let path = "/api/v1/admin/orders?status=completed";
    let all = door.data(-1, Method::GET, path, Value::Null).await;
    assert_eq!(all["total"], 1);

    let path = "/api/v1/orders";
    let second = door.data(1, Method::POST, path, line).await;
    let no = second["order_no"].as_str().unwrap();
    let path = format!("/api/v1/orders/{no}/cancel");
    let over = door.data(1, Method::POST, &path, Value::Null).await;
    assert_eq!(over["status"], "cancelled");
    shop.level_becomes(lamp, (8, 0)).await;
    let path = format!("/api/v1/admin/products/{lamp}/inventory/movements");
    let moved = door.data(-1, Method::GET, &path, Value::Null).await;
    let kinds: Vec<_> = moved["items"].as_array().unwrap().iter().collect();
    assert_eq!(kinds.len(), 4, "reserve, consume, reserve, release");
}

/// The old shop's own calls, with the fields that its pages read, and its envelope.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_old_shops_cart_and_orders_work_unchanged() {
    let shop = Shop::open().await;
    let lamp = shop.product("lamp", 9_900, 10).await;
    let door = Door::open(&shop);
    let (status, answer) = door.ask(0, Method::GET, "/api/cart", Value::Null).await;
    assert_eq!(status, 401);
    assert!(answer["message"].is_string() && answer["msg"].is_string());

    let line = json!({"product_id": lamp, "quantity": 1});
    let item = door.data(1, Method::POST, "/api/cart", line.clone()).await;
    assert_eq!(
        (&item["price"], &item["sub_total"]),
        (&json!(99.0), &json!(99.0))
    );
    // In the query as its server read it, in the body as its page sends it.
    let path = format!("/api/cart?product_id={lamp}");
    door.ask(1, Method::PUT, &path, json!({"quantity": 3}))
        .await;
    let cart = door.data(1, Method::GET, "/api/cart", Value::Null).await;
    assert_eq!(
        (&cart["total_count"], &cart["total_price"]),
        (&json!(3), &json!(297.0))
    );
    let body = json!({"product_id": lamp, "quantity": 2});
    door.ask(1, Method::PUT, "/api/cart", body).await;
    let made = door
        .data(1, Method::POST, "/api/order/checkout", json!({}))
        .await;
    assert_eq!(made.as_array().map(Vec::len), Some(1));
    assert_eq!(
        (&made[0]["status"], &made[0]["quantity"]),
        (&json!(1), &json!(2))
    );
    assert!(made[0]["total_price"].is_number() && made[0]["created_at"].is_string());
    // Business refusals are HTTP 200.
    let again = door.refused(1, Method::POST, "/api/order/checkout", json!({}));
    assert_eq!(again.await, (200, 50_001));
    let many = json!({"product_id": lamp, "quantity": 100});
    let refused = door.refused(1, Method::POST, "/api/order", many);
    assert_eq!(refused.await, (200, 20_004));

    let order = door.data(1, Method::POST, "/api/order", line.clone()).await;
    let list = door.data(1, Method::GET, "/api/order", Value::Null).await;
    assert_eq!(list["list"][0]["order_no"], order["order_no"]);
    assert_eq!(list["total"], 2);
    let no = order["order_no"].as_str().unwrap();
    let (status, answer) = door
        .ask(
            1,
            Method::POST,
            &format!("/api/order/{no}/cancel"),
            json!({}),
        )
        .await;
    assert_eq!((status, &answer["code"]), (200, &json!(0)));
    assert_eq!(shop.get(1, no).await.state(), State::Closed);

    door.data(1, Method::POST, "/api/cart", line).await;
    let body = json!({"product_id": lamp});
    door.ask(1, Method::DELETE, "/api/cart", body).await;
    let cart = door.data(1, Method::GET, "/api/cart", Value::Null).await;
    assert_eq!(cart["items"], json!([]));
    let (status, _) = door
        .ask(1, Method::DELETE, "/api/cart/clear", Value::Null)
        .await;
    assert_eq!(status, 200);
}
