//! Rounds one after the other, on one cluster.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::Instant,
};

use anyhow::{Context, Result, bail};

use super::{cluster::Cluster, engines::Engines, plan::Plan, round};

pub struct Campaign {
    /// The `mall` that every process runs.
    pub binary: PathBuf,
    /// Data and logs go below, into a folder named for the seed.
    pub directory: PathBuf,
    /// Of the first round; the next has the next number.
    pub seed: u64,
    pub rounds: u64,
}

/// Plays every round. The first that fails ends the campaign, names its seed, and leaves its logs.
pub async fn run(campaign: &Campaign) -> Result<()> {
    if let Some(missing) = Engines::missing() {
        bail!("chaos needs engines that it may kill: {missing}");
    }
    let folder = campaign.directory.join(campaign.seed.to_string());
    println!(
        "starting two replicas of each service under {}",
        folder.display()
    );
    let start = Instant::now();
    let cluster = Arc::new(Cluster::start(&campaign.binary, &folder).await?);
    println!("ready in {:.0} s", start.elapsed().as_secs_f64());
    for number in 1..=campaign.rounds {
        let plan = Plan::of(campaign.seed.wrapping_add(number - 1));
        print!("\nround {number} of {}, {plan}", campaign.rounds);
        let played = round::play(&cluster, &plan, i64::try_from(number)?).await;
        match played {
            Ok(report) => println!("{report}"),
            Err(error) => {
                println!("  ✘ {error:#}");
                cluster.engines.dump();
                drop(cluster);
                let kept = keep(&folder, &campaign.directory, plan.seed)?;
                bail!(
                    "seed {} failed: {error:#}\nlogs in {}; again: cargo xtask chaos --seed {}",
                    plan.seed,
                    kept.display(),
                    plan.seed
                );
            }
        }
    }
    drop(cluster);
    fs::remove_dir_all(&folder).context("the logs of a clean campaign")?;
    println!(
        "\n✔ {} clean rounds, seeds from {}",
        campaign.rounds, campaign.seed
    );
    Ok(())
}

/// Leaves the logs of a round that failed in a folder of its seed.
fn keep(folder: &Path, directory: &Path, seed: u64) -> Result<PathBuf> {
    let kept = directory.join(seed.to_string());
    if kept != folder {
        let _ = fs::remove_dir_all(&kept);
        fs::rename(folder, &kept)?;
    }
    Ok(kept)
}
