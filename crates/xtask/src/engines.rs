//! MySQL, Redis and RabbitMQ: named in the environment, else from Docker Compose, else Debian's packages as
//! private instances with durable settings and their data under `target/mall`.

use std::{env, fs, path::PathBuf, process::Command, time::Duration};

use anyhow::{Context, Result, bail};

use crate::{packages, paths, ports, process, sockets, step::step};

/// Where the engines answer.
pub(crate) struct Engines {
    pub(crate) mysql: String,
    pub(crate) redis: String,
    pub(crate) amqp: String,
}

impl Engines {
    /// As the services and the tests read them.
    pub(crate) fn env(&self) -> [(&'static str, String); 3] {
        [
            ("MALL_MYSQL_URL", self.mysql.clone()),
            ("MALL_REDIS_URL", self.redis.clone()),
            ("MALL_AMQP_URL", self.amqp.clone()),
        ]
    }
}

/// How long an engine may take to answer after its start; RabbitMQ takes about ten seconds.
const START_LIMIT: Duration = Duration::from_secs(90);
const STOP_GRACE: Duration = Duration::from_secs(30);

struct Engine {
    name: &'static str,
    variable: &'static str,
    package: &'static str,
    port: u16,
    /// All that it listens on.
    ports: &'static [u16],
    url: String,
    start: fn() -> Result<()>,
}

fn all() -> [Engine; 3] {
    [
        Engine {
            name: "mysql",
            variable: "MALL_MYSQL_URL",
            package: "mariadb-server",
            port: ports::MYSQL,
            ports: &[ports::MYSQL],
            url: format!("mysql://root@127.0.0.1:{}", ports::MYSQL),
            start: start_mysql,
        },
        Engine {
            name: "redis",
            variable: "MALL_REDIS_URL",
            package: "redis-server",
            port: ports::REDIS,
            ports: &[ports::REDIS],
            url: format!("redis://127.0.0.1:{}", ports::REDIS),
            start: start_redis,
        },
        Engine {
            name: "rabbitmq",
            variable: "MALL_AMQP_URL",
            package: "rabbitmq-server",
            port: ports::RABBITMQ,
            ports: &[ports::RABBITMQ, ports::RABBITMQ_DIST, ports::EPMD],
            url: format!("amqp://guest:guest@127.0.0.1:{}", ports::RABBITMQ),
            start: start_rabbitmq,
        },
    ]
}

/// Brings up whatever is not there yet.
pub(crate) fn up() -> Result<Engines> {
    let mut urls = Vec::new();
    let mut private = Vec::new();
    for engine in all() {
        match named(engine.variable) {
            Some(url) => {
                println!("· {}: as {} names it", engine.name, engine.variable);
                urls.push(url);
            }
            None => {
                urls.push(engine.url.clone());
                private.push(engine);
            }
        }
    }
    if docker_answers() {
        let names: Vec<_> = private.iter().map(|engine| engine.name).collect();
        compose_up(&names)?;
    } else {
        packages::install_missing(
            &private
                .iter()
                .map(|engine| engine.package)
                .collect::<Vec<_>>(),
        )?;
        for engine in &private {
            start_private(engine)?;
        }
    }
    let [mysql, redis, amqp] = <[String; 3]>::try_from(urls)
        .map_err(|urls| anyhow::anyhow!("{} engines instead of three", urls.len()))?;
    Ok(Engines { mysql, redis, amqp })
}

#[expect(
    clippy::disallowed_methods,
    reason = "xtask is configured by its environment"
)]
pub(crate) fn named(variable: &str) -> Option<String> {
    env::var(variable).ok().filter(|url| !url.is_empty())
}

fn docker_answers() -> bool {
    process::succeeds("docker", &["info"]) && process::succeeds("docker", &["compose", "version"])
}

fn compose_up(names: &[&str]) -> Result<()> {
    if names.is_empty() {
        return Ok(());
    }
    step("starting engines with Docker Compose", || {
        process::run(
            Command::new("docker")
                .args(["compose", "up", "--detach", "--wait"])
                .args(names)
                .current_dir(paths::root()),
        )
    })
}

fn start_private(engine: &Engine) -> Result<()> {
    if process::running(engine.name).is_some() {
        println!("· {}: running already", engine.name);
        return Ok(());
    }
    if process::listening(engine.port) {
        bail!(
            "port {} is taken by something that is not ours: stop it, or name a server in {}",
            engine.port,
            engine.variable
        );
    }
    step(
        &format!("starting {} on port {}", engine.name, engine.port),
        || {
            (engine.start)()?;
            process::wait_ready(engine.name, START_LIMIT, || answers(engine))?;
            let open = sockets::beyond_loopback(engine.ports);
            if !open.is_empty() {
                bail!(
                    "{} listens beyond this machine: ports {open:?}",
                    engine.name
                );
            }
            Ok(())
        },
    )
}

fn answers(engine: &Engine) -> bool {
    match engine.name {
        "rabbitmq" => amqp_answers(engine.port),
        _ => process::listening(engine.port),
    }
}

/// RabbitMQ listens before it is ready to serve: it has to answer the protocol header.
fn amqp_answers(port: u16) -> bool {
    use std::io::{Read, Write};
    let Ok(mut stream) = std::net::TcpStream::connect(("127.0.0.1", port)) else {
        return false;
    };
    let _ = stream.set_read_timeout(Some(Duration::from_secs(1)));
    let mut first = [0_u8; 1];
    stream.write_all(b"AMQP\x00\x00\x09\x01").is_ok() && stream.read_exact(&mut first).is_ok()
}

fn data_dir(name: &str) -> Result<PathBuf> {
    let directory = paths::run_dir().join("data").join(name);
    fs::create_dir_all(&directory)?;
    Ok(directory)
}

/// Every commit is on disk before it is answered, in the log and in the binlog.
fn start_mysql() -> Result<()> {
    let data = data_dir("mysql")?;
    let user = current_user()?;
    if !data.join("mysql").exists() {
        let mut install = Command::new("mariadb-install-db");
        install
            .arg("--no-defaults")
            .arg(format!("--datadir={}", data.display()))
            .arg(format!("--user={user}"))
            // A machine that cannot look up its own name gets a server all the same.
            .args(["--auth-root-authentication-method=normal", "--force"]);
        process::quietly(&mut install)
            .with_context(|| format!("{} cannot be prepared", data.display()))?;
    }
    let mut command = Command::new("mariadbd");
    command
        .arg("--no-defaults")
        .arg(format!("--datadir={}", data.display()))
        .arg(format!("--port={}", ports::MYSQL))
        .arg(format!("--socket={}", data.join("mysql.sock").display()))
        .arg(format!("--log-bin={}", data.join("binlog").display()))
        .arg(format!("--user={user}"))
        .args([
            "--bind-address=127.0.0.1",
            "--server-id=1",
            "--binlog-format=ROW",
            "--sync-binlog=1",
        ])
        .args([
            "--innodb-flush-log-at-trx-commit=1",
            "--innodb-buffer-pool-size=512M",
        ])
        .args(["--max-connections=500", "--binlog-expire-logs-seconds=3600"]);
    process::leave_running("mysql", &command).map(drop)
}

fn start_redis() -> Result<()> {
    let data = data_dir("redis")?;
    let mut command = Command::new("redis-server");
    command
        .args(["--port", &ports::REDIS.to_string(), "--bind", "127.0.0.1"])
        .arg("--dir")
        .arg(&data)
        .args([
            "--appendonly",
            "yes",
            "--appendfsync",
            "everysec",
            "--save",
            "",
        ])
        .args(["--maxmemory-policy", "noeviction"]);
    process::leave_running("redis", &command).map(drop)
}

/// The server itself: Debian's wrapper would change the user.
fn start_rabbitmq() -> Result<()> {
    let data = data_dir("rabbitmq")?;
    let config = data.join("rabbitmq.conf");
    fs::write(
        &config,
        format!(
            "listeners.tcp.1 = 127.0.0.1:{}\nloopback_users = none\ndisk_free_limit.absolute = 200MB\n",
            ports::RABBITMQ
        ),
    )?;
    fs::write(data.join("enabled_plugins"), "[].\n")?;
    let mut command = Command::new("/usr/lib/rabbitmq/bin/rabbitmq-server");
    command
        .env("HOME", &data)
        .env("RABBITMQ_NODENAME", "mall@localhost")
        .env("RABBITMQ_MNESIA_BASE", data.join("mnesia"))
        .env("RABBITMQ_LOG_BASE", data.join("log"))
        .env("RABBITMQ_CONFIG_FILE", config)
        .env("RABBITMQ_DIST_PORT", ports::RABBITMQ_DIST.to_string())
        // Whoever reaches Erlang's distribution with the cookie runs code: loopback only, and so is the
        // daemon that tells its port.
        .env(
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS",
            "-kernel inet_dist_use_interface {127,0,0,1}",
        )
        .env("ERL_EPMD_ADDRESS", "127.0.0.1")
        .env("ERL_EPMD_PORT", ports::EPMD.to_string())
        .env(
            "RABBITMQ_ENABLED_PLUGINS_FILE",
            data.join("enabled_plugins"),
        )
        .env("RABBITMQ_PID_FILE", data.join("rabbitmq.pid"))
        .env("ERL_CRASH_DUMP", data.join("erl_crash.dump"));
    process::leave_running("rabbitmq", &command).map(drop)
}

fn current_user() -> Result<String> {
    let output = Command::new("id").arg("-un").output()?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Stops the private instances; engines named in the environment are not ours to stop.
pub(crate) fn down() -> Result<()> {
    for engine in all() {
        if process::stop(engine.name, STOP_GRACE)? {
            println!("· {} stopped", engine.name);
        }
    }
    if docker_answers() {
        process::run(
            Command::new("docker")
                .args(["compose", "stop"])
                .current_dir(paths::root()),
        )?;
    }
    Ok(())
}
