use std::{future::Future, sync::Arc, time::Duration};

use clock::SharedClock;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::Instrument;

use crate::{Readiness, Role};

/// What a service is given to live in. Cheap to clone.
#[derive(Clone)]
pub struct Ctx {
    pub name: &'static str,
    pub clock: SharedClock,
    roles: Arc<[Role]>,
    tracker: TaskTracker,
    stop: CancellationToken,
    readiness: Readiness,
}

impl Ctx {
    pub fn new(name: &'static str, clock: SharedClock, roles: &[Role]) -> Self {
        Self {
            name,
            clock,
            roles: roles.into(),
            tracker: TaskTracker::new(),
            stop: CancellationToken::new(),
            readiness: Readiness::default(),
        }
    }

    pub fn has(&self, role: Role) -> bool {
        self.roles.contains(&role)
    }

    /// Shutdown waits for everything that is spawned here.
    pub fn tracker(&self) -> &TaskTracker {
        &self.tracker
    }

    /// Cancelled when no new work is to begin; what is under way finishes.
    pub fn stop(&self) -> &CancellationToken {
        &self.stop
    }

    /// Spawns a task that shutdown waits for, in the current span.
    pub fn spawn<F: Future<Output = ()> + Send + 'static>(&self, task: F) {
        self.tracker.spawn(task.in_current_span());
    }

    pub fn readiness(&self) -> &Readiness {
        &self.readiness
    }

    /// Stops taking work, then waits for what is under way, for `grace` at most. Answers whether all of it ended.
    pub async fn shut_down(&self, grace: Duration) -> bool {
        self.readiness.stopping();
        self.stop.cancel();
        self.tracker.close();
        tokio::time::timeout(grace, self.tracker.wait())
            .await
            .is_ok()
    }
}
