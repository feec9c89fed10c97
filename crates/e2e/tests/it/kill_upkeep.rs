//! `kill -9` while seckill looks after a sale: in the middle of a rebuild, and of an intent.

use std::time::Duration;

use e2e::{
    api::{Account, Answer, Api, poll},
    fleet::{Fleet, PASSWORD},
    sale,
};
use kv::cmd;
use serde_json::json;

const REST: Duration = Duration::from_secs(120);

/// Seckill will stop dead where `point` is.
async fn lay(fleet: &mut Fleet, point: &str) {
    let trap = format!("{point}=1*sleep(120000)");
    fleet
        .restart("seckill", &[("FAILPOINTS", &trap)])
        .await
        .unwrap();
}

async fn asked(api: &Api, activity: i64, buyer: &Account) -> Answer {
    sale::patiently_until(REST, async || api.reserve(activity, buyer, None, 1).await)
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rebuild_that_dies_anywhere_is_taken_over() {
    let mut fleet = Fleet::start().await.unwrap();
    let (api, admin) = (fleet.api().unwrap(), fleet.admin().await.unwrap());
    let buyers = sale::buyers(&api, 5, PASSWORD).await.unwrap();
    let activity = sale::open(&api, &admin, 4, 900).await.unwrap();
    let auditor = fleet.auditor().await.unwrap();
    let first = asked(&api, activity, &buyers[0]).await;
    let points = [
        "rebuild.after_pause",
        "rebuild.after_fence",
        "rebuild.after_stage",
    ];
    for (point, buyer) in points.iter().zip(&buyers[1..]) {
        lay(&mut fleet, point).await;
        for part in ["meta", "returned", "buyers", "unsent"] {
            let key = auditor.kv.key(&format!("{{sale:{activity}}}:{part}"));
            let _: i64 = auditor
                .kv
                .query(&cmd("DEL").arg(key).to_owned())
                .await
                .unwrap();
        }
        tokio::time::sleep(Duration::from_secs(4)).await;
        let stuck = api.reserve(activity, buyer, None, 1).await;
        assert_ne!(
            stuck.map_or(-1, |answer| answer.code()),
            0,
            "{point} was not reached"
        );
        fleet.restart("seckill", &[]).await.unwrap();
        asked(&api, activity, buyer).await;
    }
    let again = asked(&api, activity, &buyers[0]).await;
    assert_eq!(again.data()["order_no"], first.data()["order_no"]);
    println!("{}", auditor.settled(activity, REST).await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_intent_that_dies_half_way_is_finished_and_no_stock_vanishes() {
    let mut fleet = Fleet::start().await.unwrap();
    let (api, admin) = (fleet.api().unwrap(), fleet.admin().await.unwrap());
    for point in ["intent.after_record", "intent.after_stock"] {
        let product = json!({"name": point, "price": "9.00", "stock": 10});
        let product = api
            .post("/api/v1/admin/products", Some(&admin), &product)
            .await
            .unwrap();
        let product = product.ok().unwrap()["id"].as_i64().unwrap();
        lay(&mut fleet, point).await;
        let draft = json!({
            "product_id": product, "spike_price": "1.00", "spike_stock": 4,
            "start_at": "2026-01-01T00:00:00Z", "end_at": "2099-01-01T00:00:00Z",
        });
        let cut = api
            .post("/api/v1/admin/seckill/activities", Some(&admin), &draft)
            .await;
        assert_ne!(
            cut.map_or(-1, |answer| answer.code()),
            0,
            "{point} was not reached"
        );
        fleet.restart("seckill", &[]).await.unwrap();

        // The replica that finds the intent finishes it: the sale opens, with its units taken once.
        let path = format!("/api/v1/seckill/activities?status=active&product_id={product}");
        let open = poll(REST, async || {
            let found = api.get(&path, None).await?.ok()?;
            let open = found["items"][0]["open"] == true;
            Ok(open.then(|| found["items"][0]["id"].as_i64().unwrap_or_default()))
        });
        let activity = open.await.unwrap();
        let stock = async || {
            let product = api
                .get(&format!("/api/v1/products/{product}"), None)
                .await
                .unwrap();
            product.data()["stock"].as_i64().unwrap()
        };
        assert_eq!(stock().await, 6, "{point}");
        let path = format!("/api/v1/admin/seckill/activities/{activity}");
        let token = Some(admin.token.as_str());
        let ended = api
            .send(reqwest::Method::DELETE, &path, token, None, None)
            .await
            .unwrap();
        assert_eq!(ended.code(), 0, "{}", ended.body);
        let whole = poll(REST, async || Ok((stock().await == 10).then_some(())));
        whole.await.unwrap();
    }
}
