//! Progress on the terminal: every long step says what it does, and how long it took.

use std::time::Instant;

use anyhow::Result;

/// Announces `what`, runs it, and prints how long it took.
pub(crate) fn step<T>(what: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    println!("· {what} …");
    let start = Instant::now();
    let result = work()?;
    println!("  done in {:.1} s", start.elapsed().as_secs_f64());
    Ok(result)
}
