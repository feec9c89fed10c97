//! Processes under a supervisor: whatever ends is started again, as Kubernetes or systemd would.

use std::{
    collections::BTreeMap,
    fs::File,
    os::unix::process::CommandExt,
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use anyhow::{Context, Result};

const LOOK_PERIOD: Duration = Duration::from_millis(50);
/// Before something that ended by itself is started again.
const PAUSE: Duration = Duration::from_millis(500);

type Make = Box<dyn Fn() -> Command + Send>;

struct Process {
    make: Make,
    log: PathBuf,
    child: Option<Child>,
    /// While it is down: when it comes back; `None`: on request.
    back_at: Option<Instant>,
    /// It was asked to end.
    stopping: bool,
    /// How often it ended unasked.
    ended: u32,
}

/// Everything that runs, by name.
#[derive(Default)]
pub(super) struct Supervisor(Mutex<BTreeMap<String, Process>>);

impl Supervisor {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Process>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts a process of a group of its own, with its output in `log`.
    pub(super) fn start(
        &self,
        name: &str,
        log: PathBuf,
        make: impl Fn() -> Command + Send + 'static,
    ) -> Result<()> {
        let mut process = Process {
            make: Box::new(make),
            log,
            child: None,
            back_at: None,
            stopping: false,
            ended: 0,
        };
        process.spawn().with_context(|| name.to_owned())?;
        self.lock().insert(name.to_owned(), process);
        Ok(())
    }

    /// Looks after all of them until the task is aborted.
    pub(super) async fn watch(self: Arc<Self>) {
        loop {
            for (name, process) in self.lock().iter_mut() {
                process.look(name);
            }
            tokio::time::sleep(LOOK_PERIOD).await;
        }
    }

    /// `kill -9`, to the whole group. It comes back by itself `down` later, or on request.
    pub(super) fn kill(&self, name: &str, down: Option<Duration>) {
        if let Some(process) = self.lock().get_mut(name) {
            process.kill();
            process.back_at = down.map(|down| Instant::now() + down);
        }
    }

    /// Brings back what was killed for an open end.
    pub(super) fn bring_back(&self, name: &str, after: Duration) {
        if let Some(process) = self.lock().get_mut(name)
            && process.child.is_none()
        {
            process.back_at = Some(Instant::now() + after);
        }
    }

    /// Sends a signal; answers to which process, if it runs.
    pub(super) fn signal(&self, name: &str, signal: &str) -> Option<u32> {
        let pid = self.lock().get(name)?.child.as_ref()?.id();
        send(signal, pid);
        Some(pid)
    }

    /// Asks it to end; it is started again when it has.
    pub(super) fn terminate(&self, name: &str) {
        if let Some(process) = self.lock().get_mut(name)
            && let Some(child) = &process.child
        {
            send("TERM", child.id());
            process.stopping = true;
        }
    }

    /// What has ended by itself since it was last asked.
    pub(super) fn take_ended(&self) -> BTreeMap<String, u32> {
        let mut processes = self.lock();
        let ended = processes
            .iter_mut()
            .map(|(name, process)| (name.clone(), std::mem::take(&mut process.ended)));
        ended.filter(|(_, times)| *times > 0).collect()
    }
}

pub(super) fn send(signal: &str, pid: u32) {
    let group = format!("-{pid}");
    let _ = Command::new("kill")
        .args([&format!("-{signal}"), "--", &group])
        .stderr(Stdio::null())
        .status();
}

impl Process {
    fn spawn(&mut self) -> Result<()> {
        let log = File::options().create(true).append(true).open(&self.log)?;
        let mut command = (self.make)();
        let child = command
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()?;
        self.child = Some(child);
        self.stopping = false;
        self.back_at = None;
        Ok(())
    }

    fn look(&mut self, name: &str) {
        if let Some(child) = &mut self.child
            && let Ok(Some(_)) = child.try_wait()
        {
            self.child = None;
            self.ended += u32::from(!self.stopping);
            self.back_at = Some(Instant::now() + PAUSE);
        }
        if self.child.is_none()
            && self.back_at.is_some_and(|at| at <= Instant::now())
            && let Err(error) = self.spawn()
        {
            println!("  ! {name} does not start: {error:#}");
            self.back_at = Some(Instant::now() + PAUSE);
        }
    }

    fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            // It may be stopped: SIGKILL ends it all the same.
            send("KILL", child.id());
            let _ = child.wait();
        }
    }
}

impl Drop for Supervisor {
    fn drop(&mut self) {
        for process in self.lock().values_mut() {
            process.kill();
        }
    }
}
