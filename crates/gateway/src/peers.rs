//! How the services behind the gateway are, as its public health page says.

use std::{collections::BTreeMap, time::Duration};

use futures_util::future::join_all;
use tokio::time::timeout;
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};

const LIMIT: Duration = Duration::from_secs(1);

/// The services by name, each over the connection that requests use.
#[derive(Clone)]
pub(crate) struct Peers(pub(crate) Vec<(&'static str, rpc::Channel)>);

impl Peers {
    /// Every service, with `None` for one that answers.
    pub(crate) async fn report(&self) -> BTreeMap<&'static str, Option<String>> {
        join_all(
            self.0
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
