use std::{
    env,
    path::PathBuf,
    process::Stdio,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use serde_json::json;

use super::{
    cpu,
    report::{Case, Report},
};
use crate::{
    api::{Account, Api, poll},
    books::Books,
    fleet::Fleet,
    load::{Load, Requests, Told},
    sale,
};

/// Orders of the baseline: it lands about a thousand a second.
const BASELINE_ORDERS: usize = 20_000;
/// As fast as no fleet on two cores is: more users than requests.
const RATE_MAX: usize = 120_000;
const SETTLE: Duration = Duration::from_secs(300);
const BETWEEN_LOOKS: Duration = Duration::from_millis(20);
/// Of one activity.
const UNITS_MAX: i64 = 1_000_000;
/// Distinct buyers, each far above the ids that registration gives.
const FIRST_USER: i64 = 1_000_000_000;

pub struct Options {
    pub binary: PathBuf,
    pub duration: Duration,
    pub connections: usize,
}

struct Bench {
    options: Options,
    fleet: Fleet,
    api: Api,
    admin: Account,
    books: Books,
    tokens: Arc<Vec<String>>,
    report: Report,
}

/// Plays every case and answers the report.
pub async fn run(options: Options) -> Result<Report> {
    let fleet = Fleet::start_binary(options.binary.clone()).await?;
    let users = options.duration.as_secs().max(1) as usize * RATE_MAX;
    let last = FIRST_USER + i64::try_from(users)?;
    let tokens = Arc::new(fleet.tokens(FIRST_USER, last)?);
    let mut bench = Bench {
        api: fleet.api()?,
        admin: fleet.admin().await?,
        books: fleet.books().await?,
        report: Report::default(),
        options,
        fleet,
        tokens,
    };
    let connections = bench.options.connections;
    bench.bound().await?;
    bench.detail().await?;
    bench.sold_out("soldout", None).await?;
    bench
        .all_win("allwin", connections, usize::MAX, None)
        .await?;
    bench.all_win("allwin512", 512, usize::MAX, None).await?;
    let half = |rate: f64| Some((rate / 2.0) as u32);
    bench
        .sold_out("half_soldout", half(bench.report.rate("soldout")))
        .await?;
    let rate = half(bench.report.rate("allwin"));
    bench
        .all_win("half_allwin", connections, usize::MAX, rate)
        .await?;
    bench.switch_batching_off().await?;
    bench.sold_out("baseline_soldout", None).await?;
    bench
        .all_win("baseline_allwin", connections, BASELINE_ORDERS, None)
        .await?;
    Ok(bench.report)
}

impl Bench {
    /// Processes that were started a moment ago are warmed up before they are measured.
    async fn load(&self, load: Load) -> Result<(Told, std::collections::BTreeMap<String, f64>)> {
        let before = cpu::seconds(&self.fleet);
        let told = load.run().await?;
        let mut used = cpu::seconds(&self.fleet);
        for (name, seconds) in &mut used {
            *seconds -= before.get(name).copied().unwrap_or_default();
        }
        Ok((told, used))
    }

    fn post(&self, path: &str, limit: usize) -> Requests {
        let (tokens, path) = (Arc::clone(&self.tokens), path.to_owned());
        Arc::new(move |number| {
            let token = tokens.get(number).filter(|_| number < limit)?;
            Some(
                format!(
                    "POST {path} HTTP/1.1\r\nhost: mall\r\nauthorization: Bearer {token}\r\n\
                     content-type: application/json\r\ncontent-length: 14\r\n\r\n{{\"quantity\":1}}"
                )
                .into_bytes(),
            )
        })
    }

    async fn bound(&mut self) -> Result<()> {
        let address = std::net::SocketAddr::from(([127, 0, 0, 1], testkit::free_port()));
        let program = env::current_exe().context("this program")?;
        let mut server = self
            .fleet
            .child(&program, &["bound-server", &address.to_string()])
            .stderr(Stdio::inherit())
            .spawn()?;
        poll(Duration::from_secs(10), async || {
            Ok(tokio::net::TcpStream::connect(address).await.ok().map(drop))
        })
        .await?;
        let load = Load {
            address,
            connections: self.options.connections,
            rate: None,
            at_most: self.options.duration,
            requests: self.post("/bound", usize::MAX),
        };
        let loaded = self.load(load).await;
        server.kill()?;
        server.wait()?;
        let (told, cpu_s) = loaded?;
        let violations = only(&told, &[0]);
        self.report
            .add(Case::without_orders("bound", told, cpu_s, violations));
        Ok(())
    }

    async fn detail(&mut self) -> Result<()> {
        let product = json!({"name": "lamp", "price": "9.00", "stock": 1});
        let path = "/api/v1/admin/products";
        let product = self
            .api
            .post(path, Some(&self.admin), &product)
            .await?
            .ok()?;
        let request = format!(
            "GET /api/v1/products/{} HTTP/1.1\r\nhost: mall\r\n\r\n",
            product["id"]
        );
        let load = Load {
            address: self.fleet.gateway(),
            connections: self.options.connections,
            rate: None,
            at_most: self.options.duration,
            requests: Arc::new(move |_| Some(request.clone().into_bytes())),
        };
        let (told, cpu_s) = self.load(load).await?;
        let violations = only(&told, &[0]);
        self.report
            .add(Case::without_orders("detail", told, cpu_s, violations));
        Ok(())
    }

    async fn sold_out(&mut self, name: &'static str, rate: Option<u32>) -> Result<()> {
        let activity = self.open(1).await?;
        let buyer = self.buyer().await?;
        sale::patiently(async || self.api.reserve(activity, &buyer, None, 1).await).await?;
        let path = format!("/api/v1/seckill/activities/{activity}/orders");
        let load = Load {
            address: self.fleet.gateway(),
            connections: self.options.connections,
            rate,
            at_most: self.options.duration,
            requests: self.post(&path, usize::MAX),
        };
        let (told, cpu_s) = self.load(load).await?;
        let mut violations = only(&told, &[60003]);
        violations.extend(self.unbalanced(activity).await);
        self.report
            .add(Case::without_orders(name, told, cpu_s, violations));
        Ok(())
    }

    async fn all_win(
        &mut self,
        name: &'static str,
        connections: usize,
        orders: usize,
        rate: Option<u32>,
    ) -> Result<()> {
        let activity = self
            .open(UNITS_MAX.min(i64::try_from(self.tokens.len())?))
            .await?;
        let path = format!("/api/v1/seckill/activities/{activity}/orders");
        let load = Load {
            address: self.fleet.gateway(),
            connections,
            rate,
            at_most: if orders == usize::MAX {
                self.options.duration
            } else {
                SETTLE
            },
            requests: self.post(&path, orders),
        };
        let started = Instant::now();
        let (told, cpu_s) = self.load(load).await?;
        let answered = Instant::now();
        let accepted = told.of(0);
        let mut landed = self.landed(activity).await?;
        while landed < accepted && answered.elapsed() < SETTLE {
            tokio::time::sleep(BETWEEN_LOOKS).await;
            landed = self.landed(activity).await?;
        }
        let (landed_in_s, drain_s) = (
            started.elapsed().as_secs_f64(),
            answered.elapsed().as_secs_f64(),
        );
        let mut violations = only(&told, &[0]);
        if landed != accepted {
            violations.push(format!("{accepted} accepted and {landed} landed"));
        }
        violations.extend(self.unbalanced(activity).await);
        self.report.add(Case {
            name,
            told,
            accepted,
            landed,
            landed_in_s,
            drain_s,
            cpu_s,
            violations,
        });
        Ok(())
    }

    /// Opens an activity and waits until it sells.
    async fn open(&self, units: i64) -> Result<i64> {
        let activity = sale::open(&self.api, &self.admin, units, 86_400).await?;
        let path = format!("/api/v1/seckill/activities/{activity}");
        poll(Duration::from_secs(60), async || {
            let view = self.api.get(&path, None).await?.ok()?;
            Ok((view["open"] == true).then_some(()))
        })
        .await?;
        // A moment for the limits of buyers who come again, and for what is still running.
        tokio::time::sleep(Duration::from_secs(2)).await;
        Ok(activity)
    }

    async fn buyer(&self) -> Result<Account> {
        let name = format!("buyer{}", crate::story::nonce());
        match self.api.login(&name, crate::fleet::PASSWORD).await {
            Ok(buyer) => Ok(buyer),
            Err(_) => self.api.register(&name, crate::fleet::PASSWORD).await,
        }
    }

    async fn landed(&self, activity: i64) -> Result<u64> {
        let count = "SELECT COUNT(*) FROM sale_units WHERE activity_id = ?";
        let count: i64 = sqlx::query_scalar(count)
            .bind(activity)
            .fetch_one(&self.books.order)
            .await?;
        Ok(count.unsigned_abs())
    }

    async fn unbalanced(&self, activity: i64) -> Option<String> {
        let settled = self.books.settled(activity, SETTLE).await;
        settled.err().map(|error| format!("the books: {error:#}"))
    }

    /// The same processes with one call, one message and one transaction per buyer, and eight
    /// consumers.
    async fn switch_batching_off(&mut self) -> Result<()> {
        let off = [("MALL_RESERVE__BATCHING", "false")];
        for service in ["gateway", "seckill"] {
            self.fleet.restart(service, &off).await?;
        }
        let off = [
            ("MALL_LANDING__BATCHING", "false"),
            ("MALL_LANDING__CONSUMERS", "8"),
        ];
        self.fleet.restart("order", &off).await?;
        // The gateway has to notice that its neighbours are back.
        poll(Duration::from_secs(30), async || {
            let health = self.api.get("/health", None).await?;
            Ok((health.body["status"] == "healthy").then_some(()))
        })
        .await?;
        ensure!(
            self.report.violations() == 0,
            "violations: there is nothing to compare"
        );
        Ok(())
    }
}

/// Answers that should not have been.
fn only(told: &Told, expected: &[i64]) -> Vec<String> {
    let odd = told
        .codes
        .iter()
        .filter(|(code, _)| !expected.contains(code));
    odd.map(|(code, count)| format!("{count} answers with the code {code}"))
        .collect()
}
