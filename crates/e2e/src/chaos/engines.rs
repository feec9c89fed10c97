//! MySQL, Redis and RabbitMQ with durable settings, to be killed, stopped, robbed and filled up.

use std::{
    fs::{self, File},
    io::{Read, Write},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::Arc,
    time::Duration,
};

use anyhow::{Context, Result, ensure};

use super::{
    disk::{self, Disk},
    plan::Engine,
    process::Supervisor,
};
use crate::api::poll;

const READY: Duration = Duration::from_secs(180);
/// RabbitMQ raises its alarm below this.
const RABBITMQ_FREE_MB: u64 = 48;

pub(super) struct Engines {
    supervisor: Arc<Supervisor>,
    directory: PathBuf,
    disks: [Disk; 3],
    ports: [u16; 3],
}

impl Engines {
    /// Whether this machine has them at all.
    pub(super) fn missing() -> Option<String> {
        let binaries = ["mariadbd", "redis-server", RABBITMQ];
        let missing = binaries.iter().find(|binary| {
            let found = Command::new("sh")
                .args(["-c", &format!("command -v {binary}")])
                .stdout(Stdio::null())
                .status();
            !found.is_ok_and(|status| status.success())
        });
        missing.map(|binary| format!("{binary} is not installed"))
    }

    /// Starts all three with empty disks under `directory`.
    pub(super) async fn start(supervisor: Arc<Supervisor>, directory: &Path) -> Result<Self> {
        let disk = |engine: Engine, size_mb| {
            let path = directory.join(engine.name());
            unmount(&path);
            let _ = fs::remove_dir_all(&path);
            Disk::make(path, size_mb)
        };
        let engines = Self {
            supervisor,
            directory: directory.to_owned(),
            disks: [
                disk(Engine::Mysql, 640)?,
                disk(Engine::Redis, 128)?,
                disk(Engine::Rabbitmq, 384)?,
            ],
            ports: [(); 3].map(|()| testkit::free_port()),
        };
        engines.start_rabbitmq()?;
        engines.start_redis()?;
        engines.start_mysql()?;
        for engine in Engine::ALL {
            engines.ready(engine).await?;
        }
        Ok(engines)
    }

    pub(super) fn port(&self, engine: Engine) -> u16 {
        self.ports[engine as usize]
    }

    pub(super) fn disk(&self, engine: Engine) -> &Disk {
        &self.disks[engine as usize]
    }

    fn log(&self, engine: Engine) -> PathBuf {
        self.directory.join(format!("{}.log", engine.name()))
    }

    /// Every commit is on disk before it is answered.
    fn start_mysql(&self) -> Result<()> {
        let data = self.disk(Engine::Mysql).path.join("data");
        let user = format!("--user={}", current_user()?);
        let install = Command::new("mariadb-install-db")
            .arg("--no-defaults")
            .arg(format!("--datadir={}", data.display()))
            .args(["--auth-root-authentication-method=normal", "--skip-test-db"])
            .args([&user, "--innodb-log-file-size=32M"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .context("mariadb-install-db")?;
        ensure!(install.success(), "mariadb-install-db: {install}");
        let port = self.port(Engine::Mysql);
        self.supervisor
            .start("mysql", self.log(Engine::Mysql), move || {
                let mut command = Command::new("mariadbd");
                command
                    .arg("--no-defaults")
                    .arg(format!("--datadir={}", data.display()))
                    .arg(format!("--port={port}"))
                    .arg(format!("--socket={}", data.join("s.sock").display()))
                    .arg(format!("--log-bin={}", data.join("binlog").display()))
                    .args(["--bind-address=127.0.0.1", "--server-id=1", &user])
                    .args(["--sync-binlog=1", "--innodb-flush-log-at-trx-commit=1"])
                    .args(["--binlog-format=ROW", "--max-binlog-size=16M"])
                    .args([
                        "--innodb-log-file-size=32M",
                        "--innodb-buffer-pool-size=128M",
                    ])
                    .args(["--innodb-flush-method=fsync", "--max-connections=300"]);
                command
            })
    }

    fn start_redis(&self) -> Result<()> {
        let data = self.disk(Engine::Redis).path.clone();
        let port = self.port(Engine::Redis).to_string();
        self.supervisor
            .start("redis", self.log(Engine::Redis), move || {
                let mut command = Command::new("redis-server");
                command
                    .args(["--port", &port, "--bind", "127.0.0.1", "--save", ""])
                    .arg("--dir")
                    .arg(&data)
                    .args(["--appendonly", "yes", "--appendfsync", "everysec"])
                    .args(["--maxmemory-policy", "noeviction"]);
                command
            })
    }

    fn start_rabbitmq(&self) -> Result<()> {
        let data = self.disk(Engine::Rabbitmq).path.clone();
        let config = data.join("rabbitmq.conf");
        let port = self.port(Engine::Rabbitmq);
        let text = format!(
            "listeners.tcp.1 = 127.0.0.1:{port}\nloopback_users = none\n\
             disk_free_limit.absolute = {RABBITMQ_FREE_MB}MB\nraft.wal_max_size_bytes = 16777216\n"
        );
        fs::write(&config, text)?;
        fs::write(data.join("enabled_plugins"), "[].\n")?;
        let node = format!("chaos{port}@localhost");
        let distribution = testkit::free_port().to_string();
        self.supervisor
            .start("rabbitmq", self.log(Engine::Rabbitmq), move || {
                let mut command = Command::new(RABBITMQ);
                command
                    .env("HOME", &data)
                    .env("RABBITMQ_NODENAME", &node)
                    .env("RABBITMQ_MNESIA_BASE", data.join("mnesia"))
                    .env("RABBITMQ_LOG_BASE", data.join("log"))
                    .env("RABBITMQ_CONFIG_FILE", &config)
                    .env("RABBITMQ_DIST_PORT", &distribution)
                    .env(
                        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS",
                        "-kernel inet_dist_use_interface {127,0,0,1}",
                    )
                    .env("ERL_EPMD_ADDRESS", "127.0.0.1")
                    .env(
                        "RABBITMQ_ENABLED_PLUGINS_FILE",
                        data.join("enabled_plugins"),
                    )
                    .env("ERL_CRASH_DUMP", data.join("erl_crash.dump"))
                    .env("RABBITMQ_PID_FILE", data.join("rabbitmq.pid"));
                command
            })
    }

    /// Waits until it serves.
    pub(super) async fn ready(&self, engine: Engine) -> Result<()> {
        let port = self.port(engine);
        poll(READY, async || {
            let look = tokio::task::spawn_blocking(move || answers(engine, port));
            Ok(look.await?.then_some(()))
        })
        .await
        .with_context(|| format!("{} does not answer", engine.name()))
    }

    /// Redis' append-only files as they are now, for [`give_old_file`](Self::give_old_file).
    pub(super) fn keep_file(&self) -> Result<PathBuf> {
        let kept = self.directory.join("redis.kept");
        disk::copy(&self.append_only(), &kept)?;
        Ok(kept)
    }

    /// While Redis is down: what it will find.
    pub(super) fn give_old_file(&self, kept: &Path) -> Result<()> {
        disk::copy(kept, &self.append_only())?;
        Ok(())
    }

    /// While Redis is down: everything is lost.
    pub(super) fn lose_file(&self) {
        let _ = fs::remove_dir_all(self.append_only());
    }

    fn append_only(&self) -> PathBuf {
        self.disk(Engine::Redis).path.join("appendonlydir")
    }

    /// Writes what MySQL and Redis hold beside the logs, to look for the cause.
    pub(super) fn dump(&self) {
        let port = |engine| self.port(engine).to_string();
        let file = |name| File::create(self.directory.join(name));
        if let Ok(file) = file("mysql.sql") {
            let _ = Command::new("mariadb-dump")
                .args(["-uroot", "-h127.0.0.1", "-P", &port(Engine::Mysql)])
                .args(["--all-databases", "--skip-extended-insert"])
                .args(["--ignore-database=mysql", "--ignore-database=sys"])
                .stdout(file)
                .status();
        }
        let _ = disk::copy(&self.append_only(), &self.directory.join("redis.aof"));
    }

    /// As full as hurts: RabbitMQ blocks its publishers below a limit, the others fail to write.
    pub(super) fn fill_disk(&self, engine: Engine) -> Result<()> {
        let left_mb = match engine {
            Engine::Rabbitmq => RABBITMQ_FREE_MB / 2,
            Engine::Mysql | Engine::Redis => 0,
        };
        self.disk(engine).fill(left_mb)
    }
}

/// Debian's wrapper would change the user.
const RABBITMQ: &str = "/usr/lib/rabbitmq/bin/rabbitmq-server";

/// What a run that was killed left mounted.
fn unmount(path: &Path) {
    let mounts = fs::read_to_string("/proc/mounts").unwrap_or_default();
    let path = path.display().to_string();
    if mounts
        .lines()
        .any(|line| line.split(' ').nth(1) == Some(&path))
    {
        let _ = Command::new("umount").args(["-l", &path]).status();
    }
}

/// Whether a server greets: each listens before it serves.
fn answers(engine: Engine, port: u16) -> bool {
    let Ok(mut stream) = TcpStream::connect(("127.0.0.1", port)) else {
        return false;
    };
    let _ = stream.set_read_timeout(Some(Duration::from_secs(1)));
    // What is said first, and where in the greeting stands what only a server that serves sends.
    let (hello, place, byte): (&[u8], usize, u8) = match engine {
        Engine::Mysql => (b"", 4, 10),
        Engine::Redis => (b"PING\r\n", 0, b'+'),
        Engine::Rabbitmq => (b"AMQP\x00\x00\x09\x01", 0, 1),
    };
    let mut greeting = [0_u8; 5];
    stream.write_all(hello).is_ok()
        && stream.read_exact(&mut greeting).is_ok()
        && greeting[place] == byte
}

fn current_user() -> Result<String> {
    let output = Command::new("id").arg("-un").output()?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
