use std::net::{Ipv4Addr, SocketAddr};

use testkit::ChaosProxy;

use super::plan::{Far, Replica, Weather};

/// Every replica's own ways to the engines, to the other services, and to the payment company.
#[derive(Default)]
pub(super) struct Wires(Vec<(Replica, Far, ChaosProxy)>);

impl Wires {
    /// Lays a wire; answers the port on the replica's side.
    pub(super) async fn lay(&mut self, of: Replica, far: Far, port: u16) -> u16 {
        let upstream = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let proxy = ChaosProxy::start(upstream).await;
        let near = proxy.port();
        self.0.push((of, far, proxy));
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
        self.0
            .iter()
            .filter(move |(from, to, _)| *to == far && of.is_none_or(|replica| replica == *from))
            .map(|(_, _, wire)| wire)
    }
}
