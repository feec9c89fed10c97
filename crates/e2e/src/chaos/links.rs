use std::net::{Ipv4Addr, SocketAddr};

use testkit::ChaosProxy;

use super::plan::{Far, Replica, Weather};

/// Every replica's own ways to the engines, to the other services, and to the payment company.
#[derive(Default)]
pub(super) struct Links(Vec<(Replica, Far, ChaosProxy)>);

impl Links {
    /// Puts a proxy in between; returns the port on the replica's side.
    pub(super) async fn connect(&mut self, of: Replica, far: Far, port: u16) -> u16 {
        let upstream = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let proxy = ChaosProxy::start(upstream).await;
        let near = proxy.port();
        self.0.push((of, far, proxy));
        near
    }

    pub(super) fn set(&self, far: Far, of: Option<Replica>, weather: Weather) {
        for link in self.between(far, of) {
            match weather {
                Weather::Cut => link.cut(),
                Weather::BlackHole => link.black_hole(),
                Weather::Slow(by) => link.delay(by),
            }
        }
    }

    pub(super) fn heal(&self, far: Far, of: Option<Replica>) {
        self.between(far, of).for_each(ChaosProxy::heal);
    }

    fn between(&self, far: Far, of: Option<Replica>) -> impl Iterator<Item = &ChaosProxy> {
        self.0
            .iter()
            .filter(move |(from, to, _)| *to == far && of.is_none_or(|replica| replica == *from))
            .map(|(_, _, link)| link)
    }
}
