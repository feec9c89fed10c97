//! The Gomall face, call by call as its front end makes them, with the fields that its pages read.

use e2e::{
    api::{Account, Api},
    fleet::Fleet,
    sale,
};
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn the_shops_front_end_works_unchanged() {
    let fleet = Fleet::start().await.unwrap();
    let shop = Shop {
        api: fleet.api().unwrap(),
        admin: fleet.admin().await.unwrap(),
    };
    let shopper = shop.signs_up().await;
    shop.keeps_its_session(&shopper).await;
    let product = shop.shows_its_catalogue().await;
    shop.changes_a_product(product).await;
    let order_no = shop.sells(&shopper, product).await;
    shop.shows_orders_to_their_buyer(&shopper, &order_no).await;
    shop.cancels_and_sells_again(&shopper, product, &order_no)
        .await;
    shop.refuses_in_its_own_words(&shopper).await;
}

struct Shop {
    api: Api,
    admin: Account,
}

fn has(value: &Value, fields: &[&str]) {
    for field in fields {
        assert!(!value[field].is_null(), "no {field} in {value}");
    }
}

impl Shop {
    /// Without e-mail, as the page does; a wrong password is HTTP 200, because 401 would reload the
    /// page.
    async fn signs_up(&self) -> Account {
        let body = json!({"username": "shopper", "password": "secret-1", "email": ""});
        let registered = self
            .api
            .post("/api/user/register", None, &body)
            .await
            .unwrap();
        let said = (registered.status.as_u16(), registered.code());
        assert_eq!(said, (200, 0), "{}", registered.body);
        assert_eq!(registered.body["message"], "success");
        let user = &registered.data()["user"];
        has(
            user,
            &["id", "username", "email", "phone", "role", "created_at"],
        );
        let again = self
            .api
            .post("/api/user/register", None, &body)
            .await
            .unwrap();
        assert_eq!(
            (again.status.as_u16(), again.code()),
            (200, 10002),
            "{}",
            again.body
        );
        let wrong = json!({"username": "shopper", "password": "wrong-1"});
        let wrong = self
            .api
            .post("/api/user/login", None, &wrong)
            .await
            .unwrap();
        assert_eq!(
            (wrong.status.as_u16(), wrong.code()),
            (200, 10004),
            "{}",
            wrong.body
        );
        let login = self.api.post("/api/user/login", None, &body).await.unwrap();
        Account {
            name: "shopper".into(),
            id: login.data()["user"]["id"].as_i64().unwrap(),
            token: login.data()["token"].as_str().unwrap().to_owned(),
        }
    }

    async fn keeps_its_session(&self, shopper: &Account) {
        let nobody = self.api.get("/api/user/profile", None).await.unwrap();
        assert_eq!(nobody.status.as_u16(), 401);
        has(&nobody.body, &["code", "message", "msg"]);
        let profile = self
            .api
            .get("/api/user/profile", Some(shopper))
            .await
            .unwrap();
        assert_eq!(profile.data()["username"], "shopper");
        // Its helper sends no body.
        let path = "/api/auth/refresh-token";
        let renewed = self
            .api
            .post(path, Some(shopper), &json!({}))
            .await
            .unwrap();
        has(renewed.data(), &["token"]);
        let body = json!({"refresh_token": shopper.token});
        let renewed = self.api.post(path, None, &body).await.unwrap();
        has(renewed.data(), &["token"]);
        let forged = self
            .api
            .post(path, None, &json!({"refresh_token": "x.y.z"}))
            .await
            .unwrap();
        assert_eq!(
            (forged.status.as_u16(), forged.code()),
            (200, 401),
            "{}",
            forged.body
        );
    }

    /// With the empty filters that the page sends.
    async fn shows_its_catalogue(&self) -> i64 {
        let product = json!({"name": "旗舰手机", "price": 4999.5, "stock": 10, "category": "数码"});
        let product = self
            .api
            .post("/api/product", Some(&self.admin), &product)
            .await
            .unwrap();
        assert_eq!(product.code(), 0, "{}", product.body);
        let path = "/api/product?page=1&page_size=12&category=&keyword=";
        let list = self.api.get(path, None).await.unwrap();
        assert_eq!(list.data()["total"], 1, "{}", list.body);
        has(list.data(), &["list", "page", "page_size", "total_page"]);
        let shown = &list.data()["list"][0];
        has(
            shown,
            &[
                "id",
                "name",
                "price",
                "stock",
                "category",
                "status",
                "created_at",
            ],
        );
        assert!(
            shown["price"].is_number(),
            "a page calls toFixed() on it: {shown}"
        );
        let missing = self.api.get("/api/product/999999", None).await.unwrap();
        assert_eq!(
            (missing.status.as_u16(), missing.code()),
            (200, 20001),
            "{}",
            missing.body
        );
        product.data()["id"].as_i64().unwrap()
    }

    async fn changes_a_product(&self, id: i64) {
        let path = format!("/api/product/{id}");
        let change = json!({"name": "", "category": "手机"});
        let changed = self
            .api
            .put(&path, Some(&self.admin), &change)
            .await
            .unwrap();
        assert_eq!(
            (changed.code(), changed.body.get("data")),
            (0, None),
            "{}",
            changed.body
        );
        let product = self.api.get(&path, None).await.unwrap();
        let fields = (&product.data()["category"], &product.data()["stock"]);
        assert_eq!(
            fields,
            (&json!("手机"), &json!(10)),
            "an absent stock stays"
        );
        self.hides_a_product(id).await;
    }

    /// Off the shelf it exists for administrators alone, at once and in both APIs.
    async fn hides_a_product(&self, id: i64) {
        let path = format!("/api/product/{id}");
        let put = async |status: i32| {
            let change = json!({"status": status});
            let changed = self.api.put(&path, Some(&self.admin), &change).await;
            assert_eq!(changed.unwrap().code(), 0);
        };
        let code = async |path: &str, caller: Option<&Account>| {
            self.api.get(path, caller).await.unwrap().code()
        };
        put(0).await;
        for path in [path.clone(), format!("/api/v1/products/{id}")] {
            assert_eq!(code(&path, None).await, 20001, "{path}");
            assert_eq!(code(&path, Some(&self.admin)).await, 0, "{path}");
        }
        put(1).await;
        assert_eq!(code(&path, None).await, 0);
    }

    /// By the init route, whose server reads the query; the order page shows the order at once.
    async fn sells(&self, shopper: &Account, product: i64) -> String {
        let body = json!({"product_id": product});
        let forbidden = self
            .api
            .post("/api/seckill/init", Some(shopper), &body)
            .await
            .unwrap();
        assert_eq!(forbidden.status.as_u16(), 403);
        let path = format!("/api/seckill/init?product_id={product}&stock=3");
        let opened = self
            .api
            .post(&path, Some(&self.admin), &json!({}))
            .await
            .unwrap();
        assert_eq!(opened.code(), 0, "{}", opened.body);
        assert_eq!(opened.data()["stock"], 3, "{}", opened.body);
        let won = self.buys(shopper, product).await;
        has(
            &won,
            &[
                "order_no",
                "product_id",
                "product_name",
                "price",
                "quantity",
                "created_at",
            ],
        );
        assert_eq!(won["success"], true);
        won["order_no"].as_str().unwrap().to_owned()
    }

    async fn buys(&self, shopper: &Account, product: i64) -> Value {
        let body = json!({"product_id": product});
        let buy = async || self.api.post("/api/seckill", Some(shopper), &body).await;
        sale::patiently(buy).await.unwrap().data().clone()
    }

    async fn shows_orders_to_their_buyer(&self, shopper: &Account, order_no: &str) {
        let orders = self.api.get("/api/order", Some(shopper)).await.unwrap();
        let order = &orders.data()["list"][0];
        assert_eq!(order["order_no"], order_no, "{}", orders.body);
        has(
            order,
            &[
                "id",
                "product_name",
                "quantity",
                "total_price",
                "status",
                "created_at",
            ],
        );
        assert!(order["total_price"].is_number());
        let path = format!("/api/order/{order_no}");
        let detail = self.api.get(&path, Some(shopper)).await.unwrap();
        assert_eq!(detail.code(), 0, "{}", detail.body);
        let stranger = self.api.register("stranger", "secret-1").await.unwrap();
        let foreign = self.api.get(&path, Some(&stranger)).await.unwrap();
        assert_eq!(
            (foreign.status.as_u16(), foreign.code()),
            (200, 30001),
            "{}",
            foreign.body
        );
        // No order is paid by pressing a button unless configuration allows it.
        let pay = format!("/api/order/{order_no}/pay");
        let paid = self
            .api
            .post(&pay, Some(shopper), &json!({"pay_type": 1}))
            .await
            .unwrap();
        assert_eq!(
            (paid.status.as_u16(), paid.code()),
            (200, 30010),
            "{}",
            paid.body
        );
    }

    async fn cancels_and_sells_again(&self, shopper: &Account, product: i64, order_no: &str) {
        let cancel = format!("/api/order/{order_no}/cancel");
        let cancelled = self
            .api
            .post(&cancel, Some(shopper), &json!({}))
            .await
            .unwrap();
        assert_eq!(cancelled.code(), 0, "{}", cancelled.body);
        let path = format!("/api/order/{order_no}");
        let detail = self.api.get(&path, Some(shopper)).await.unwrap();
        assert_eq!(detail.data()["status"], 5, "{}", detail.body);
        // The slot comes back when the release has arrived; until then the old order is the answer.
        for _ in 0..100 {
            if self.buys(shopper, product).await["order_no"] != order_no {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        }
        panic!("a cancelled order frees its buyer");
    }

    async fn refuses_in_its_own_words(&self, shopper: &Account) {
        let bad = json!({"product_id": "seven"});
        let bad = self
            .api
            .post("/api/seckill", Some(shopper), &bad)
            .await
            .unwrap();
        assert_eq!(
            (bad.status.as_u16(), bad.code()),
            (200, 400),
            "{}",
            bad.body
        );
        let none = json!({"product_id": 999_999});
        let none = self
            .api
            .post("/api/seckill", Some(shopper), &none)
            .await
            .unwrap();
        assert_eq!(
            (none.status.as_u16(), none.code()),
            (200, 60008),
            "{}",
            none.body
        );
        let body = json!({"old_password": "secret-1", "new_password": "secret-1"});
        let same = self
            .api
            .post("/api/auth/change-password", Some(shopper), &body)
            .await
            .unwrap();
        assert_eq!(
            (same.status.as_u16(), same.code()),
            (200, 400),
            "{}",
            same.body
        );
        let out = self
            .api
            .post("/api/auth/logout", Some(shopper), &json!({}))
            .await
            .unwrap();
        assert_eq!(out.code(), 0, "{}", out.body);
    }
}
