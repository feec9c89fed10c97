//! How the services behind the gateway are, as its public health page says.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use futures_util::future::join_all;
use tokio::{sync::Mutex, time::timeout};
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};

const LIMIT: Duration = Duration::from_secs(1);

/// A report is as good for the next second.
const FRESH: Duration = Duration::from_secs(1);

/// Every service by name, with `None` for one that answers.
pub(crate) type Report = BTreeMap<&'static str, Option<String>>;

/// The services by name, each over the connection that requests use.
pub(crate) struct Peers {
    peers: Vec<(&'static str, rpc::Channel)>,
    last: Mutex<Option<(Instant, Report)>>,
}

impl Peers {
    pub(crate) fn new(peers: Vec<(&'static str, rpc::Channel)>) -> Self {
        Self {
            peers,
            last: Mutex::default(),
        }
    }

    /// However many ask, and nobody needs a token to: the services are asked once a second.
    pub(crate) async fn report(&self) -> Report {
        let mut last = self.last.lock().await;
        if let Some((at, report)) = last.as_ref()
            && at.elapsed() < FRESH
        {
            return report.clone();
        }
        let report = self.ask().await;
        *last = Some((Instant::now(), report.clone()));
        report
    }

    async fn ask(&self) -> Report {
        join_all(
            self.peers
                .iter()
                .map(async |(name, channel)| (*name, problem(channel.clone()).await)),
        )
        .await
        .into_iter()
        .collect()
    }
}

async fn problem(channel: rpc::Channel) -> Option<String> {
    let mut health = HealthClient::new(channel);
    match timeout(LIMIT, health.check(HealthCheckRequest::default())).await {
        Ok(Ok(_)) => None,
        Ok(Err(status)) => Some(status.message().to_owned()),
        Err(_) => Some("no answer".to_owned()),
    }
}
