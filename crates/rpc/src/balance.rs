//! The way to a peer: one connection, or one to each address of its name.

use std::{collections::HashSet, net::SocketAddr, time::Duration};

use http::Uri;
use tokio::sync::mpsc::Sender;
use tonic::transport::{Channel as Transport, Endpoint, channel::Change};

const CONNECT_WITHIN: Duration = Duration::from_secs(1);
/// A dead peer is noticed after both.
const KEEPALIVE: Duration = Duration::from_secs(10);
const KEEPALIVE_ANSWER: Duration = Duration::from_secs(5);
const STREAM_WINDOW: u32 = 1 << 20;
const CONNECTION_WINDOW: u32 = 4 << 20;
/// How soon a new address of a name is used.
const RESOLVE_PERIOD: Duration = Duration::from_secs(5);
/// Before a name is asked for again that has no address.
const RESOLVE_AGAIN: Duration = Duration::from_millis(500);
/// Addresses that may change at once.
const CHANGES_MAX: usize = 64;

/// Connects at the first call. Names are resolved for as long as the channel is held.
pub(crate) fn transport(uris: &[Uri]) -> Transport {
    if let [uri] = uris
        && is_literal(uri)
    {
        return endpoint(uri.clone()).connect_lazy();
    }
    let (transport, changes) = Transport::balance_channel(CHANGES_MAX);
    let authorities = uris.iter().filter_map(Uri::authority);
    let names = authorities.map(ToString::to_string).collect();
    // Ends with the channel, which may outlive its maker: nothing waits for it.
    tokio::spawn(resolve(names, changes));
    transport
}

fn is_literal(uri: &Uri) -> bool {
    let host = uri.host().unwrap_or_default();
    let literal = host.trim_start_matches('[').trim_end_matches(']');
    literal == "localhost" || literal.parse::<std::net::IpAddr>().is_ok()
}

fn endpoint(uri: Uri) -> Endpoint {
    Endpoint::from(uri)
        .connect_timeout(CONNECT_WITHIN)
        .tcp_nodelay(true)
        .http2_keep_alive_interval(KEEPALIVE)
        .keep_alive_timeout(KEEPALIVE_ANSWER)
        .keep_alive_while_idle(true)
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
}

/// Names are resolved again and again: a connection would stay with the replica that it found first.
async fn resolve(names: Vec<String>, changes: Sender<Change<SocketAddr, Endpoint>>) {
    let mut known = HashSet::new();
    let mut lost = HashSet::new();
    loop {
        let mut found = HashSet::new();
        for name in &names {
            match tokio::net::lookup_host(name).await {
                Ok(addresses) => {
                    found.extend(addresses);
                    lost.remove(name);
                }
                Err(error) => {
                    // Said once, not with every look.
                    if lost.insert(name.clone()) {
                        tracing::warn!(peer = name, %error, "a peer's name was not resolved");
                    }
                }
            }
        }
        known = apply(known, found, &changes).await;
        let pause = if known.is_empty() {
            RESOLVE_AGAIN
        } else {
            RESOLVE_PERIOD
        };
        tokio::select! {
            () = changes.closed() => return,
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// The addresses that are in use from now on. With none at all the old ones stay: they may still answer.
async fn apply(
    known: HashSet<SocketAddr>,
    found: HashSet<SocketAddr>,
    changes: &Sender<Change<SocketAddr, Endpoint>>,
) -> HashSet<SocketAddr> {
    if found.is_empty() {
        return known;
    }
    for address in found.difference(&known) {
        if let Ok(uri) = format!("http://{address}").parse() {
            let _ = changes.send(Change::Insert(*address, endpoint(uri))).await;
        }
    }
    for address in known.difference(&found) {
        let _ = changes.send(Change::Remove(*address)).await;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(ports: &[u16]) -> HashSet<SocketAddr> {
        ports
            .iter()
            .map(|port| ([10, 0, 0, 1], *port).into())
            .collect()
    }

    #[tokio::test]
    async fn only_changes_are_told_and_silence_keeps_what_was() {
        let (changes, mut told) = tokio::sync::mpsc::channel(CHANGES_MAX);
        let known = apply(HashSet::new(), addresses(&[1, 2]), &changes).await;
        let known = apply(known, addresses(&[2, 3]), &changes).await;
        let known = apply(known, HashSet::new(), &changes).await;
        assert_eq!(known, addresses(&[2, 3]));
        drop(changes);
        let (mut added, mut removed) = (HashSet::new(), HashSet::new());
        while let Some(change) = told.recv().await {
            match change {
                Change::Insert(address, _) => added.insert(address),
                Change::Remove(address) => removed.insert(address),
            };
        }
        assert_eq!((added, removed), (addresses(&[1, 2, 3]), addresses(&[1])));
    }
}
