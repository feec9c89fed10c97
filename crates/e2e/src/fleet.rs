//! A fleet of real processes on ports, schemas and prefixes of its own, to drive and to kill.

use std::{
    collections::HashMap,
    fs::{self, File},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use clock::{Clock, SystemClock};
use sqlx::{Connection, Executor};

use crate::{
    api::{Account, Api, poll},
    audit::Auditor,
    desk::Desk,
};

pub const SERVICES: [&str; 7] = [
    "user", "product", "order", "seckill", "payment", "compare", "gateway",
];
/// Those that keep a schema, and that others call.
const WITH_SCHEMA: [&str; 6] = ["user", "product", "order", "seckill", "payment", "compare"];
const READY: Duration = Duration::from_secs(60);
const ADMIN: &str = "admin";
/// Of every account that a fleet's test makes.
pub const PASSWORD: &str = "fleet-password";

pub struct Fleet {
    /// The `mall` that every process runs.
    binary: PathBuf,
    /// Ends every schema and begins every prefix of this fleet.
    name: String,
    directory: PathBuf,
    ports: HashMap<String, u16>,
    common: Vec<(String, String)>,
    processes: HashMap<String, Child>,
}

impl Fleet {
    /// A fleet of the binary that tests build.
    pub async fn start() -> Result<Self> {
        Self::start_with(&[]).await
    }

    /// The same, with `more` in the environment of each service.
    pub async fn start_with(more: &[(&str, &str)]) -> Result<Self> {
        Self::start_binary(target_dir().join("debug/mall"), more).await
    }

    /// Migrates schemas of its own, and starts the simulators and all services, with `more` in the
    /// environment of each.
    pub async fn start_binary(binary: PathBuf, more: &[(&str, &str)]) -> Result<Self> {
        let name = unique_name();
        let directory = target_dir().join("e2e").join(&name);
        fs::create_dir_all(&directory)?;
        let mut ports = HashMap::new();
        for service in SERVICES {
            for kind in ["admin", "serve"] {
                ports.insert(format!("{service}.{kind}"), testkit::free_port());
            }
        }
        for company in ["wechat", "s3"] {
            ports.insert(company.into(), testkit::free_port());
        }
        let mut fleet = Self {
            binary,
            name,
            directory,
            ports,
            common: Vec::new(),
            processes: HashMap::new(),
        };
        testkit::forget_queues(&format!("{}.", fleet.name));
        fleet.common = fleet.common_env();
        let more = more.iter().copied();
        let owned = more.map(|(key, value)| (key.to_owned(), value.to_owned()));
        fleet.common.extend(owned);
        fleet.start_companies().await?;
        for service in WITH_SCHEMA {
            let status = fleet.command(service, &["migrate", service]).status()?;
            ensure!(status.success(), "migrate {service}: {status}");
        }
        for service in SERVICES {
            fleet.spawn(service, &[])?;
        }
        for service in SERVICES {
            fleet.ready(service).await?;
        }
        fleet.whole().await?;
        Ok(fleet)
    }

    /// Waits until the gateway reaches every service: one that started before its neighbours gives them
    /// a rest first.
    pub async fn whole(&self) -> Result<()> {
        let api = self.api()?;
        poll(READY, async || {
            let health = api.get("/health", None).await?;
            Ok((health.body["status"] == "healthy").then_some(()))
        })
        .await
        .context("the gateway does not reach everybody")
    }

    fn port(&self, what: &str) -> u16 {
        self.ports.get(what).copied().unwrap_or_default()
    }

    fn common_env(&self) -> Vec<(String, String)> {
        let mut env: Vec<(String, String)> = [
            ("MALL_MYSQL_URL", testkit::mysql_url().as_str()),
            ("MALL_REDIS_URL", &testkit::redis_url()),
            ("MALL_AMQP_URL", &testkit::amqp_url()),
            // Several fleets share a server of 151 connections.
            ("MALL_DB__CONNECTIONS_MAX", "4"),
            ("MALL_SERVICE__PROFILE", "demo"),
            ("MALL_USERS__RESERVED", "[]"),
            ("MALL_FLEET__SECRET", "e2e-fleet-secret"),
            // Loads carry tokens of `mall token`, which belong to no session.
            ("MALL_AUTH__ACCEPT_SESSIONLESS", "true"),
            ("MALL_AUTH__KEYS__E2E__STATE", "signing"),
            (
                "MALL_AUTH__KEYS__E2E__SECRET",
                "e2e-token-key-of-at-least-32-bytes!",
            ),
        ]
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .into();
        env.push(("MALL_KV__PREFIX".into(), format!("{}:", self.name)));
        env.push(("MALL_MQ__PREFIX".into(), format!("{}.", self.name)));
        for service in WITH_SCHEMA {
            let url = format!(
                "http://127.0.0.1:{}",
                self.port(&format!("{service}.serve"))
            );
            env.push((format!("MALL_{}__URL", service.to_uppercase()), url));
        }
        env
    }

    fn command(&self, service: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.binary);
        let loopback = |port: u16| format!("127.0.0.1:{port}");
        let serve = loopback(self.port(&format!("{service}.serve")));
        let listen = if service == "gateway" {
            "MALL_HTTP__LISTEN"
        } else {
            "MALL_GRPC__LISTEN"
        };
        command
            .args(arguments)
            .envs(self.common.iter().cloned())
            .env(
                "MALL_SERVICE__ADMIN",
                loopback(self.port(&format!("{service}.admin"))),
            )
            .env(listen, serve)
            .env("MALL_DB__SCHEMA", schema(service, &self.name))
            .stdin(Stdio::null());
        command
    }

    /// Another program in this fleet's environment.
    pub fn child(&self, program: &Path, arguments: &[&str]) -> Command {
        let mut command = Command::new(program);
        command
            .args(arguments)
            .envs(self.common.iter().cloned())
            .stdin(Stdio::null());
        command
    }

    async fn start_companies(&mut self) -> Result<()> {
        self.start_company("s3")?;
        self.common.push(("MALL_S3_URL".into(), self.s3()));
        let directory = self.start_company("wechat")?;
        let client = directory.join("client.env");
        let text = poll(READY, async || Ok(fs::read_to_string(&client).ok())).await?;
        let facts = text.lines().filter_map(|line| line.split_once('='));
        self.common
            .extend(facts.map(|(key, value)| (key.to_owned(), value.to_owned())));
        let notify = format!(
            "http://127.0.0.1:{}/wechatpay/notify",
            self.port("gateway.serve")
        );
        self.common.push(("MALL_WECHAT__NOTIFY_URL".into(), notify));
        Ok(())
    }

    /// Answers the company's folder.
    fn start_company(&mut self, name: &str) -> Result<PathBuf> {
        let directory = self.directory.join(name);
        fs::create_dir_all(&directory)?;
        let listen = format!("127.0.0.1:{}", self.port(name));
        let folder = directory.display().to_string();
        let arguments = ["simulate", name, "--listen", &listen, "--dir", &folder];
        let mut command = self.command(name, &arguments);
        self.keep(name, &mut command)?;
        Ok(directory)
    }

    /// Starts one service, with more in its environment (a fail point, say).
    pub fn spawn(&mut self, service: &str, more: &[(&str, &str)]) -> Result<()> {
        let mut command = self.command(service, &[service]);
        command.envs(more.iter().copied());
        self.keep(service, &mut command)
    }

    fn keep(&mut self, name: &str, command: &mut Command) -> Result<()> {
        let log = File::options()
            .create(true)
            .append(true)
            .open(self.log(name))?;
        let child = command
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .with_context(|| name.to_owned())?;
        self.processes.insert(name.to_owned(), child);
        Ok(())
    }

    pub fn log(&self, service: &str) -> PathBuf {
        self.directory.join(format!("{service}.log"))
    }

    pub async fn ready(&self, service: &str) -> Result<()> {
        let url = format!(
            "http://127.0.0.1:{}/readyz",
            self.port(&format!("{service}.admin"))
        );
        let http = reqwest::Client::builder()
            .timeout(Duration::from_secs(2))
            .build()?;
        poll(READY, async || {
            let response = http.get(&url).send().await?;
            Ok(response.status().is_success().then_some(()))
        })
        .await
        .with_context(|| {
            format!(
                "{service} is not ready; see {}",
                self.log(service).display()
            )
        })
    }

    /// `kill -9`: no handler runs, nothing is flushed.
    pub fn kill(&mut self, service: &str) -> Result<()> {
        let mut child = self
            .processes
            .remove(service)
            .with_context(|| format!("{service} does not run"))?;
        child.kill()?;
        child.wait()?;
        Ok(())
    }

    pub async fn restart(&mut self, service: &str, more: &[(&str, &str)]) -> Result<()> {
        if self.processes.contains_key(service) {
            self.kill(service)?;
        }
        self.spawn(service, more)?;
        self.ready(service).await
    }

    /// Where the gateway listens.
    pub fn gateway(&self) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], self.port("gateway.serve")))
    }

    /// The process of a service, to count its CPU seconds.
    pub fn pid(&self, service: &str) -> Option<u32> {
        self.processes.get(service).map(Child::id)
    }

    /// Access tokens of users `first` to `last`, whether they have registered or not.
    pub fn tokens(&self, first: i64, last: i64) -> Result<Vec<String>> {
        let users = format!("{first}..{last}");
        let output = self
            .command("user", &["token", "--users", &users])
            .output()?;
        ensure!(output.status.success(), "mall token: {}", output.status);
        let tokens = String::from_utf8(output.stdout)?;
        Ok(tokens.lines().map(str::to_owned).collect())
    }

    pub fn api(&self) -> Result<Api> {
        Api::new(format!("http://127.0.0.1:{}", self.port("gateway.serve")))
    }

    pub fn desk(&self) -> Result<Desk> {
        Desk::new(format!("http://127.0.0.1:{}", self.port("wechat")))
    }

    /// Where the fleet keeps its files.
    pub fn s3(&self) -> String {
        format!("http://127.0.0.1:{}", self.port("s3"))
    }

    /// A service's metrics, as Prometheus would read them.
    pub async fn metrics(&self, service: &str) -> Result<String> {
        let url = format!(
            "http://127.0.0.1:{}/metrics",
            self.port(&format!("{service}.admin"))
        );
        Ok(reqwest::get(url).await?.text().await?)
    }

    pub async fn admin(&self) -> Result<Account> {
        let api = self.api()?;
        if let Ok(admin) = api.login(ADMIN, PASSWORD).await {
            return Ok(admin);
        }
        let id = api.register(ADMIN, PASSWORD).await?.id.to_string();
        let granted = self.command("user", &["admin", "grant", &id]).status()?;
        ensure!(granted.success(), "account {id} became no administrator");
        // The role comes with the next login.
        api.login(ADMIN, PASSWORD).await
    }

    pub async fn auditor(&self) -> Result<Auditor> {
        let schemas = [schema("order", &self.name), schema("payment", &self.name)];
        Auditor::open(
            schemas,
            &format!("{}:", self.name),
            &format!("{}.", self.name),
        )
        .await
    }
}

impl Drop for Fleet {
    fn drop(&mut self) {
        for child in self.processes.values_mut() {
            let _ = child.kill();
            let _ = child.wait();
        }
        // A failed test leaves its logs to be read.
        if !std::thread::panicking() {
            let _ = fs::remove_dir_all(&self.directory);
        }
        let name = self.name.clone();
        let cleaner = std::thread::spawn(move || drop_schemas(&name));
        let _ = cleaner.join();
    }
}

/// In the form whose age `testkit` reads when it sweeps what killed runs left behind.
fn schema(service: &str, name: &str) -> String {
    format!("test_{service}_{name}")
}

fn unique_name() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let n = NEXT.fetch_add(1, Ordering::Relaxed);
    format!(
        "{}_{}_{n}",
        SystemClock.now().timestamp(),
        std::process::id()
    )
}

fn drop_schemas(name: &str) {
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
    else {
        return;
    };
    let _ = runtime.block_on(async {
        let mut server = sqlx::MySqlConnection::connect(&testkit::mysql_url()).await?;
        for service in WITH_SCHEMA {
            let drop = format!("DROP DATABASE IF EXISTS `{}`", schema(service, name));
            server.execute(sqlx::AssertSqlSafe(drop)).await?;
        }
        Ok::<(), sqlx::Error>(())
    });
}

fn target_dir() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).join("target")
}
