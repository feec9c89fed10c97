use std::{
    collections::HashMap,
    net::{Ipv4Addr, SocketAddr},
};

use testkit::ChaosProxy;

use super::plan::{Far, Replica, Weather};

/// Every replica's own way to every engine, and to the payment company.
#[derive(Default)]
pub(super) struct Wires(HashMap<(Replica, Far), ChaosProxy>);

impl Wires {
    /// Lays a wire; answers the port on the replica's side.
    pub(super) async fn lay(&mut self, of: Replica, far: Far, port: u16) -> u16 {
        let upstream = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let proxy = ChaosProxy::start(upstream).await;
        let near = proxy.port();
        self.0.insert((of, far), proxy);
        near
    }

    pub(super) fn set(&self, far: Far, of: Option<Replica>, weather: Weather) {
        for wire in self.between(far, of) {
            match weather {
                Weather::Cut => wire.cut(),
                Weather::BlackHole => wire.black_hole(),
                Weather::Slow(by) => wire.delay(by),
            }
        }
    }

    pub(super) fn heal(&self, far: Far, of: Option<Replica>) {
        self.between(far, of).for_each(ChaosProxy::heal);
    }

    fn between(&self, far: Far, of: Option<Replica>) -> impl Iterator<Item = &ChaosProxy> {
        let wanted = move |(key, _): &(&(Replica, Far), _)| {
            key.1 == far && of.is_none_or(|replica| replica == key.0)
        };
        self.0.iter().filter(wanted).map(|(_, wire)| wire)
    }
}
