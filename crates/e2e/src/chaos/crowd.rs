//! The buyers. Each asks until there is an answer, as people do, and remembers what it was told.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use anyhow::{Context, Result, bail};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::{
    sync::watch,
    task::JoinSet,
    time::{Instant, sleep, sleep_until},
};

use super::plan::{Buyer, Habit, Plan};
use crate::{
    api::{Account, Answer, Api},
    desk::Desk,
};

/// Between two tries, below what one buyer may ask in a second.
const AGAIN: Duration = Duration::from_millis(300);
/// People tire: on a busy machine a crowd that does not would be the load that it waits for.
const AGAIN_MAX: Duration = Duration::from_secs(3);
/// A question that is still open when the load is over has to be answered within this.
const LAST_ANSWER: Duration = Duration::from_secs(120);
/// Paying is worth trying so long after an order's last moment.
const SLACK: Duration = Duration::from_secs(3);
const SOLD_OUT: i64 = 60_003;
const LIMIT: i64 = 60_007;

/// One purchase, as its buyer was told of it.
#[derive(Debug, Clone)]
pub(super) struct Purchase {
    pub(super) buyer: Account,
    pub(super) activity: i64,
    /// The Idempotency-Key of the request.
    pub(super) key: Option<String>,
    pub(super) quantity: i64,
    pub(super) order_no: String,
    pub(super) ticket: String,
}

/// What a buyer asks for.
struct Wish<'a> {
    buyer: &'a Account,
    activity: i64,
    key: Option<&'a str>,
    quantity: i64,
}

pub(super) struct Crowd {
    api: Api,
    desk: Desk,
    plan: Plan,
    /// Numbers of the plan's sales.
    activities: Vec<i64>,
    /// Of the plan's buyers, then of its baits.
    accounts: Vec<Account>,
    started: Instant,
    /// When the last open question has to be answered; not known during the load.
    over: watch::Sender<Option<Instant>>,
    next_bait: AtomicUsize,
    purchases: Mutex<Vec<Purchase>>,
    /// How many answers there were of each kind.
    answers: Mutex<BTreeMap<String, u32>>,
}

impl Crowd {
    pub(super) fn new(
        api: Api,
        desk: Desk,
        plan: Plan,
        activities: Vec<i64>,
        accounts: Vec<Account>,
    ) -> Arc<Self> {
        Arc::new(Self {
            api,
            desk,
            plan,
            activities,
            accounts,
            started: Instant::now(),
            over: watch::Sender::new(None),
            next_bait: AtomicUsize::new(0),
            purchases: Mutex::default(),
            answers: Mutex::default(),
        })
    }

    /// All buyers arrive, and leave with an answer.
    pub(super) fn arrive(self: &Arc<Self>) -> JoinSet<Result<()>> {
        let mut buyers = JoinSet::new();
        for index in 0..self.plan.buyers.len() {
            let crowd = Arc::clone(self);
            buyers.spawn(async move {
                let plan = &crowd.plan.buyers[index];
                sleep_until(crowd.started + plan.arrives).await;
                let account = &crowd.accounts[index];
                crowd
                    .visit(account, plan)
                    .await
                    .with_context(|| account.name.clone())
            });
        }
        buyers
    }

    /// The load is over.
    pub(super) fn close(&self) {
        self.over.send_replace(Some(Instant::now() + LAST_ANSWER));
    }

    pub(super) fn since_start(&self) -> Duration {
        self.started.elapsed()
    }

    pub(super) fn purchases(&self) -> Vec<Purchase> {
        lock(&self.purchases).clone()
    }

    /// Answers by kind, and how many.
    pub(super) fn answers(&self) -> BTreeMap<String, u32> {
        lock(&self.answers).clone()
    }

    /// Sends new buyers, one after the other, until one has just been told "won": that order has
    /// not landed. `None`: no buyer is left.
    pub(super) async fn bait(self: &Arc<Self>) -> Option<Purchase> {
        loop {
            let index = self.next_bait.fetch_add(1, Ordering::Relaxed);
            let plan = self.plan.baits.get(index)?;
            let account = self.accounts.get(self.plan.buyers.len() + index)?;
            let key = key_of(account, 0);
            let wish = Wish {
                buyer: account,
                activity: self.activities[plan.sales[0]],
                key: Some(&key),
                quantity: plan.quantity,
            };
            // A buyer without an answer in time is not the last.
            if let Ok(Some(purchase)) = self.ask(&wish).await {
                return Some(purchase);
            }
        }
    }

    async fn visit(&self, account: &Account, plan: &Buyer) -> Result<()> {
        for (turn, sale) in plan.sales.iter().enumerate() {
            let key = key_of(account, turn);
            let limit = self.plan.sales[*sale].limit;
            let wish = Wish {
                buyer: account,
                activity: self.activities[*sale],
                // Without a key a repeat is told from another purchase at limit 1 only.
                key: (plan.keyed || limit > 1).then_some(key.as_str()),
                quantity: plan.quantity.min(limit),
            };
            if let Some(purchase) = self.ask(&wish).await? {
                if plan.repeats {
                    sleep(AGAIN).await;
                    self.ask(&wish).await?;
                }
                return self.own(&purchase, plan.habit, *sale, &wish).await;
            }
        }
        Ok(())
    }

    /// Asks until there is an answer; `None`: no.
    async fn ask(&self, wish: &Wish<'_>) -> Result<Option<Purchase>> {
        let mut again = AGAIN;
        loop {
            let asked = self
                .api
                .reserve(wish.activity, wish.buyer, wish.key, wish.quantity)
                .await;
            self.count(&asked);
            match asked {
                Ok(answer) if answer.code() == 0 => {
                    let purchase = self.remember(wish, answer.data());
                    return Ok(Some(purchase));
                }
                Ok(answer) if matches!(answer.code(), SOLD_OUT | LIMIT) => return Ok(None),
                Ok(answer) if self.is_too_late() => bail!("last answer: {}", answer.body),
                Err(error) if self.is_too_late() => return Err(error.context("no answer")),
                Ok(_) | Err(_) => {
                    sleep(again).await;
                    again = (again * 3 / 2).min(AGAIN_MAX);
                }
            }
        }
    }

    fn is_too_late(&self) -> bool {
        self.over.borrow().is_some_and(|over| Instant::now() > over)
    }

    fn remember(&self, wish: &Wish<'_>, won: &Value) -> Purchase {
        let text = |key: &str| won[key].as_str().unwrap_or_default().to_owned();
        let purchase = Purchase {
            buyer: wish.buyer.clone(),
            activity: wish.activity,
            key: wish.key.map(str::to_owned),
            quantity: wish.quantity,
            order_no: text("order_no"),
            ticket: text("ticket"),
        };
        lock(&self.purchases).push(purchase.clone());
        purchase
    }

    fn count(&self, asked: &Result<Answer>) {
        let kind = match asked {
            Ok(answer) if answer.code() == 0 => "won".to_owned(),
            Ok(answer) => answer.code().to_string(),
            Err(_) => "none".to_owned(),
        };
        *lock(&self.answers).entry(kind).or_default() += 1;
    }

    async fn own(
        &self,
        purchase: &Purchase,
        habit: Habit,
        sale: usize,
        wish: &Wish<'_>,
    ) -> Result<()> {
        let window = Duration::from_secs(self.plan.sales[sale].payment_window_s.unsigned_abs());
        let last = Instant::now() + window + SLACK;
        match habit {
            Habit::Lapses => {}
            Habit::Pays => {
                if let Some(payment) = self.open_payment(purchase, last).await {
                    self.scan(&payment, last).await;
                }
            }
            Habit::PaysLate => {
                if let Some(payment) = self.open_payment(purchase, last).await {
                    sleep_until(last).await;
                    let number = payment["payment_no"].as_str().unwrap_or_default();
                    // Paid in spite of the close, or never: both are told apart by the company.
                    let _ = self.desk.pay_in_spite_of_close(number).await;
                }
            }
            Habit::Cancels => self.cancel(purchase, last).await,
            Habit::Returns => {
                sleep_until(last).await;
                self.ask(wish).await?;
            }
        }
        Ok(())
    }

    async fn open_payment(&self, purchase: &Purchase, last: Instant) -> Option<Value> {
        let path = format!("/api/v1/orders/{}/pay", purchase.order_no);
        let body = json!({"channel": "wechat_native"});
        while Instant::now() < last {
            match self.api.post(&path, Some(&purchase.buyer), &body).await {
                Ok(answer) if answer.code() == 0 => return Some(answer.data().clone()),
                Ok(_) | Err(_) => sleep(AGAIN).await,
            }
        }
        None
    }

    async fn scan(&self, payment: &Value, last: Instant) {
        let code_url = payment["code_url"].as_str().unwrap_or_default();
        while self.desk.scan_and_pay(code_url).await.is_err() && Instant::now() < last {
            sleep(AGAIN).await;
        }
    }

    async fn cancel(&self, purchase: &Purchase, last: Instant) {
        let path = format!("/api/v1/orders/{}/cancel", purchase.order_no);
        let token = Some(purchase.buyer.token.as_str());
        while Instant::now() < last {
            let asked = self.api.send(Method::POST, &path, token, None, None).await;
            // A conflict is an answer too.
            if asked.is_ok_and(|answer| answer.code() == 0 || answer.status == 409) {
                return;
            }
            sleep(AGAIN).await;
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn key_of(account: &Account, turn: usize) -> String {
    format!("{}-{turn}", account.name)
}
