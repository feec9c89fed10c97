//! Where things lie. Everything that runs keeps its data under `target/mall`.

use std::path::{Path, PathBuf};

/// The workspace's root.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_path_buf()
}

/// Data, logs and pid files of what `up` starts.
pub(crate) fn run_dir() -> PathBuf {
    root().join("target/mall")
}

pub(crate) fn log_dir() -> PathBuf {
    run_dir().join("log")
}

/// The binary that `cargo build` makes.
pub(crate) fn mall() -> PathBuf {
    root().join("target/debug/mall")
}
