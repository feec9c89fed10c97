use std::{
    net::{SocketAddr, TcpListener, ToSocketAddrs},
    process,
    sync::atomic::{AtomicU32, Ordering},
};

use clock::{Clock, SystemClock};

/// MySQL's address, without a schema.
pub fn mysql_url() -> String {
    address("MALL_MYSQL_URL")
}

pub fn redis_url() -> String {
    address("MALL_REDIS_URL")
}

pub fn amqp_url() -> String {
    address("MALL_AMQP_URL")
}

#[expect(
    clippy::disallowed_methods,
    reason = "tests are told by the environment where engines are"
)]
fn address(variable: &str) -> String {
    match std::env::var(variable) {
        Ok(url) if !url.is_empty() => url,
        _ => panic!("{variable} is not set: run the tests with `cargo xtask test`"),
    }
}

/// `host:port` of an engine's address, for a [`crate::ChaosProxy`] in front of it.
pub fn server_address(url: &str) -> SocketAddr {
    let after_scheme = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = after_scheme.split(['/', '?']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    let mut found = host
        .to_socket_addrs()
        .unwrap_or_else(|e| panic!("{host}: {e}"));
    found
        .next()
        .unwrap_or_else(|| panic!("{host} has no address"))
}

/// Below the ports that systems lend to outgoing connections.
const PORT_FIRST: u32 = 20_000;
const PORTS: u32 = 12_000;

/// A port without a listener, which no other test of this process is given, nor any
/// connection. Prefer port 0 where the listener can tell its own.
pub fn free_port() -> u16 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    // Two processes at once begin far apart.
    let start = process::id().wrapping_mul(997);
    for _ in 0..PORTS {
        let n = NEXT.fetch_add(1, Ordering::Relaxed);
        let port = PORT_FIRST + start.wrapping_add(n) % PORTS;
        if let Ok(port) = u16::try_from(port)
            && TcpListener::bind(("127.0.0.1", port)).is_ok()
        {
            return port;
        }
    }
    panic!("no free port from {PORT_FIRST} on")
}

/// `what_<unix seconds>_<process>_<n>`: the time tells the next run what a killed one left behind.
pub(crate) fn unique(what: &str) -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let n = NEXT.fetch_add(1, Ordering::Relaxed);
    format!("{what}_{}_{}_{n}", now_s(), process::id())
}

pub(crate) fn now_s() -> i64 {
    SystemClock.now().timestamp()
}
