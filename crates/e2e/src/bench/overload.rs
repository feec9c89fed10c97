//! `cargo xtask bench overload`: fleet and engines on one processor, the crowd on the other. The
//! gateway takes so many purchases at a time; twice, then ten times as many connections ask, each
//! again as soon as it is answered, whatever `Retry-After` says.

use std::{
    env, fs,
    path::PathBuf,
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use reqwest::Method;
use serde_json::{Map, Value, json};
use tokio::{
    io::AsyncWriteExt,
    net::TcpSocket,
    task::{JoinHandle, JoinSet},
};

use super::cpu;
use crate::{
    api::{Account, Api},
    fleet::{Fleet, SERVICES},
    load::{Load, LoadResult, Requests},
    sale,
};

/// Purchases under way at once; one more is shed. As many connections as saturate the fleet.
const LANE: usize = 128;
const FIRST_USER: i64 = 1_000_000_000;
/// So many that none meets the limit per user.
const USERS: i64 = 200_000;
const PEAK_MAX: Duration = Duration::from_secs(10);
/// Normal again within.
const RECOVERY: Duration = Duration::from_secs(5);
const BETWEEN_LOOKS: Duration = Duration::from_millis(250);
/// Of each kind.
const SLOW_CLIENTS: usize = 500;
/// Answers that each of them leaves unread.
const UNREAD: usize = 30;
const SOLD_OUT: i64 = 60_003;
/// Whether the kernel shares processors among sessions instead of processes.
const AUTOGROUP: &str = "/proc/sys/kernel/sched_autogroup_enabled";

#[derive(Debug)]
pub struct Overload {
    /// A storm lasts so long.
    storm: Duration,
    pub json: Option<PathBuf>,
}

impl Overload {
    /// From the command line.
    pub fn parse(arguments: &[String]) -> Result<Self> {
        let mut options = Self {
            storm: Duration::from_secs(60),
            json: None,
        };
        for pair in arguments.chunks(2) {
            match pair {
                [name, value] if name == "--duration" => {
                    options.storm = Duration::from_secs(value.parse()?);
                }
                [name, value] if name == "--json" => options.json = Some(value.into()),
                _ => bail!("bench overload [--duration SECONDS] [--json FILE]"),
            }
        }
        Ok(options)
    }

    /// Plays it and answers the figures.
    pub async fn run(&self) -> Result<Value> {
        let lane = LANE.to_string();
        let env = [
            ("MALL_SERVICE__WORKERS", "1"),
            ("MALL_LANES__SECKILL", lane.as_str()),
        ];
        let binary = env::current_exe()?.with_file_name("mall");
        let fleet = Fleet::start_binary(binary, &env).await?;
        if fs::read_to_string(AUTOGROUP).is_ok_and(|text| text.trim() == "1") {
            println!("{AUTOGROUP} is 1: engines on one processor with the fleet may starve");
        }
        let _pinned = Pinned::new(&fleet)?;
        let (api, admin) = (fleet.api()?, fleet.admin().await?);
        let activity = sale::open(&api, &admin, 1, 86_400).await?;
        let buyer = Account {
            name: "first".into(),
            id: FIRST_USER,
            token: fleet.tokens(FIRST_USER, FIRST_USER)?.remove(0),
        };
        sale::patiently(async || api.reserve(activity, &buyer, None, 1).await).await?;
        let tokens = fleet.tokens(FIRST_USER + 1, FIRST_USER + USERS)?;
        let crowd = Crowd {
            fleet,
            api,
            buyer,
            activity,
            requests: requests(activity, tokens),
        };
        crowd.play(self.storm).await
    }
}

struct Crowd {
    fleet: Fleet,
    api: Api,
    buyer: Account,
    activity: i64,
    requests: Requests,
}

impl Crowd {
    async fn play(&self, storm: Duration) -> Result<Value> {
        let mut figures = Map::new();
        let mut put = |key: String, value: f64| {
            println!("{key:<24} {value:.1}");
            figures.insert(key, json!(value));
        };
        let short = storm.min(PEAK_MAX);
        self.load(LANE, RECOVERY).await?; // Warm.
        put("peak_rps".into(), self.peak(short).await?);
        let before_mb = self.resident_mb()?;
        put("resident_before_mb".into(), before_mb);
        for (name, times) in [("twice", 2), ("ten_times", 10)] {
            let peak = self.peak(short).await?;
            let looks = self.look();
            let result = self.load(times * LANE, storm).await?;
            let seen = looks.end().await?;
            only_expected(&result)?;
            put(format!("{name}_served_rps"), served(&result));
            put(format!("{name}_kept"), served(&result) / peak);
            put(format!("{name}_shed_rps"), shed(&result));
            put(format!("{name}_shed_p99_ms"), p99(seen.shed_ms));
            put(format!("{name}_browse_p99_ms"), p99(seen.browse_ms));
            put(format!("{name}_resident_mb"), seen.resident_mb);
            let after = served(&self.load(LANE, RECOVERY).await?);
            put(format!("{name}_after_kept"), after / peak);
        }
        let peak = self.peak(short).await?;
        let slow = self.slow_clients().await?;
        let result = self.load(LANE, short).await?;
        put("slow_clients".into(), slow.len() as f64);
        put("slow_kept".into(), served(&result) / peak);
        put("slow_resident_mb".into(), self.resident_mb()?);
        drop(slow);
        Ok(Value::Object(figures))
    }

    /// What the fleet can take just now: the machine's speed drifts while a run lasts.
    async fn peak(&self, long: Duration) -> Result<f64> {
        Ok(served(&self.load(LANE, long).await?))
    }

    async fn load(&self, connections: usize, long: Duration) -> Result<LoadResult> {
        let load = Load {
            address: self.fleet.gateway(),
            connections,
            rate: None,
            at_least: (long, 1),
            requests: Arc::clone(&self.requests),
        };
        load.run().await
    }

    fn resident_mb(&self) -> Result<f64> {
        resident_mb(self.fleet.pid("gateway").context("no gateway")?)
    }

    /// Always new users: one buys, and one reads the catalogue.
    fn look(&self) -> Looks {
        let over = Arc::new(AtomicBool::new(false));
        let (api, buyer, activity) = (self.api.clone(), self.buyer.clone(), self.activity);
        let (pid, stop) = (self.fleet.pid("gateway"), Arc::clone(&over));
        let seen = tokio::spawn(async move {
            let mut seen = Seen::default();
            while !stop.load(Ordering::SeqCst) {
                let request = api
                    .raw(Method::POST, &sale::path(activity))
                    .header("connection", "close");
                let start = Instant::now();
                let answer = Api::answer(request.bearer_auth(&buyer.token)).await?;
                if answer.status == 503 {
                    seen.shed_ms.push(milliseconds(start));
                    let hint = answer.headers.get("retry-after");
                    ensure!(hint.is_some(), "a 503 without Retry-After");
                }
                let start = Instant::now();
                let answer = api.get("/api/v1/products", None).await?;
                ensure!(answer.code() == 0, "the catalogue: {}", answer.body);
                seen.browse_ms.push(milliseconds(start));
                let resident_mb = resident_mb(pid.context("no gateway")?)?;
                seen.resident_mb = seen.resident_mb.max(resident_mb);
                tokio::time::sleep(BETWEEN_LOOKS).await;
            }
            Ok(seen)
        });
        Looks { over, seen }
    }

    /// Half send a request a byte at a time, half ask and never read.
    async fn slow_clients(&self) -> Result<JoinSet<()>> {
        let mut clients = JoinSet::new();
        for number in 0..2 * SLOW_CLIENTS {
            let socket = TcpSocket::new_v4()?;
            socket.set_recv_buffer_size(4_096)?;
            let mut stream = socket.connect(self.fleet.gateway()).await?;
            let request = b"GET /version HTTP/1.1\r\nhost: mall\r\n\r\n";
            clients.spawn(async move {
                if number % 2 == 0 {
                    // Until the gateway has had enough.
                    for byte in request.iter().take(request.len() - 1) {
                        if stream.write_all(&[*byte]).await.is_err() {
                            break;
                        }
                        tokio::time::sleep(Duration::from_millis(500)).await;
                    }
                } else {
                    for _ in 0..UNREAD {
                        if stream.write_all(request).await.is_err() {
                            break;
                        }
                    }
                    std::future::pending::<()>().await;
                }
            });
        }
        // What they ask is work like any other, and done by then.
        tokio::time::sleep(2 * RECOVERY).await;
        Ok(clients)
    }
}

struct Looks {
    over: Arc<AtomicBool>,
    seen: JoinHandle<Result<Seen>>,
}

#[derive(Default)]
struct Seen {
    shed_ms: Vec<f64>,
    browse_ms: Vec<f64>,
    resident_mb: f64,
}

impl Looks {
    async fn end(self) -> Result<Seen> {
        self.over.store(true, Ordering::SeqCst);
        self.seen.await?
    }
}

/// Engines and fleet on the first processor, this program on the second, until it is dropped.
struct Pinned(Vec<u32>);

impl Pinned {
    fn new(fleet: &Fleet) -> Result<Self> {
        let services = SERVICES.iter().filter_map(|service| fleet.pid(service));
        let pids: Vec<u32> = services.chain(cpu::engines()).collect();
        let pinned = Self(pids);
        for pid in &pinned.0 {
            pin(*pid, "0")?;
        }
        pin(std::process::id(), "1")?;
        Ok(pinned)
    }
}

impl Drop for Pinned {
    fn drop(&mut self) {
        for pid in &self.0 {
            // A service may have ended.
            let _ = pin(*pid, "0-1");
        }
    }
}

fn pin(pid: u32, processors: &str) -> Result<()> {
    let done = Command::new("taskset")
        .args(["--all-tasks", "--cpu-list", "--pid", processors])
        .arg(pid.to_string())
        .output()
        .context("taskset")?;
    ensure!(
        done.status.success(),
        "taskset: {}",
        String::from_utf8_lossy(&done.stderr)
    );
    Ok(())
}

fn requests(activity: i64, tokens: Vec<String>) -> Requests {
    let path = sale::path(activity);
    Arc::new(move |number| {
        let token = tokens.get(number % tokens.len())?;
        Some(sale::request(&path, token))
    })
}

fn served(result: &LoadResult) -> f64 {
    result.of(SOLD_OUT) as f64 / result.took.as_secs_f64()
}

fn shed(result: &LoadResult) -> f64 {
    let shed: u64 = [429, 503].iter().map(|code| result.of(*code)).sum();
    shed as f64 / result.took.as_secs_f64()
}

fn only_expected(result: &LoadResult) -> Result<()> {
    let odd = result
        .codes
        .keys()
        .find(|code| ![SOLD_OUT, 429, 503].contains(code));
    ensure!(odd.is_none(), "unexpected answers: {:?}", result.codes);
    Ok(())
}

fn p99(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let place = (values.len().saturating_sub(1) as f64 * 0.99).round() as usize;
    values.get(place).copied().unwrap_or_default()
}

fn milliseconds(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1_000.0
}

fn resident_mb(pid: u32) -> Result<f64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    let kib = line.and_then(|line| line.split_whitespace().nth(1));
    Ok(kib.context("VmRSS")?.parse::<f64>()? / 1_024.0)
}
