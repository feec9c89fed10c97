//! The fleet under test: two replicas of each service, each behind proxies of its own.

use std::{
    collections::HashMap,
    fs,
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::Arc,
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use auth::{Issuer, Principal, Role, Subject};
use clock::{Clock, SystemClock};
use ids::UserId;
use tokio::task::JoinHandle;

use super::{
    engines::Engines,
    links::Links,
    load_balancer::LoadBalancer,
    plan::{Engine, Far, REPLICAS, Replica, SERVICES},
    process::Supervisor,
};
use crate::{
    api::{Account, Api, poll},
    audit::{Addresses, Auditor},
    desk::Desk,
};

/// RabbitMQ starts in ten seconds, or in a hundred on a busy machine.
const READY: Duration = Duration::from_secs(180);
/// A buyer without an answer by then asks again.
const PATIENCE: Duration = Duration::from_secs(6);
const TOKEN_LIFE: Duration = Duration::from_secs(6 * 3_600);
const TOKEN_KEY: &str = "chaos-token-key-of-at-least-32-bytes!";
/// Far above the ids that registration gives.
const ADMIN: i64 = 900_000_000;

/// What is waited for politely or for long in production, so that a round can see its end.
const IMPATIENT: [(&str, &str); 11] = [
    // But the machine may be busy with something else.
    ("MALL_KV__RESPONSE_TIMEOUT_MS", "1500"),
    ("MALL_SERVICE__SHUTDOWN_GRACE_S", "5"),
    ("MALL_DB__CONNECTIONS_MAX", "6"),
    ("MALL_SALE__COURTESY_MS", "3000"),
    ("MALL_SALE__LEASE_MS", "2000"),
    ("MALL_SALE__AUDIT_AFTER_MS", "8000"),
    ("MALL_SALE__AUDIT_PERIOD_S", "5"),
    // So that winners are on their way when a fault strikes.
    ("MALL_LANDING__WAIT_MS", "100"),
    ("MALL_CLOSING__LEASE_MS", "2000"),
    ("MALL_CLOSING__ASK_AGAIN_MS", "3000"),
    ("MALL_SERVICE__LOG_FILTER", "info,lapin=off"),
];

pub(super) struct Cluster {
    pub(super) supervisor: Arc<Supervisor>,
    pub(super) engines: Engines,
    pub(super) links: Links,
    pub(super) api: Api,
    pub(super) desk: Desk,
    pub(super) auditor: Auditor,
    pub(super) admin: Account,
    issuer: Issuer,
    fleet: Fleet,
    _load_balancer: LoadBalancer,
    watching: JoinHandle<()>,
}

/// Where the processes are, and what they are told.
struct Fleet {
    binary: PathBuf,
    directory: PathBuf,
    ports: HashMap<(Replica, &'static str), u16>,
    common: Vec<(String, String)>,
}

impl Cluster {
    /// Starts everything, with data and logs in `directory`.
    pub(super) async fn start(binary: &Path, directory: &Path) -> Result<Self> {
        fs::create_dir_all(directory)?;
        let supervisor = Arc::new(Supervisor::default());
        let engines = Engines::start(Arc::clone(&supervisor), directory).await?;
        let watching = tokio::spawn(Arc::clone(&supervisor).watch());
        let mut fleet = Fleet::plan(binary, directory);
        let front_port = testkit::free_port();
        let wechat = fleet.start_wechat(&supervisor, front_port).await?;
        fleet.migrate(engines.port(Engine::Mysql))?;
        let mut links = Links::default();
        for replica in replicas() {
            let env = fleet
                .connect_links(replica, &engines, wechat, &mut links)
                .await;
            fleet.start(&supervisor, replica, env)?;
        }
        let load_balancer = LoadBalancer::start(front_port, fleet.addresses("gateway")).await?;
        let issuer = Issuer::new(&token_keys())?;
        let cluster = Self {
            api: Api::within(format!("http://{}", load_balancer.address), PATIENCE)?,
            desk: Desk::new(format!("http://127.0.0.1:{wechat}"))?,
            auditor: auditor(&engines).await?,
            admin: account(&issuer, ADMIN, Role::Admin)?,
            supervisor,
            engines,
            links,
            issuer,
            fleet,
            _load_balancer: load_balancer,
            watching,
        };
        cluster.ready().await?;
        Ok(cluster)
    }

    /// Waits until every engine serves and every process is ready.
    pub(super) async fn ready(&self) -> Result<()> {
        for engine in Engine::ALL {
            self.engines.ready(engine).await?;
        }
        for replica in replicas() {
            self.fleet.ready(replica).await?;
        }
        Ok(())
    }

    /// A buyer with a token that never registered.
    pub(super) fn buyer(&self, id: i64) -> Result<Account> {
        account(&self.issuer, id, Role::User)
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.watching.abort();
    }
}

fn replicas() -> impl Iterator<Item = Replica> {
    SERVICES
        .into_iter()
        .flat_map(|service| (1..=REPLICAS).map(move |number| Replica { service, number }))
}

fn token_keys() -> auth::Config {
    auth::Config::of_one_key("chaos", TOKEN_KEY)
}

fn account(issuer: &Issuer, id: i64, role: Role) -> Result<Account> {
    let name = format!("{}{id}", role.name());
    let principal = Principal {
        user: UserId::try_from(id)?,
        username: name.clone(),
        role,
        session: None,
    };
    let subject = Subject {
        principal,
        email: String::new(),
    };
    let token = issuer.issue_access(&subject, TOKEN_LIFE, SystemClock.now());
    Ok(Account { name, id, token })
}

/// The engines by their own addresses, beside the links.
async fn auditor(engines: &Engines) -> Result<Auditor> {
    let addresses = Addresses {
        mysql: mysql_url(engines.port(Engine::Mysql)),
        redis: redis_url(engines.port(Engine::Redis)),
        amqp: amqp_url(engines.port(Engine::Rabbitmq)),
    };
    Auditor::open_at(&addresses, [schema("order"), schema("payment")], "", "").await
}

fn schema(service: &str) -> String {
    format!("mall_{service}")
}

fn mysql_url(port: u16) -> String {
    format!("mysql://root@127.0.0.1:{port}")
}

fn redis_url(port: u16) -> String {
    format!("redis://127.0.0.1:{port}")
}

fn amqp_url(port: u16) -> String {
    format!("amqp://guest:guest@127.0.0.1:{port}")
}

impl Fleet {
    fn plan(binary: &Path, directory: &Path) -> Self {
        let mut ports = HashMap::new();
        for replica in replicas() {
            for what in ["serve", "admin"] {
                ports.insert((replica, what), testkit::free_port());
            }
        }
        let mut fleet = Self {
            binary: binary.to_owned(),
            directory: directory.to_owned(),
            ports,
            common: IMPATIENT
                .map(|(key, value)| (key.to_owned(), value.to_owned()))
                .into(),
        };
        for (key, value) in [
            ("MALL_FLEET__SECRET", "chaos-fleet-secret"),
            ("MALL_AUTH__KEYS__CHAOS__STATE", "signing"),
            ("MALL_AUTH__KEYS__CHAOS__SECRET", TOKEN_KEY),
            ("MALL_AUTH__ACCEPT_SESSIONLESS", "true"),
        ] {
            fleet.common.push((key.to_owned(), value.to_owned()));
        }
        fleet
    }

    fn port(&self, replica: Replica, what: &'static str) -> u16 {
        self.ports
            .get(&(replica, what))
            .copied()
            .unwrap_or_default()
    }

    /// Of all replicas of a service.
    fn addresses(&self, service: &'static str) -> Vec<SocketAddr> {
        let port = |number| self.port(Replica { service, number }, "serve");
        (1..=REPLICAS)
            .map(|number| (Ipv4Addr::LOCALHOST, port(number)).into())
            .collect()
    }

    fn log(&self, name: &str) -> PathBuf {
        self.directory.join(format!("{name}.log"))
    }

    /// Answers the company's port.
    async fn start_wechat(&mut self, supervisor: &Supervisor, load_balancer: u16) -> Result<u16> {
        let (port, folder) = (testkit::free_port(), self.directory.join("wechat"));
        fs::create_dir_all(&folder)?;
        let notify = format!("http://127.0.0.1:{load_balancer}/wechatpay/notify");
        self.common
            .push(("MALL_WECHAT__NOTIFY_URL".to_owned(), notify.clone()));
        let (binary, dir) = (self.binary.clone(), folder.clone());
        supervisor.start("wechat", self.log("wechat"), move || {
            let mut command = Command::new(&binary);
            command
                .args([
                    "simulate",
                    "wechat",
                    "--listen",
                    &format!("127.0.0.1:{port}"),
                ])
                .args(["--notify-url", &notify, "--dir"])
                .arg(&dir);
            command
        })?;
        let client = folder.join("client.env");
        let text = poll(READY, async || Ok(fs::read_to_string(&client).ok())).await?;
        let facts = text.lines().filter_map(|line| line.split_once('='));
        self.common
            .extend(facts.map(|(key, value)| (key.to_owned(), value.to_owned())));
        Ok(port)
    }

    fn migrate(&self, mysql: u16) -> Result<()> {
        let status = Command::new(&self.binary)
            .arg("migrate")
            .envs(self.common.iter().cloned())
            .env("MALL_MYSQL_URL", mysql_url(mysql))
            .stdout(Stdio::null())
            .status()?;
        ensure!(status.success(), "migrate: {status}");
        Ok(())
    }

    /// Answers where this replica finds everything.
    async fn connect_links(
        &self,
        replica: Replica,
        engines: &Engines,
        wechat: u16,
        links: &mut Links,
    ) -> Vec<(String, String)> {
        let mut env = Vec::new();
        for engine in Engine::ALL {
            let port = links
                .connect(replica, Far::Engine(engine), engines.port(engine))
                .await;
            env.push(match engine {
                Engine::Mysql => ("MALL_MYSQL_URL".to_owned(), mysql_url(port)),
                Engine::Redis => ("MALL_REDIS_URL".to_owned(), redis_url(port)),
                Engine::Rabbitmq => ("MALL_AMQP_URL".to_owned(), amqp_url(port)),
            });
        }
        for service in SERVICES {
            let mut urls = Vec::new();
            for address in self.addresses(service) {
                let far = Far::Service(service);
                let port = links.connect(replica, far, address.port()).await;
                urls.push(format!("http://127.0.0.1:{port}"));
            }
            let key = format!("MALL_{}__URL", service.to_uppercase());
            env.push((key, urls.join(",")));
        }
        let port = links.connect(replica, Far::Wechat, wechat).await;
        env.push((
            "MALL_WECHAT__BASE_URL".to_owned(),
            format!("http://127.0.0.1:{port}"),
        ));
        env
    }

    fn start(
        &self,
        supervisor: &Supervisor,
        replica: Replica,
        env: Vec<(String, String)>,
    ) -> Result<()> {
        let loopback = |what| format!("127.0.0.1:{}", self.port(replica, what));
        let (serve, admin) = (loopback("serve"), loopback("admin"));
        let listen = if replica.service == "gateway" {
            "MALL_HTTP__LISTEN"
        } else {
            "MALL_GRPC__LISTEN"
        };
        let (binary, common) = (self.binary.clone(), self.common.clone());
        let name = replica.to_string();
        supervisor.start(&name, self.log(&name), move || {
            let mut command = Command::new(&binary);
            command
                .arg(replica.service)
                .envs(common.iter().cloned())
                .envs(env.iter().cloned())
                .env(listen, &serve)
                .env("MALL_SERVICE__ADMIN", &admin);
            command
        })
    }

    async fn ready(&self, replica: Replica) -> Result<()> {
        let url = format!("http://127.0.0.1:{}/readyz", self.port(replica, "admin"));
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
                "{replica} is not ready; see {}",
                self.log(&replica.to_string()).display()
            )
        })
    }
}
