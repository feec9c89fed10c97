//! A short run of `cargo xtask chaos`: two rounds of seeds that are known to be rich.

use std::path::Path;

use e2e::chaos::{Campaign, run};

/// `kill -9` of three processes and of Redis, SIGSTOP of MySQL; then a rollback of Redis, a black
/// hole and more.
const SEED: u64 = 1;
const ROUNDS: u64 = 2;

#[tokio::test(flavor = "multi_thread")]
async fn faults_strike_a_running_sale_and_everything_still_holds() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let target = here.ancestors().nth(2).unwrap().join("target");
    let campaign = Campaign {
        binary: target.join("debug/mall"),
        directory: target.join("chaos"),
        seed: SEED,
        rounds: ROUNDS,
    };
    run(&campaign).await.unwrap();
}
