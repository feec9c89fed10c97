//! The story of a sale: two units, three buyers, one payment, one lapse, one payment too late.
//!
//! `cargo xtask smoke` plays it against a running fleet and prints each step; the end-to-end test
//! plays the same one against a fleet of its own.

use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use chrono::{SecondsFormat, Utc};
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::{
    api::{Account, Answer, Api, poll},
    audit::Auditor,
    desk::Desk,
};

const UNITS: i64 = 2;
const OPENS_IN: Duration = Duration::from_secs(3);
/// How long a buyer of the story has to pay.
const PAYMENT_WINDOW_S: i64 = 8;
/// Each buyer presses the button this often.
const TRIES: usize = 3;
/// A ticket, a payment or a refund settles within this.
const SETTLE: Duration = Duration::from_secs(20);
/// Window, sweep, the question to WeChat and the way back.
const LAPSE: Duration = Duration::from_secs(45);

const PASSWORD: &str = "story-password";

/// Where the story plays, and the admin who may open a sale there.
pub struct Stage {
    pub api: Api,
    pub desk: Desk,
    pub auditor: Auditor,
    pub admin: Account,
    /// Told apart from other performances by this.
    pub nonce: String,
}

/// A buyer who was told "won".
struct Winner {
    buyer: Account,
    order_no: String,
    ticket: String,
}

impl Stage {
    pub async fn play(&self) -> Result<()> {
        let buyers = self.register_buyers().await?;
        let activity = self.open_sale().await?;
        self.too_early(activity, &buyers[0]).await?;
        let (winners, loser) = self.rush(activity, &buyers).await?;
        for winner in &winners {
            self.lands(winner).await?;
        }
        let [payer, dawdler] = <[Winner; 2]>::try_from(winners)
            .map_err(|winners| anyhow::anyhow!("{} winners of two units", winners.len()))?;
        self.pays_once(&payer).await?;
        let payment = self.opens_payment(&dawdler).await?;
        self.lapses(&dawdler).await?;
        self.gets_the_returned_unit(activity, &loser).await?;
        self.late_money_goes_back(&dawdler, &payment).await?;
        self.audit(activity).await
    }

    async fn register_buyers(&self) -> Result<Vec<Account>> {
        say("three buyers register and log in");
        let mut buyers = Vec::new();
        for name in ["ann", "ben", "cem"] {
            let name = format!("{name}{}", self.nonce);
            self.api.register(&name, PASSWORD).await?;
            buyers.push(self.api.login(&name, PASSWORD).await?);
        }
        note(&format!(
            "users {:?}",
            buyers.iter().map(|b| b.id).collect::<Vec<_>>()
        ));
        Ok(buyers)
    }

    async fn open_sale(&self) -> Result<i64> {
        say("the admin creates a product and an activity: 2 units, opening in 3 s");
        let product =
            json!({"name": format!("story {}", self.nonce), "price": "99.90", "stock": 10});
        let product = self
            .api
            .post("/api/v1/admin/products", Some(&self.admin), &product)
            .await?
            .ok()?;
        let opens_at = now() + OPENS_IN;
        let activity = json!({
            "product_id": product["id"], "name": "story", "spike_price": "9.90", "spike_stock": UNITS,
            "per_user_limit": 1, "payment_window_s": PAYMENT_WINDOW_S,
            "start_at": rfc3339(opens_at), "end_at": rfc3339(opens_at + Duration::from_secs(3600)),
        });
        let path = "/api/v1/admin/seckill/activities";
        let activity = self
            .api
            .post(path, Some(&self.admin), &activity)
            .await?
            .ok()?;
        let id = activity["id"].as_i64().context("no activity id")?;
        note(&format!("product {} · activity {id}", product["id"]));
        Ok(id)
    }

    async fn too_early(&self, activity: i64, buyer: &Account) -> Result<()> {
        say("too early is refused");
        // Until the activity is warm the answer is 60013, then 60001 until the start.
        let answer = poll(OPENS_IN, async || {
            let answer = self.api.reserve(activity, buyer, None, 1).await?;
            Ok((answer.code() != 60013).then_some(answer))
        })
        .await?;
        expect(&answer, 409, 60001)
    }

    /// Every buyer presses the button several times at once.
    async fn rush(&self, activity: i64, buyers: &[Account]) -> Result<(Vec<Winner>, Account)> {
        say("at the start all three try, three times each");
        self.wait_for_start(activity, &buyers[0]).await?;
        let calls = buyers.iter().flat_map(|buyer| {
            (0..TRIES)
                .map(move |_| async move { (buyer, self.patiently_reserve(activity, buyer).await) })
        });
        let mut winners: Vec<Winner> = Vec::new();
        let mut sold_out = Vec::new();
        for (buyer, answer) in join_all(calls).await {
            let answer = answer?;
            match answer.code() {
                0 => add_winner(&mut winners, buyer, &answer)?,
                60003 => sold_out.push(buyer.id),
                _ => bail!("{}: {}", buyer.name, answer.body),
            }
        }
        let loser = buyers
            .iter()
            .find(|buyer| winners.iter().all(|winner| winner.buyer.id != buyer.id))
            .context("three winners of two units")?;
        ensure!(
            sold_out.iter().all(|id| *id == loser.id),
            "a winner was also told \"sold out\""
        );
        ensure!(
            sold_out.len() == TRIES,
            "the loser was answered {} times",
            sold_out.len()
        );
        for winner in &winners {
            note(&format!(
                "{} won {} (every try the same)",
                winner.buyer.name, winner.order_no
            ));
        }
        note(&format!("{}: sold out", loser.name));
        Ok((winners, loser.clone()))
    }

    async fn wait_for_start(&self, activity: i64, buyer: &Account) -> Result<()> {
        let path = format!("/api/v1/seckill/activities/{activity}");
        poll(OPENS_IN * 5, async || {
            let view = self.api.get(&path, Some(buyer)).await?.ok()?;
            Ok((view["status"] == "active").then_some(()))
        })
        .await
    }

    /// A person who is told "busy, try again" tries again.
    async fn patiently_reserve(&self, activity: i64, buyer: &Account) -> Result<Answer> {
        poll(SETTLE, async || {
            let answer = self.api.reserve(activity, buyer, None, 1).await?;
            Ok((!matches!(answer.code(), 60005 | 60010 | 60013 | 60001)).then_some(answer))
        })
        .await
    }

    async fn lands(&self, winner: &Winner) -> Result<()> {
        say(&format!(
            "the ticket of {} turns to success",
            winner.buyer.name
        ));
        let view = self
            .api
            .settled_ticket(&winner.buyer, &winner.ticket, SETTLE)
            .await?;
        ensure!(view["status"] == "success", "{view}");
        ensure!(view["order_no"] == winner.order_no.as_str(), "{view}");
        Ok(())
    }

    async fn pays_once(&self, winner: &Winner) -> Result<()> {
        say(&format!(
            "{} pays by scanning the QR code; the notification comes twice",
            winner.buyer.name
        ));
        let payment = self.opens_payment(winner).await?;
        let payment_no = payment["payment_no"]
            .as_str()
            .context("no payment number")?;
        self.desk.notify_twice(payment_no).await?;
        let code_url = payment["code_url"].as_str().context("no code_url")?;
        self.desk.scan_and_pay(code_url).await?;
        let order = self
            .api
            .order_becomes(&winner.buyer, &winner.order_no, "paid", SETTLE)
            .await?;
        note(&format!(
            "{} is paid: {}",
            winner.order_no, order["total_price"]
        ));
        self.desk.notified_twice(payment_no, SETTLE).await?;
        let again = self.open_payment(winner).await?;
        ensure!(
            again.code() != 0,
            "a paid order was offered for payment again: {}",
            again.body
        );
        let view = self
            .api
            .get(
                &format!("/api/v1/payments/{payment_no}"),
                Some(&winner.buyer),
            )
            .await?
            .ok()?;
        ensure!(view["status"] == "paid", "{view}");
        Ok(())
    }

    async fn open_payment(&self, winner: &Winner) -> Result<Answer> {
        let path = format!("/api/v1/orders/{}/pay", winner.order_no);
        self.api
            .post(
                &path,
                Some(&winner.buyer),
                &json!({"channel": "wechat_native"}),
            )
            .await
    }

    async fn opens_payment(&self, winner: &Winner) -> Result<Value> {
        let payment = self.open_payment(winner).await?.ok()?;
        note(&format!(
            "payment {}: {}",
            payment["payment_no"], payment["code_url"]
        ));
        Ok(payment)
    }

    async fn lapses(&self, winner: &Winner) -> Result<()> {
        say(&format!(
            "{} looks at the QR code for too long: the order lapses",
            winner.buyer.name
        ));
        self.api
            .order_becomes(&winner.buyer, &winner.order_no, "closed", LAPSE)
            .await?;
        note(&format!("{} is closed, its unit returns", winner.order_no));
        Ok(())
    }

    async fn gets_the_returned_unit(&self, activity: i64, buyer: &Account) -> Result<()> {
        say(&format!("{} tries again and gets the unit", buyer.name));
        let answer = poll(SETTLE, async || {
            let answer = self.api.reserve(activity, buyer, None, 1).await?;
            Ok((answer.code() == 0).then_some(answer))
        })
        .await?;
        let winner = winner(buyer, &answer)?;
        self.lands(&winner).await?;
        self.pays_once(&winner).await
    }

    async fn late_money_goes_back(&self, winner: &Winner, payment: &Value) -> Result<()> {
        say(&format!(
            "WeChat takes {}'s money in spite of the close: it is refunded",
            winner.buyer.name
        ));
        let payment_no = payment["payment_no"]
            .as_str()
            .context("no payment number")?;
        self.desk.pay_in_spite_of_close(payment_no).await?;
        let path = format!("/api/v1/payments/{payment_no}");
        let refunded = poll(LAPSE, async || {
            let view = self.api.get(&path, Some(&winner.buyer)).await?.ok()?;
            Ok((view["status"] == "refunded").then_some(view))
        })
        .await
        .context("the money did not go back")?;
        note(&format!("{payment_no} refunded: {}", refunded["amount"]));
        let order = self
            .api
            .get(
                &format!("/api/v1/orders/{}", winner.order_no),
                Some(&winner.buyer),
            )
            .await?;
        ensure!(order.data()["status"] == "closed", "{}", order.body);
        Ok(())
    }

    async fn audit(&self, activity: i64) -> Result<()> {
        say("the audit");
        let report = self.auditor.settled(activity, SETTLE).await?;
        for line in report.lines() {
            note(line);
        }
        Ok(())
    }
}

fn add_winner(winners: &mut Vec<Winner>, buyer: &Account, answer: &Answer) -> Result<()> {
    let new = winner(buyer, answer)?;
    match winners.iter().find(|winner| winner.buyer.id == buyer.id) {
        Some(known) => {
            ensure!(
                known.order_no == new.order_no,
                "{}: two orders for one buyer",
                buyer.name
            );
        }
        None => winners.push(new),
    }
    Ok(())
}

fn winner(buyer: &Account, answer: &Answer) -> Result<Winner> {
    let text = |key: &str| {
        let value = answer.data()[key].as_str().map(str::to_owned);
        value.with_context(|| format!("no {key} in {}", answer.body))
    };
    Ok(Winner {
        buyer: buyer.clone(),
        order_no: text("order_no")?,
        ticket: text("ticket")?,
    })
}

fn expect(answer: &Answer, status: u16, code: i64) -> Result<()> {
    ensure!(
        answer.status.as_u16() == status && answer.code() == code,
        "expected {status}/{code}, got {}: {}",
        answer.status,
        answer.body
    );
    note(&format!(
        "{status} {code} {}",
        answer.body["message"].as_str().unwrap_or_default()
    ));
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "the story plays in real time")]
fn now() -> chrono::DateTime<Utc> {
    Utc::now()
}

/// Tells one performance's names from another's.
pub fn nonce() -> String {
    (now().timestamp() % 1_000_000).to_string()
}

fn rfc3339(at: chrono::DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}

fn say(what: &str) {
    println!("▸ {what}");
}

fn note(what: &str) {
    println!("    {what}");
}
