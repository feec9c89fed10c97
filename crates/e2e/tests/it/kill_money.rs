//! `kill -9` while money moves. Afterwards, without a human, the order is paid once or its money is back.

use std::time::Duration;

use e2e::{
    api::{Account, Api, poll},
    desk::Desk,
    fleet::{Fleet, PASSWORD},
    sale,
};
use serde_json::{Value, json};

const SOON: Duration = Duration::from_secs(60);
/// Long enough to reach a fail point.
const A_WHILE: Duration = Duration::from_secs(3);

/// One buyer with one order of a fleet of its own.
struct Customer {
    fleet: Fleet,
    api: Api,
    desk: Desk,
    buyer: Account,
    activity: i64,
    order_no: String,
}

impl Customer {
    async fn with_order(payment_window_s: i64) -> Self {
        let fleet = Fleet::start().await.unwrap();
        let (api, desk) = (fleet.api().unwrap(), fleet.desk().unwrap());
        let admin = fleet.admin().await.unwrap();
        let buyer = sale::buyers(&api, 1, PASSWORD).await.unwrap().remove(0);
        let activity = sale::open(&api, &admin, 1, payment_window_s).await.unwrap();
        let won = sale::patiently(async || api.reserve(activity, &buyer, None, 1).await);
        let won = won.await.unwrap().data().clone();
        let ticket = won["ticket"].as_str().unwrap();
        api.settled_ticket(&buyer, ticket, SOON).await.unwrap();
        let order_no = won["order_no"].as_str().unwrap().to_owned();
        Self {
            fleet,
            api,
            desk,
            buyer,
            activity,
            order_no,
        }
    }

    /// `service` will stop dead where `point` is.
    async fn lay(&mut self, service: &str, point: &str) {
        let trap = format!("{point}=1*sleep(60000)");
        self.fleet
            .restart(service, &[("FAILPOINTS", &trap)])
            .await
            .unwrap();
    }

    async fn kill(&mut self, service: &str) {
        tokio::time::sleep(A_WHILE).await;
        self.fleet.restart(service, &[]).await.unwrap();
    }

    async fn opens_payment(&self) -> Value {
        let path = format!("/api/v1/orders/{}/pay", self.order_no);
        let open = async || self.api.post(&path, Some(&self.buyer), &json!({})).await;
        let opened = poll(SOON, async || {
            let answer = open().await?;
            Ok((answer.code() == 0).then(|| answer.data().clone()))
        });
        opened.await.unwrap()
    }

    async fn status(&self) -> String {
        let path = format!("/api/v1/orders/{}", self.order_no);
        let order = self.api.get(&path, Some(&self.buyer)).await.unwrap();
        text(order.data(), "status").to_owned()
    }

    async fn becomes(&self, status: &str) {
        let (buyer, order_no) = (&self.buyer, &self.order_no);
        self.api
            .order_becomes(buyer, order_no, status, SOON)
            .await
            .unwrap();
    }

    async fn books_balance(&self) {
        let auditor = self.fleet.auditor().await.unwrap();
        println!("{}", auditor.settled(self.activity, SOON).await.unwrap());
    }
}

fn text<'a>(payment: &'a Value, name: &str) -> &'a str {
    payment[name].as_str().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn payment_dies_after_the_company_opened_it_before_saying_so() {
    let mut customer = Customer::with_order(900).await;
    customer.lay("payment", "create.after_provider").await;
    let path = format!("/api/v1/orders/{}/pay", customer.order_no);
    let (api, buyer) = (customer.api.clone(), customer.buyer.clone());
    let lost = tokio::spawn(async move {
        let answer = api.post(&path, Some(&buyer), &json!({})).await;
        answer.map_or(-1, |answer| answer.code())
    });
    customer.kill("payment").await;
    assert_ne!(lost.await.unwrap(), 0, "the fail point was not reached");
    let payment = customer.opens_payment().await;
    customer
        .desk
        .scan_and_pay(text(&payment, "code_url"))
        .await
        .unwrap();
    customer.becomes("paid").await;
    customer.books_balance().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn payment_dies_after_it_verified_a_notification_before_it_is_durable() {
    let mut customer = Customer::with_order(900).await;
    let payment = customer.opens_payment().await;
    customer.lay("payment", "notify.after_verify").await;
    customer
        .desk
        .scan_and_pay(text(&payment, "code_url"))
        .await
        .unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(customer.status().await, "pending_payment", "it was reached");
    customer.kill("payment").await;
    customer.becomes("paid").await;
    customer.books_balance().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn payment_dies_after_a_notification_is_durable_before_it_says_so() {
    let mut customer = Customer::with_order(900).await;
    let payment = customer.opens_payment().await;
    customer.lay("payment", "notify.after_commit").await;
    customer
        .desk
        .scan_and_pay(text(&payment, "code_url"))
        .await
        .unwrap();
    customer.kill("payment").await;
    customer.becomes("paid").await;
    customer
        .desk
        .notified(text(&payment, "payment_no"), SOON)
        .await
        .unwrap();
    customer.books_balance().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn payment_dies_after_the_company_took_up_a_refund() {
    let mut customer = Customer::with_order(5).await;
    let payment = customer.opens_payment().await;
    let number = text(&payment, "payment_no").to_owned();
    customer.becomes("closed").await;
    customer.lay("payment", "refund.after_provider").await;
    customer.desk.pay_in_spite_of_close(&number).await.unwrap();
    customer.kill("payment").await;
    let path = format!("/api/v1/payments/{number}");
    let refunded = poll(SOON, async || {
        let view = customer.api.get(&path, Some(&customer.buyer)).await?.ok()?;
        Ok((view["status"] == "refunded").then_some(()))
    });
    refunded.await.unwrap();
    let journal = customer.desk.journal(&number).await.unwrap();
    let events = journal["events"].as_array().unwrap().clone();
    let taken_up = events
        .iter()
        .filter(|event| event["kind"] == "refund.taken_up")
        .count();
    assert_eq!(taken_up, 1, "{journal}");
    customer.books_balance().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn order_dies_after_it_closed_an_order_before_the_unit_is_free() {
    let mut customer = Customer::with_order(5).await;
    customer.lay("order", "close.after_cas").await;
    tokio::time::sleep(Duration::from_secs(5)).await;
    customer.kill("order").await;
    customer.becomes("closed").await;
    customer.books_balance().await;
    let (api, buyer) = (&customer.api, &customer.buyer);
    let again = sale::patiently(async || api.reserve(customer.activity, buyer, None, 1).await);
    assert_ne!(
        again.await.unwrap().data()["order_no"],
        customer.order_no.as_str()
    );
}
