//! Each case: a load, what was answered, and what the engines say afterwards.

use std::{
    collections::BTreeMap,
    env,
    process::Stdio,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use serde_json::json;

use super::{
    batches,
    bound::Bare,
    cpu, given,
    options::Options,
    report::{Case, Report},
    stage,
};
use crate::{
    api::{Account, Api, poll},
    audit::Auditor,
    fleet::Fleet,
    load::{Load, LoadResult, Requests},
    sale,
};

/// More users than requests: no fleet on two cores is as fast.
const RATE_MAX: usize = 120_000;
const SETTLE: Duration = Duration::from_secs(300);
const BETWEEN_LOOKS: Duration = Duration::from_millis(20);
/// Connections of the wider race.
const WIDE: usize = 512;
/// Of one activity.
const UNITS_MAX: i64 = 1_000_000;
/// The machine's speed drifts while a run lasts: the bound is looked at again right before and right
/// after each case that is compared with it.
const AROUND: Duration = Duration::from_secs(4);
/// The answer without a confirm in time.
const BUSY: i64 = 60_005;
/// Distinct buyers, each far above the ids that registration gives.
const FIRST_USER: i64 = 1_000_000_000;

struct Bench {
    options: Options,
    fleet: Fleet,
    api: Api,
    admin: Account,
    auditor: Auditor,
    tokens: Arc<Vec<String>>,
    report: Report,
}

/// Plays every case that was asked for and answers the report.
pub async fn run(options: Options) -> Result<Report> {
    let workers = options.workers.to_string();
    let env = [("MALL_SERVICE__WORKERS", workers.as_str())];
    let fleet = Fleet::start_binary(options.binary.clone(), &env).await?;
    let users = options.requests + options.duration.as_secs().max(1) as usize * RATE_MAX;
    let last = FIRST_USER + i64::try_from(users)?;
    let tokens = Arc::new(fleet.tokens(FIRST_USER, last)?);
    let auditor = fleet.auditor().await?;
    let given = given::all(&options, &auditor).await?;
    let mut bench = Bench {
        api: fleet.api()?,
        admin: fleet.admin().await?,
        auditor,
        report: Report::of(given),
        options,
        fleet,
        tokens,
    };
    bench.past().await?;
    bench.play().await?;
    Ok(bench.report)
}

impl Bench {
    async fn play(&mut self) -> Result<()> {
        let narrow = self.options.connections;
        let half = |rate: f64| Some((rate / 2.0) as u32).filter(|rate| *rate > 0);
        for bare in [Bare::Bound, Bare::Plain] {
            if self.options.plays(bare.name()) {
                self.bare(bare).await?;
            }
        }
        if self.options.plays("detail") {
            self.detail().await?;
        }
        if self.options.plays("soldout") {
            self.sold_out("soldout", None).await?;
        }
        if self.options.plays("allwin") {
            self.all_win("allwin", narrow, None).await?;
        }
        if self.options.plays("allwin512") {
            self.all_win("allwin512", WIDE, None).await?;
        }
        if self.options.plays("half_soldout") {
            let rate = half(self.report.rate("soldout"));
            self.sold_out("half_soldout", rate).await?;
        }
        if self.options.plays("half_allwin") {
            let rate = half(self.report.rate("allwin"));
            self.all_win("half_allwin", narrow, rate).await?;
        }
        let baseline = ["baseline_soldout", "baseline_allwin"];
        if baseline.iter().any(|case| self.options.plays(case)) {
            self.switch_batching_off().await?;
        }
        if self.options.plays("baseline_soldout") {
            self.sold_out("baseline_soldout", None).await?;
        }
        if self.options.plays("baseline_allwin") {
            self.all_win("baseline_allwin", narrow, None).await?;
        }
        Ok(())
    }

    /// The orders that were there before.
    async fn past(&self) -> Result<()> {
        if self.options.rows == 0 {
            return Ok(());
        }
        let opened = stage::activities(&self.api, &self.admin, 1, 1).await?;
        let buyer = self.buyer().await?;
        for activity in opened {
            let asked = async || self.api.reserve(activity, &buyer, None, 1).await;
            let won = sale::patiently(asked).await?.ok()?;
            let ticket = won["ticket"].as_str().context("a ticket")?;
            self.api.settled_ticket(&buyer, ticket, SETTLE).await?;
            stage::past(&self.auditor, activity, self.options.rows).await?;
        }
        println!("{} orders are there already", self.options.rows);
        Ok(())
    }

    /// Drives one load and looks at what it used.
    async fn load(&self, load: Load) -> Result<Used> {
        let (cpu_before, batches_before) = (
            cpu::seconds(&self.fleet),
            batches::so_far(&self.fleet).await?,
        );
        let started = Instant::now();
        let result = load.run().await?;
        let answered = Instant::now();
        let mut cpu_s = cpu::seconds(&self.fleet);
        for (name, seconds) in &mut cpu_s {
            *seconds -= cpu_before.get(name).copied().unwrap_or_default();
        }
        let batches = batches::mean(&batches_before, &batches::so_far(&self.fleet).await?);
        Ok(Used {
            result,
            started,
            answered,
            cpu_s,
            batches,
        })
    }

    fn to_gateway(&self, connections: usize, rate: Option<u32>, requests: Requests) -> Load {
        Load {
            address: self.fleet.gateway(),
            connections,
            rate,
            at_least: self.options.at_least(),
            requests,
        }
    }

    /// Each request is another buyer's; the paths take turns.
    fn post(&self, paths: Vec<String>) -> Requests {
        let tokens = Arc::clone(&self.tokens);
        Arc::new(move |number| {
            let (token, path) = (tokens.get(number)?, paths.get(number % paths.len())?);
            Some(sale::request(path, token))
        })
    }

    /// A bare server, as a case of its own.
    async fn bare(&mut self, bare: Bare) -> Result<()> {
        let used = self.bare_load(bare, self.options.at_least()).await?;
        let violations = only(&used.result, &[0]);
        let case = used.case(bare.name(), violations);
        self.report.add(Case {
            bound_rps: match bare {
                Bare::Bound => 0.0,
                Bare::Plain => self.report.rate(Bare::Bound.name()),
            },
            ..case
        });
        Ok(())
    }

    /// What the bound answers a second just now; 0 without a comparison.
    async fn bound_rps(&self) -> Result<f64> {
        if !self.options.plays(Bare::Bound.name()) {
            return Ok(0.0);
        }
        let used = self
            .bare_load(Bare::Bound, (AROUND.min(self.options.duration), 0))
            .await?;
        Ok(used.result.rate())
    }

    async fn bare_load(&self, bare: Bare, at_least: (Duration, usize)) -> Result<Used> {
        let address = std::net::SocketAddr::from(([127, 0, 0, 1], testkit::free_port()));
        let program = env::current_exe().context("this program")?;
        let mut server = self
            .fleet
            .child(&program, &["serve", bare.name(), &address.to_string()])
            .stderr(Stdio::inherit())
            .spawn()?;
        let requests = self.post(vec!["/bound".to_owned()]);
        let load = Load {
            address,
            at_least,
            ..self.to_gateway(self.options.connections, None, requests)
        };
        let asked = async {
            poll(Duration::from_secs(10), async || {
                Ok(tokio::net::TcpStream::connect(address).await.ok().map(drop))
            })
            .await?;
            self.load(load).await
        };
        let used = asked.await;
        server.kill()?;
        server.wait()?;
        used
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
        let again: Requests = Arc::new(move |_| Some(request.clone().into_bytes()));
        let load = self.to_gateway(self.options.connections, None, again);
        let before = self.bound_rps().await?;
        let used = self.load(load).await?;
        let violations = only(&used.result, &[0]);
        let bound_rps = self.bound_rps().await?.midpoint(before);
        self.report.add(Case {
            bound_rps,
            ..used.case("detail", violations)
        });
        Ok(())
    }

    async fn sold_out(&mut self, name: &'static str, rate: Option<u32>) -> Result<()> {
        let activities = self.open(1).await?;
        let buyer = self.buyer().await?;
        for activity in &activities {
            let asked = async || self.api.reserve(*activity, &buyer, None, 1).await;
            sale::patiently(asked).await?;
        }
        let requests = self.post(paths(&activities));
        let load = self.to_gateway(self.options.connections, rate, requests);
        let before = self.bound_rps().await?;
        let used = self.load(load).await?;
        let bound_rps = self.bound_rps().await?.midpoint(before);
        let mut violations = only(&used.result, &[60003]);
        violations.extend(self.unbalanced(&activities).await);
        self.report.add(Case {
            bound_rps,
            ..used.case(name, violations)
        });
        Ok(())
    }

    async fn all_win(
        &mut self,
        name: &'static str,
        connections: usize,
        rate: Option<u32>,
    ) -> Result<()> {
        let buyers = i64::try_from(self.tokens.len() / self.options.activities)? + 1;
        let activities = self.open(buyers.min(UNITS_MAX)).await?;
        let requests = self.post(paths(&activities));
        let load = self.to_gateway(connections, rate, requests);
        let before = self.bound_rps().await?;
        let used = self.load(load).await?;
        let accepted = used.result.of(0);
        let mut landed = self.landed(&activities).await?;
        while landed < accepted && used.answered.elapsed() < SETTLE {
            tokio::time::sleep(BETWEEN_LOOKS).await;
            landed = self.landed(&activities).await?;
        }
        let (landed_in_s, drain_s) = (
            used.started.elapsed().as_secs_f64(),
            used.answered.elapsed().as_secs_f64(),
        );
        let bound_rps = self.bound_rps().await?.midpoint(before);
        // A buyer who was told that it takes too long may have an order all the same, and would get it by
        // asking again.
        let mut violations = only(&used.result, &[0, BUSY]);
        if landed < accepted || landed > accepted + used.result.of(BUSY) {
            violations.push(format!("{accepted} accepted and {landed} landed"));
        }
        violations.extend(self.unbalanced(&activities).await);
        self.report.add(Case {
            bound_rps,
            accepted,
            landed,
            landed_in_s,
            drain_s,
            ..used.case(name, violations)
        });
        Ok(())
    }

    async fn open(&self, units: i64) -> Result<Vec<i64>> {
        stage::activities(&self.api, &self.admin, self.options.activities, units).await
    }

    async fn buyer(&self) -> Result<Account> {
        let name = format!("buyer{}", crate::story::nonce());
        match self.api.login(&name, crate::fleet::PASSWORD).await {
            Ok(buyer) => Ok(buyer),
            Err(_) => self.api.register(&name, crate::fleet::PASSWORD).await,
        }
    }

    /// Orders' units in MySQL. One statement however many activities there are: it is asked again
    /// and again while they land.
    async fn landed(&self, activities: &[i64]) -> Result<u64> {
        let (first, last) = (activities.first(), activities.last());
        let count = "SELECT COUNT(*) FROM sale_units WHERE activity_id BETWEEN ? AND ?";
        let count: i64 = sqlx::query_scalar(count)
            .bind(first)
            .bind(last)
            .fetch_one(&self.auditor.order)
            .await?;
        Ok(count.unsigned_abs())
    }

    async fn unbalanced(&self, activities: &[i64]) -> Vec<String> {
        let mut found = Vec::new();
        for activity in activities {
            if let Err(error) = self.auditor.settled(*activity, SETTLE).await {
                found.push(format!("the audit of {activity}: {error:#}"));
            }
        }
        found
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
        self.fleet.whole().await?;
        ensure!(
            self.report.violations() == 0,
            "violations: there is nothing to compare"
        );
        Ok(())
    }
}

/// The answers to a load, and what it cost.
struct Used {
    result: LoadResult,
    started: Instant,
    answered: Instant,
    cpu_s: BTreeMap<String, f64>,
    batches: BTreeMap<String, f64>,
}

impl Used {
    /// A case in which nothing has to land.
    fn case(self, name: &'static str, violations: Vec<String>) -> Case {
        Case {
            name,
            bound_rps: 0.0,
            result: self.result,
            accepted: 0,
            landed: 0,
            landed_in_s: 0.0,
            drain_s: 0.0,
            cpu_s: self.cpu_s,
            batches: self.batches,
            violations,
        }
    }
}

fn paths(activities: &[i64]) -> Vec<String> {
    activities.iter().copied().map(sale::path).collect()
}

/// Answers that should not have been.
fn only(result: &LoadResult, expected: &[i64]) -> Vec<String> {
    let odd = result
        .codes
        .iter()
        .filter(|(code, _)| !expected.contains(code));
    odd.map(|(code, count)| format!("{count} answers with the code {code}"))
        .collect()
}
