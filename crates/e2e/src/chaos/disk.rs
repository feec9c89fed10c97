use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context, Result, bail};

const FILLER: &str = "filler";
const MB: u64 = 1 << 20;

/// A folder for an engine's data: a small file system of its own where that can be mounted (it
/// takes root), so that it can be full.
pub(super) struct Disk {
    pub(super) path: PathBuf,
    mounted: bool,
}

impl Disk {
    pub(super) fn make(path: PathBuf, size_mb: u64) -> Result<Self> {
        fs::create_dir_all(&path)?;
        let options = format!("size={size_mb}m");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &options, "mall-chaos"])
            .arg(&path)
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success());
        Ok(Self { path, mounted })
    }

    pub(super) const fn can_be_full(&self) -> bool {
        self.mounted
    }

    /// Leaves `left_mb` free.
    pub(super) fn fill(&self, left_mb: u64) -> Result<()> {
        if !self.mounted {
            bail!("{} is no disk of its own", self.path.display());
        }
        let path = self.path.join(FILLER);
        let mut filler = File::create(&path)?;
        let chunk = vec![0_u8; MB as usize];
        let mut filled = 0;
        loop {
            match filler.write_all(&chunk) {
                Ok(()) => filled += MB,
                Err(error) if error.kind() == io::ErrorKind::StorageFull => break,
                Err(error) => return Err(error).context("filling a disk"),
            }
        }
        filler.set_len(filled.saturating_sub(left_mb * MB))?;
        Ok(())
    }

    pub(super) fn free(&self) {
        let _ = fs::remove_file(self.path.join(FILLER));
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        if self.mounted {
            let _ = Command::new("umount").arg("-l").arg(&self.path).status();
        }
    }
}

/// Copies a folder of files.
pub(super) fn copy(from: &Path, to: &Path) -> io::Result<()> {
    let _ = fs::remove_dir_all(to);
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            fs::copy(entry.path(), to.join(entry.file_name()))?;
        }
    }
    Ok(())
}
