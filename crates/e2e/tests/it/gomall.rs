//! The Gomall face, call by call as its front end makes them, with the fields that its pages read.

use e2e::{api::Account, fleet::Fleet, sale};
use serde_json::{Value, json};

fn has(value: &Value, fields: &[&str]) {
    for field in fields {
        assert!(!value[field].is_null(), "no {field} in {value}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_shops_front_end_works_unchanged() {
    let fleet = Fleet::start().await.unwrap();
    let (api, admin) = (fleet.api().unwrap(), fleet.admin().await.unwrap());

    // Register without e-mail, as the page does.
    let body = json!({"username": "shopper", "password": "secret1", "email": ""});
    let registered = api.post("/api/user/register", None, &body).await.unwrap();
    assert_eq!((registered.status.as_u16(), registered.code()), (200, 0), "{}", registered.body);
    has(&registered.data()["user"], &["id", "username", "role"]);
    let shopper = Account {
        name: "shopper".into(),
        id: registered.data()["user"]["id"].as_i64().unwrap(),
        token: registered.data()["token"].as_str().unwrap().to_owned(),
    };

    // A wrong password is HTTP 200: 401 would reload the page.
    let body = json!({"username": "shopper", "password": "wrong-1"});
    let wrong = api.post("/api/user/login", None, &body).await.unwrap();
    assert_eq!((wrong.status.as_u16(), wrong.code()), (200, 10004), "{}", wrong.body);
    let nobody = api.get("/api/user/profile", None).await.unwrap();
    assert_eq!(nobody.status.as_u16(), 401);
    has(&nobody.body, &["code", "message", "msg"]);
    let profile = api.get("/api/user/profile", Some(&shopper)).await.unwrap();
    assert_eq!(profile.data()["username"], "shopper");

    // The catalogue, with the empty filters that the page sends.
    let product = json!({"name": "旗舰手机", "price": 4999.5, "stock": 10, "category": "数码"});
    let product = api.post("/api/product", Some(&admin), &product).await.unwrap();
    assert_eq!(product.code(), 0, "{}", product.body);
    let id = product.data()["id"].as_i64().unwrap();
    let list = api.get("/api/product?page=1&page_size=12&category=&keyword=", None).await.unwrap();
    assert_eq!(list.data()["total"], 1, "{}", list.body);
    let shown = &list.data()["list"][0];
    has(shown, &["id", "name", "price", "stock", "category", "status", "created_at"]);
    assert!(shown["price"].is_number(), "a page calls toFixed() on it: {shown}");
    let missing = api.get("/api/product/999999", None).await.unwrap();
    assert_eq!((missing.status.as_u16(), missing.code()), (200, 20001), "{}", missing.body);

    // A sale by the init route, and a purchase that the order page shows at once.
    let forbidden = api.post("/api/seckill/init", Some(&shopper), &json!({"product_id": id})).await.unwrap();
    assert_eq!(forbidden.status.as_u16(), 403);
    let path = format!("/api/seckill/init?product_id={id}&stock=3");
    let opened = api.post(&path, Some(&admin), &json!({})).await.unwrap();
    assert_eq!(opened.code(), 0, "{}", opened.body);
    assert_eq!((&opened.data()["product_id"], &opened.data()["stock"]), (&json!(id), &json!(3)));
    let won = sale::patiently(async || {
        api.post("/api/seckill", Some(&shopper), &json!({"product_id": id})).await
    })
    .await
    .unwrap();
    has(won.data(), &["order_no", "product_id", "product_name", "price", "quantity", "created_at", "success"]);
    let order_no = won.data()["order_no"].as_str().unwrap().to_owned();
    let orders = api.get("/api/order", Some(&shopper)).await.unwrap();
    assert_eq!(orders.data()["list"][0]["order_no"], order_no.as_str(), "{}", orders.body);
    let order = &orders.data()["list"][0];
    has(order, &["id", "product_name", "quantity", "total_price", "status", "created_at"]);
    assert!(order["total_price"].is_number());

    // Detail, somebody else's detail, cancel.
    let detail = api.get(&format!("/api/order/{order_no}"), Some(&shopper)).await.unwrap();
    assert_eq!(detail.code(), 0, "{}", detail.body);
    let foreign = api.get(&format!("/api/order/{order_no}"), Some(&admin)).await.unwrap();
    assert_eq!((foreign.status.as_u16(), foreign.code()), (200, 30001), "{}", foreign.body);
    let cancel = format!("/api/order/{order_no}/cancel");
    let cancelled = api.post(&cancel, Some(&shopper), &json!({})).await.unwrap();
    assert_eq!(cancelled.code(), 0, "{}", cancelled.body);
    let again = sale::patiently(async || {
        api.post("/api/seckill", Some(&shopper), &json!({"product_id": id})).await
    })
    .await
    .unwrap();
    assert_ne!(again.data()["order_no"], order_no.as_str(), "a cancelled order frees the buyer");
}
