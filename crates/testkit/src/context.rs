use std::sync::Arc;

use clock::FakeClock;
use service::{Ctx, Role};

/// A service's context with every role, and the clock that it reads, which starts at the real time.
pub fn ctx(name: &'static str) -> (Ctx, Arc<FakeClock>) {
    let clock = FakeClock::at_real_time();
    let ctx = Ctx::new(name, clock.clone(), &[Role::Grpc, Role::Events, Role::Jobs]);
    (ctx, clock)
}
