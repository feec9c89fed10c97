//! Where the files of running jobs are: a folder of this process's own, with a lock that ends with
//! it, so that the next process removes what a killed one left behind.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

use tracing::{info, warn};

use crate::domain::Job;

pub(super) struct Folder {
    path: PathBuf,
    /// Held as long as the process lives.
    _lock: File,
}

const LOCK: &str = "lock";

impl Folder {
    /// An empty `base` is the system's folder for temporary files.
    pub(super) fn open(base: &Path) -> io::Result<Self> {
        let base = if base.as_os_str().is_empty() {
            std::env::temp_dir().join("mall-compare")
        } else {
            base.to_owned()
        };
        fs::create_dir_all(&base)?;
        sweep(&base)?;
        let path = base.join(format!("{:016x}", rand::random::<u64>()));
        fs::create_dir(&path)?;
        let lock = File::create(path.join(LOCK))?;
        lock.lock()?;
        Ok(Self { path, _lock: lock })
    }

    /// Of one attempt.
    pub(super) fn of(&self, job: &Job) -> PathBuf {
        self.path.join(format!("{}-{}", job.name, job.attempt))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.path);
    }
}

/// Removes the folders of processes that are gone.
fn sweep(base: &Path) -> io::Result<()> {
    for entry in fs::read_dir(base)? {
        let path = entry?.path();
        // One without a lock is just being made, or just being removed.
        let Ok(lock) = File::open(path.join(LOCK)) else {
            continue;
        };
        if lock.try_lock().is_ok() {
            info!(path = %path.display(), "files of a process that is gone are removed");
            fs::remove_dir_all(&path)?;
        }
    }
    Ok(())
}

/// What an attempt leaves behind.
pub(super) async fn remove(folder: &Path) {
    match tokio::fs::remove_dir_all(folder).await {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => warn!(path = %folder.display(), %error, "files stay behind"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_dead_left_is_removed() {
        let base = tempfile::tempdir().unwrap();
        let alive = Folder::open(base.path()).unwrap();
        let dead = base.path().join("0123456789abcdef");
        fs::create_dir_all(dead.join("job_1-1")).unwrap();
        fs::write(dead.join(LOCK), "").unwrap();
        let next = Folder::open(base.path()).unwrap();
        assert!(alive.path.exists() && next.path.exists() && !dead.exists());
        drop(next);
        assert_eq!(fs::read_dir(base.path()).unwrap().count(), 1);
    }
}
