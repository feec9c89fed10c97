//! A bulkhead per network: how many requests or connections of one customer may be open at once, so
//! that slow ones cannot fill a lane that everybody shares.

use std::{
    collections::{HashMap, hash_map::Entry},
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::client::network_of;

/// Holds an entry only while something of that network is open: never more than connections.
#[derive(Debug, Clone)]
pub(crate) struct InFlight {
    max: usize,
    open: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

/// Counted until it is dropped.
#[derive(Debug)]
pub(crate) struct Held {
    network: IpAddr,
    open: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

impl InFlight {
    pub(crate) fn new(max: usize) -> Self {
        Self {
            max,
            open: Arc::default(),
        }
    }

    /// `None`: that network has as many open as it may.
    pub(crate) fn hold(&self, address: IpAddr) -> Option<Held> {
        let network = network_of(address);
        let mut open = lock(&self.open);
        let count = open.entry(network).or_default();
        if *count >= self.max {
            // A bound of none leaves no entry behind either.
            if *count == 0 {
                open.remove(&network);
            }
            return None;
        }
        *count += 1;
        Some(Held {
            network,
            open: Arc::clone(&self.open),
        })
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if let Entry::Occupied(mut count) = lock(&self.open).entry(self.network) {
            *count.get_mut() -= 1;
            if *count.get() == 0 {
                count.remove();
            }
        }
    }
}

fn lock(open: &Mutex<HashMap<IpAddr, usize>>) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
    open.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_has_its_share_and_leaves_nothing_behind() {
        let in_flight = InFlight::new(2);
        let hold = |text: &str| in_flight.hold(text.parse().unwrap());
        let (first, second) = (hold("2001:db8::1"), hold("2001:db8::2"));
        assert!(first.is_some() && second.is_some());
        assert!(hold("2001:db8::3").is_none(), "one customer");
        let other = hold("192.0.2.1");
        assert!(other.is_some());
        drop(first);
        assert!(hold("2001:db8::3").is_some());
        drop((second, other));
        assert!(lock(&in_flight.open).is_empty());
        assert!(
            InFlight::new(0)
                .hold("192.0.2.1".parse().unwrap())
                .is_none()
        );
    }
}
