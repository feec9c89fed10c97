use std::{
    net::TcpListener,
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::Duration,
};

use kv::{Config, Kv, Script, cmd};

/// Three masters of our own, gone with the test.
struct Cluster {
    ports: Vec<u16>,
    nodes: Vec<Child>,
    dir: PathBuf,
}

impl Cluster {
    /// `None` where no redis-server is installed.
    async fn start() -> Option<Self> {
        let ports: Vec<u16> = (0..3).map(|_| cluster_port()).collect();
        let dir = std::env::temp_dir().join(format!("kv-cluster-{}", ports[0]));
        let mut cluster = Self {
            ports,
            nodes: Vec::new(),
            dir,
        };
        for port in cluster.ports.clone() {
            cluster.nodes.push(cluster.node(port)?);
        }
        cluster.form().await;
        Some(cluster)
    }

    fn node(&self, port: u16) -> Option<Child> {
        let dir = self.dir.join(port.to_string());
        std::fs::create_dir_all(&dir).unwrap();
        let mut command = Command::new("redis-server");
        command.args([
            "--port",
            &port.to_string(),
            "--cluster-enabled",
            "yes",
            "--save",
            "",
        ]);
        command.args(["--bind", "127.0.0.1", "--cluster-node-timeout", "2000"]);
        command.current_dir(dir).stdout(Stdio::null()).spawn().ok()
    }

    async fn form(&self) {
        const SLOTS: u32 = 16_384;
        let nodes: Vec<Kv> = self.singles().await;
        for (i, node) in nodes.iter().enumerate() {
            let up = || async { node.probe().await.is_ok() };
            testkit::eventually(Duration::from_secs(10), up).await;
            let (from, to) = (SLOTS * i as u32 / 3, SLOTS * (i as u32 + 1) / 3 - 1);
            let mut slots = cmd("CLUSTER");
            slots.arg("ADDSLOTS");
            (from..=to).for_each(|slot| {
                slots.arg(slot);
            });
            node.query::<()>(&slots).await.unwrap();
            let epoch: Result<(), _> = node
                .query(cmd("CLUSTER").arg("SET-CONFIG-EPOCH").arg(i + 1))
                .await;
            epoch.unwrap();
        }
        for port in &self.ports[1..] {
            let meet: Result<(), _> = nodes[0]
                .query(cmd("CLUSTER").arg("MEET").arg("127.0.0.1").arg(*port))
                .await;
            meet.unwrap();
        }
        for node in &nodes {
            let formed = || async {
                let info: String = node.query(cmd("CLUSTER").arg("INFO")).await.unwrap();
                info.contains("cluster_state:ok") && info.contains("cluster_size:3")
            };
            testkit::eventually(Duration::from_secs(30), formed).await;
        }
    }

    async fn singles(&self) -> Vec<Kv> {
        let mut nodes = Vec::new();
        for port in &self.ports {
            nodes.push(
                kv::connect(&config(&format!("redis://127.0.0.1:{port}")))
                    .await
                    .unwrap(),
            );
        }
        nodes
    }

    fn urls(&self) -> String {
        let urls: Vec<_> = self
            .ports
            .iter()
            .map(|p| format!("redis://127.0.0.1:{p}"))
            .collect();
        urls.join(",")
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        for node in &mut self.nodes {
            let _ = node.kill();
            let _ = node.wait();
        }
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}

/// The cluster's bus listens 10,000 above it, where outgoing connections have their ports as well.
fn cluster_port() -> u16 {
    loop {
        let port = testkit::free_port();
        if port < 55_000 && TcpListener::bind(("127.0.0.1", port + 10_000)).is_ok() {
            return port;
        }
    }
}

fn config(urls: &str) -> Config {
    Config {
        url: urls.into(),
        prefix: "t:".to_owned(),
        response_timeout_ms: 2_000,
    }
}

#[tokio::test]
async fn the_same_calls_work_on_a_cluster() {
    let Some(cluster) = Cluster::start().await else {
        eprintln!("skipped: no redis-server here");
        return;
    };
    let kv = kv::connect(&config(&cluster.urls())).await.unwrap();
    let script = Script::new(
        "cluster_add",
        "return redis.call('INCRBY', KEYS[1], ARGV[1])",
    );
    let keys: Vec<String> = (0..30)
        .map(|activity| kv.key(&format!("{{sale:{activity}}}:meta")))
        .collect();
    for (key, activity) in keys.iter().zip(0..) {
        let call = script.call(&kv, std::slice::from_ref(key)).arg(activity);
        assert_eq!(call.invoke::<i64>().await.unwrap(), activity);
    }
    let owners = kv.run_ids(&keys).await.unwrap();
    assert_eq!(owners.len(), keys.len());
    let owners: std::collections::HashSet<_> = owners
        .into_iter()
        .map(|owner| owner.unwrap().run_id)
        .collect();
    assert_eq!(
        owners.len(),
        3,
        "the keys live on three servers, and each says who it is"
    );
    let calls = keys
        .iter()
        .map(|key| script.call(&kv, std::slice::from_ref(key)).arg(1));
    let sums: Vec<Result<i64, kv::Error>> = script.invoke_all(&kv, calls).await.unwrap();
    assert!(sums.into_iter().map(Result::unwrap).eq(1..=30));
    for (key, sum) in keys.iter().zip(1..) {
        let mut reads = kv::pipe();
        reads.get(key).cmd("TIME");
        let read: (i64, (i64, i64)) = kv.transaction("read", &mut reads).await.unwrap();
        assert_eq!(read.0, sum);
    }
}

#[tokio::test]
async fn a_cluster_may_start_after_us() {
    let port = testkit::free_port();
    let urls = format!("redis://127.0.0.1:{port},redis://127.0.0.1:{port}");
    let kv = kv::connect(&config(&urls)).await.unwrap();
    let error = kv.query::<()>(&cmd("PING")).await.unwrap_err();
    assert!(error.is_away(), "{error:?}");
}
