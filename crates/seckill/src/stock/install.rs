use std::collections::HashSet;

use proto::order::{LiveUnit, Terms};

use super::Stock;
use crate::{Error, domain::Holding};

/// Entries of one staged chunk: a script's arguments are bounded.
const STAGE_CHUNK: usize = 1_000;
/// What was staged by a rebuilder that died goes by itself.
const STAGED_S: u32 = 600;

impl Stock {
    /// Puts a fence's snapshot in place; false when this epoch or a higher one is there.
    pub(crate) async fn install(
        &self,
        activity: i64,
        epoch: i64,
        terms: &Terms,
        live: &[LiveUnit],
    ) -> Result<bool, Error> {
        // Read before anything is staged: a server that restarts in between is found to be another
        // one.
        let server = self.kv.run_id(&self.key(activity, "meta")).await?;
        let sold: HashSet<i64> = live.iter().map(|unit| unit.unit_no).collect();
        let next = sold.iter().copied().max().unwrap_or_default();
        let gaps: Vec<i64> = (1..=next).filter(|unit| !sold.contains(unit)).collect();
        let staged = |part: &str| self.key(activity, &format!("stage:{epoch}:{part}"));
        let staging = [staged("returned"), staged("buyers")];
        self.stage(&staging, &gaps, live).await?;
        fail::fail_point!("rebuild.after_stage", |_| Err(Error::Unexpected(
            "fail point"
        )));
        let keys = [
            &self.keys(activity, ["meta", "returned", "buyers"])[..],
            &staging[..],
        ]
        .concat();
        let installed: i64 = self
            .install
            .call(&self.kv, &keys)
            .arg(epoch)
            .arg(terms.units)
            .arg(next)
            .arg(terms.start_ms)
            .arg(terms.end_ms)
            .arg(terms.limit_per_user)
            .arg(server.run_id)
            .arg(server.replication_id)
            .arg(gaps.len())
            .arg(live.len())
            .invoke()
            .await?;
        match installed {
            0 | 1 => Ok(installed == 1),
            _ => Err(Error::Unexpected("what was staged has gone")),
        }
    }

    async fn stage(&self, keys: &[String], gaps: &[i64], live: &[LiveUnit]) -> Result<(), Error> {
        let chunks = gaps.len().max(live.len()).div_ceil(STAGE_CHUNK).max(1);
        for index in 0..chunks {
            let chunk =
                |len: usize| (index * STAGE_CHUNK).min(len)..((index + 1) * STAGE_CHUNK).min(len);
            let gaps = &gaps[chunk(gaps.len())];
            let mut call = self
                .stage
                .call(&self.kv, keys)
                .arg(STAGED_S)
                .arg(i32::from(index == 0))
                .arg(gaps.len())
                .arg(gaps);
            for unit in &live[chunk(live.len())] {
                let holding = Holding {
                    order_id: unit.order_id,
                    unit_no: unit.unit_no,
                    at_ms: unit.at_ms,
                    request_key: unit.request_key.clone(),
                };
                call = call
                    .arg(format!("{}/{}", unit.user_id, unit.slot))
                    .arg(holding.text());
            }
            call.invoke::<i64>().await?;
        }
        Ok(())
    }
}
