//! A master that became a replica, on a server of this test's own.

use std::{
    process::{Child, Command, Stdio},
    time::Duration,
};

use kv::{Config, cmd};

struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// `None` where no redis-server is installed.
fn server(port: u16) -> Option<Server> {
    let port = port.to_string();
    let mut command = Command::new("redis-server");
    command.args(["--port", &port, "--bind", "127.0.0.1", "--save", ""]);
    command.stdout(Stdio::null()).spawn().ok().map(Server)
}

#[tokio::test]
async fn a_demoted_master_is_dialled_anew_at_once() {
    let port = testkit::free_port();
    let Some(_server) = server(port) else {
        eprintln!("no redis-server here: failover is not tested");
        return;
    };
    let config = Config {
        url: format!("redis://127.0.0.1:{port}").into(),
        ..testkit::kv_config()
    };
    let (buyer, operator) = (
        kv::connect(&config).await.unwrap(),
        kv::connect(&config).await.unwrap(),
    );
    let up = || async { buyer.probe().await.is_ok() };
    testkit::eventually(Duration::from_secs(10), up).await;
    let connection = async || buyer.query::<i64>(cmd("CLIENT").arg("ID")).await.unwrap();
    let mut replica_of = cmd("REPLICAOF");
    replica_of.arg("127.0.0.1").arg(1);
    operator.query::<()>(&replica_of).await.unwrap();
    let before = connection().await;
    let mut set = cmd("SET");
    set.arg("k").arg(1);
    let refused = buyer.query::<()>(&set).await.unwrap_err();
    assert!(refused.is_away(), "{refused:?}");
    assert_ne!(connection().await, before, "the next call dials again");

    let before = connection().await;
    let refused = buyer
        .query::<()>(cmd("EVAL").arg("return redis.call('SET','k','1')").arg(0))
        .await;
    assert!(refused.unwrap_err().is_away());
    assert_ne!(connection().await, before, "a script's answer counts, too");

    operator
        .query::<()>(cmd("REPLICAOF").arg("NO").arg("ONE"))
        .await
        .unwrap();
    buyer.query::<()>(&set).await.unwrap();
}
