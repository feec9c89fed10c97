//! Whatever is sent, the answer is coded, and the fleet lives on.

use e2e::{
    api::{Account, Answer, Api},
    fleet::{Fleet, PASSWORD},
    sale,
};
use reqwest::Method;
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn bad_input_gets_a_coded_answer_and_nothing_else_happens() {
    let fleet = Fleet::start().await.unwrap();
    let (api, admin) = (fleet.api().unwrap(), fleet.admin().await.unwrap());
    let buyers = sale::buyers(&api, 2, PASSWORD).await.unwrap();
    let activity = sale::open(&api, &admin, 1, 900).await.unwrap();
    bodies(&api, &admin).await;
    tokens(&api, &buyers[0]).await;
    quantities(&api, &buyers[0], activity).await;
    activities(&api, &admin, activity).await;
    somebody_elses(&api, &buyers, activity).await;
    roles(&api, &buyers[0]).await;
    let healthy = api.get("/health", None).await.unwrap();
    assert_eq!(healthy.body["status"], "healthy", "{}", healthy.body);
    for service in e2e::fleet::SERVICES {
        let log = std::fs::read_to_string(fleet.log(service)).unwrap();
        assert!(!log.contains("panicked"), "{service} panicked:\n{log}");
    }
}

#[track_caller]
fn is(answer: &Answer, status: u16, code: i64) {
    assert_eq!(
        (answer.status.as_u16(), answer.code()),
        (status, code),
        "{}",
        answer.body
    );
    for field in ["message", "request_id", "trace_id", "timestamp"] {
        assert!(
            answer.body[field].is_string(),
            "no {field} in {}",
            answer.body
        );
    }
}

async fn bodies(api: &Api, admin: &Account) {
    let send = async |kind: &str, body: Vec<u8>| {
        let request = api
            .raw(Method::POST, "/api/v1/admin/products")
            .bearer_auth(&admin.token)
            .header("content-type", kind)
            .body(body);
        Api::answer(request).await.unwrap()
    };
    const JSON: &str = "application/json";
    for body in [
        "",
        "{",
        "null",
        "[]",
        "\"x\"",
        "{\"name\": 7}",
        "{\"price\": \"1.005\"}",
    ] {
        is(&send(JSON, body.into()).await, 400, 400);
    }
    is(&send(JSON, vec![0xff, 0xfe]).await, 400, 400);
    is(
        &send(JSON, "[".repeat(100_000).into_bytes()).await,
        400,
        400,
    );
    is(&send("text/plain", b"{}".to_vec()).await, 415, 415);
    is(&send(JSON, vec![b' '; 2 << 20]).await, 413, 413);
    for product in [
        json!({"name": "x", "price": -1, "stock": 1}),
        json!({"name": "x", "price": 1, "stock": -1}),
        json!({"name": "", "price": 1, "stock": 1}),
        json!({"name": "x".repeat(100_000), "price": 1, "stock": 1}),
        json!({"name": "x", "price_fen": i64::MAX, "stock": 1}),
    ] {
        let answer = api
            .post("/api/v1/admin/products", Some(admin), &product)
            .await
            .unwrap();
        is(&answer, 400, 20006);
    }
    is(&api.get("/api/v1/nothing", None).await.unwrap(), 404, 404);
    let method = api
        .send(Method::DELETE, "/api/v1/auth/login", None, None, None)
        .await
        .unwrap();
    is(&method, 405, 405);
}

/// Tokens of other makers, other times and other kinds.
async fn tokens(api: &Api, buyer: &Account) {
    let mut parts = buyer.token.split('.');
    let (header, claims) = (parts.next().unwrap(), parts.next().unwrap());
    // {"alg":"none","typ":"JWT"}
    let none = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0";
    for token in [
        String::new(),
        "x".into(),
        "x.y.z".into(),
        format!("{header}.{claims}.AAAA"),
        format!("{header}.{claims}."),
        format!("{none}.{claims}."),
        format!("{}x", buyer.token),
        "a".repeat(5_000),
    ] {
        let request = api.raw(Method::GET, "/api/v1/users/me").bearer_auth(&token);
        let answer = Api::answer(request).await.unwrap();
        assert_eq!(answer.status.as_u16(), 401, "{token}: {}", answer.body);
        assert!(
            [401, 10005, 10006].contains(&answer.code()),
            "{}",
            answer.body
        );
    }
    is(&api.get("/api/v1/users/me", None).await.unwrap(), 401, 401);
}

async fn quantities(api: &Api, buyer: &Account, activity: i64) {
    let first = sale::patiently(async || api.reserve(activity, buyer, None, 1).await);
    let order_no = first.await.unwrap().data()["order_no"].clone();
    let path = format!("/api/v1/seckill/activities/{activity}/orders");
    for quantity in [json!(0), json!(-1), json!(i32::MAX)] {
        let answer = slowly(async || {
            api.post(&path, Some(buyer), &json!({"quantity": quantity}))
                .await
                .unwrap()
        });
        is(&answer.await, 400, 60006);
    }
    for quantity in [json!(i64::MAX), json!(1.5), json!("1"), json!([1])] {
        let answer = slowly(async || {
            api.post(&path, Some(buyer), &json!({"quantity": quantity}))
                .await
                .unwrap()
        });
        is(&answer.await, 400, 400);
    }
    for id in [
        "0",
        "-1",
        "x",
        "99999999999999999999",
        "9007199254740993",
        "123456",
    ] {
        let path = format!("/api/v1/seckill/activities/{id}/orders");
        let answer = slowly(async || api.post(&path, Some(buyer), &json!({})).await.unwrap());
        is(&answer.await, 404, 60008);
    }
    let again = slowly(async || api.reserve(activity, buyer, None, 1).await.unwrap()).await;
    assert_eq!(again.data()["order_no"], order_no, "{}", again.body);
}

/// Steps over the limit of five requests a second.
async fn slowly(ask: impl AsyncFn() -> Answer) -> Answer {
    loop {
        let answer = ask().await;
        if answer.code() != 60010 {
            return answer;
        }
        assert_eq!(answer.status.as_u16(), 429);
        assert!(
            answer.headers.contains_key("retry-after"),
            "{}",
            answer.body
        );
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    }
}

async fn activities(api: &Api, admin: &Account, activity: i64) {
    let good = json!({
        "product_id": 1, "name": "x", "spike_price": "1.00", "spike_stock": 1,
        "start_at": "2030-01-01T00:00:00Z", "end_at": "2030-01-02T00:00:00Z",
    });
    for (field, value) in [
        ("end_at", json!("2029-01-01T00:00:00Z")),
        ("end_at", json!("2030-01-01T00:00:00Z")),
        ("spike_stock", json!(-1)),
        ("spike_stock", json!(0)),
        ("spike_price", json!(-1)),
        ("per_user_limit", json!(-1)),
        ("per_user_limit", json!(1_000_000)),
        ("payment_window_s", json!(-1)),
    ] {
        let mut activity = good.clone();
        activity[field] = value;
        let path = "/api/v1/admin/seckill/activities";
        let answer = api.post(path, Some(admin), &activity).await.unwrap();
        assert_eq!(answer.status.as_u16(), 400, "{activity}: {}", answer.body);
    }
    let path = format!("/api/v1/admin/seckill/activities/{activity}");
    let below = api
        .put(&path, Some(admin), &json!({"spike_stock": 0}))
        .await
        .unwrap();
    assert!(below.status.is_client_error(), "{}", below.body);
    let backwards = json!({"end_at": "2020-01-01T00:00:00Z"});
    let backwards = api.put(&path, Some(admin), &backwards).await.unwrap();
    assert_eq!(backwards.status.as_u16(), 400, "{}", backwards.body);
}

/// What belongs to another user looks as if it did not exist.
async fn somebody_elses(api: &Api, buyers: &[Account], activity: i64) {
    let (owner, stranger) = (&buyers[0], &buyers[1]);
    let mine = slowly(async || api.reserve(activity, owner, None, 1).await.unwrap()).await;
    let ticket = mine.data()["ticket"].as_str().unwrap();
    let order_no = mine.data()["order_no"].as_str().unwrap();
    let paths = |ticket: &str, order_no: &str| {
        [
            format!("/api/v1/seckill/tickets/{ticket}"),
            format!("/api/v1/orders/{order_no}"),
        ]
    };
    let forged = paths(&format!("{ticket}x"), "ORD20260101000000000001");
    let nonsense = paths("x", "x");
    for path in paths(ticket, order_no)
        .iter()
        .chain(&forged)
        .chain(&nonsense)
    {
        let answer = api.get(path, Some(stranger)).await.unwrap();
        assert_eq!(answer.status.as_u16(), 404, "{path}: {}", answer.body);
    }
    for verb in ["cancel", "pay"] {
        let path = format!("/api/v1/orders/{order_no}/{verb}");
        is(
            &api.post(&path, Some(stranger), &json!({})).await.unwrap(),
            404,
            30001,
        );
    }
    let payment = api
        .get("/api/v1/payments/PAY20260101000000000001", Some(stranger))
        .await;
    is(&payment.unwrap(), 404, 40010);
}

async fn roles(api: &Api, buyer: &Account) {
    let nothing = Value::Object(serde_json::Map::new());
    for path in [
        "/api/v1/admin/products",
        "/api/v1/admin/seckill/activities",
        "/api/v1/admin/seckill/activities/1/warmup",
        "/api/v1/admin/seckill/activities/1/reconcile",
        "/api/v1/admin/orders/ORD20260101000000000001/refund",
    ] {
        is(
            &api.post(path, Some(buyer), &nothing).await.unwrap(),
            403,
            10010,
        );
        is(&api.post(path, None, &nothing).await.unwrap(), 401, 401);
    }
}
