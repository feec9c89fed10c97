use std::{sync::Arc, time::Duration};

use clock::FakeClock;
use service::{Ctx, Role};

pub(crate) const SOON: Duration = Duration::from_secs(10);

pub(crate) fn ctx(name: &'static str) -> Ctx {
    let clock: Arc<FakeClock> = FakeClock::at_real_time();
    Ctx::new(name, clock, &[Role::Events, Role::Jobs])
}
