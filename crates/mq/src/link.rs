//! One connection that comes back by itself. When it breaks, everything on it is given up and built
//! anew on the next one: nothing depends on what survived.

use std::{collections::HashSet, io, sync::Arc, time::Duration};

use futures_util::StreamExt;
use lapin::{Channel, Connection, ConnectionProperties, Event, uri::AMQPUri};
use tokio::{
    sync::{Mutex, watch},
    time::{sleep, timeout},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::{info, warn};

use crate::{Error, metrics, topology};

/// TCP, TLS and the AMQP handshake together.
const CONNECT_MAX: Duration = Duration::from_secs(10);
/// One answer of the broker, a declaration on a loaded cluster included.
const CALL_MAX: Duration = Duration::from_secs(15);
const BACKOFF_MIN: Duration = Duration::from_millis(200);
const BACKOFF_MAX: Duration = Duration::from_secs(5);

#[derive(Clone)]
pub(crate) struct Link {
    live: watch::Receiver<Option<Arc<Live>>>,
}

/// An open connection and what is known to exist on it.
pub(crate) struct Live {
    connection: Connection,
    /// Work queues that were declared on this connection; held while one is being declared.
    declared: Mutex<HashSet<String>>,
    /// Cancelled when the connection is known to be broken.
    gone: CancellationToken,
}

impl Link {
    /// Connects on `tracker` until `stop`. What is open then stays open for publishers and consumers that
    /// still drain, until the last of them is dropped.
    pub(crate) fn open(
        name: &'static str,
        uri: Result<AMQPUri, String>,
        tracker: &TaskTracker,
        stop: &CancellationToken,
    ) -> Self {
        let (live_tx, live) = watch::channel(None);
        let stop = stop.clone();
        tracker.spawn(async move {
            match uri {
                Ok(uri) => {
                    stop.run_until_cancelled(keep_open(name, uri, &live_tx))
                        .await;
                }
                Err(message) => tracing::error!(mq.link = name, "{message}"),
            }
        });
        Self { live }
    }

    /// The open connection, if there is one.
    pub(crate) fn live(&self) -> Option<Arc<Live>> {
        self.live
            .borrow()
            .clone()
            .filter(|live| live.connection.status().connected())
    }

    /// Waits for an open connection.
    pub(crate) async fn connected(&self) -> Result<Arc<Live>, Error> {
        let mut live = self.live.clone();
        loop {
            if let Some(live) = self.live() {
                return Ok(live);
            }
            if live.changed().await.is_err() {
                return Err(Error::Disconnected);
            }
        }
    }

    pub(crate) fn probe(&self, name: &str) -> Result<(), String> {
        match self.live() {
            None => Err(format!("no connection for {name}")),
            Some(live) if live.blocked() => Err(format!("the broker blocks {name}")),
            Some(_) => Ok(()),
        }
    }
}

impl Live {
    pub(crate) fn blocked(&self) -> bool {
        self.connection.status().blocked()
    }

    pub(crate) fn connected(&self) -> bool {
        self.connection.status().connected()
    }

    /// Returns when the connection is known to be broken.
    pub(crate) async fn broken(&self) {
        self.gone.cancelled().await;
    }

    pub(crate) async fn channel(&self) -> lapin::Result<Channel> {
        self.call(self.connection.create_channel()).await
    }

    /// Awaits one call to the broker, bounded: lapin may forget one that is under way when its
    /// connection breaks.
    pub(crate) async fn call<T>(
        &self,
        call: impl Future<Output = lapin::Result<T>>,
    ) -> lapin::Result<T> {
        tokio::select! {
            result = call => result,
            () = self.gone.cancelled() => Err(io::Error::from(io::ErrorKind::NotConnected).into()),
            () = sleep(CALL_MAX) => Err(io::Error::from(io::ErrorKind::TimedOut).into()),
        }
    }

    /// Declares a work queue once per connection, on a channel of its own: a refusal closes the
    /// channel.
    pub(crate) async fn ensure(&self, queue: &str) -> lapin::Result<()> {
        let mut declared = self.declared.lock().await;
        if !declared.contains(queue) {
            let channel = self.channel().await?;
            self.call(topology::declare_work(&channel, queue)).await?;
            self.call(channel.close(200, "done".into())).await?;
            declared.insert(queue.to_owned());
        }
        Ok(())
    }

    /// The broker says that it is not there: declare it again before the next use.
    pub(crate) async fn forget(&self, queue: &str) {
        self.declared.lock().await.remove(queue);
    }
}

async fn keep_open(name: &'static str, uri: AMQPUri, live: &watch::Sender<Option<Arc<Live>>>) {
    let mut backoff = BACKOFF_MIN;
    loop {
        match open(name, &uri).await {
            Ok(connection) => {
                info!(mq.link = name, "connected to the message broker");
                backoff = BACKOFF_MIN;
                stay(name, connection, live).await;
            }
            Err(error) => {
                let error = fault::chain(&error);
                warn!(mq.link = name, error, "no connection to the message broker");
            }
        }
        sleep(backoff.mul_f64(rand::random_range(0.5..1.0))).await;
        backoff = (backoff * 2).min(BACKOFF_MAX);
    }
}

async fn open(name: &'static str, uri: &AMQPUri) -> Result<Connection, Error> {
    let properties =
        ConnectionProperties::default().with_connection_name(format!("mall {name}").into());
    timeout(
        CONNECT_MAX,
        Connection::connect_uri(uri.clone(), properties),
    )
    .await
    .map_err(|_| Error::Timeout)?
    .map_err(|source| Error::Amqp {
        what: "a connection",
        source,
    })
}

/// Offers the connection until it breaks.
async fn stay(name: &'static str, connection: Connection, live: &watch::Sender<Option<Arc<Live>>>) {
    /// Events are a hint; the state is looked at anyway.
    const LOOK: Duration = Duration::from_secs(1);
    let connected = metrics::CONNECTED.with_label_values(&[name]);
    let blocked = metrics::BLOCKED.with_label_values(&[name]);
    let mut events = std::pin::pin!(connection.events_listener());
    let current = Arc::new(Live {
        connection,
        declared: Mutex::default(),
        gone: CancellationToken::new(),
    });
    live.send_replace(Some(current.clone()));
    connected.inc();
    while current.connected() {
        match timeout(LOOK, events.next()).await {
            Ok(Some(Event::ConnectionBlocked(reason))) => {
                warn!(
                    mq.link = name,
                    reason, "the message broker blocks publishers"
                );
            }
            Ok(Some(Event::Error(error))) => {
                let error = fault::chain(&error);
                warn!(
                    mq.link = name,
                    error, "the connection to the message broker broke"
                );
            }
            Ok(None) => sleep(LOOK).await,
            Ok(Some(_)) | Err(_) => {}
        }
        blocked.set(i64::from(current.blocked()));
    }
    current.gone.cancel();
    connected.dec();
    blocked.set(0);
    live.send_replace(None);
}
