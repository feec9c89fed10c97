//! Carries faults out, and takes them back.

use std::{path::PathBuf, time::Duration};

use anyhow::Result;
use tokio::time::sleep;

use super::{
    cluster::Cluster,
    plan::{Engine, Fault, Loss},
    process,
};
use crate::api::poll;

const RESTART: Duration = Duration::from_millis(200);
/// Redis has written a file within.
const KEEP: Duration = Duration::from_secs(20);

impl Cluster {
    /// What a fault needs some time before it strikes.
    pub(super) async fn prepare(&self, fault: &Fault) -> Result<Option<PathBuf>> {
        if let Fault::Redis {
            loss: Loss::OldFile(age),
            ..
        } = fault
        {
            // Redis may have none just now: another fault took it.
            let kept = poll(KEEP, async || self.engines.keep_file().map(Some)).await?;
            sleep(*age).await;
            return Ok(Some(kept));
        }
        Ok(None)
    }

    /// Injections at once; returns when the fault is over. What was killed may still be starting then.
    pub(super) async fn inject(&self, fault: &Fault, kept: Option<PathBuf>) -> Result<()> {
        match fault {
            Fault::Kill { whom, down } => {
                self.supervisor.kill(&whom.to_string(), Some(*down));
                sleep(*down).await;
            }
            Fault::Terminate { whom } => self.supervisor.terminate(&whom.to_string()),
            Fault::Freeze { whom, lasts } => self.freeze(&whom.to_string(), *lasts).await,
            Fault::KillEngine { engine, down } => {
                self.supervisor.kill(engine.name(), Some(*down));
                sleep(*down).await;
            }
            Fault::FreezeEngine { engine, lasts } => self.freeze(engine.name(), *lasts).await,
            Fault::Redis { loss, down } => self.rob_redis(*loss, *down, kept).await?,
            Fault::Network {
                far,
                of,
                weather,
                lasts,
            } => {
                self.links.set(*far, *of, *weather);
                sleep(*lasts).await;
                self.links.heal(*far, *of);
            }
            Fault::FullDisk { engine, lasts } => self.fill_disk(*engine, *lasts).await?,
        }
        Ok(())
    }

    async fn freeze(&self, name: &str, lasts: Duration) {
        let stopped = self.supervisor.signal(name, "STOP");
        sleep(lasts).await;
        if let Some(pid) = stopped {
            process::send("CONT", pid);
        }
    }

    async fn rob_redis(&self, loss: Loss, down: Duration, kept: Option<PathBuf>) -> Result<()> {
        let redis = Engine::Redis.name();
        match loss {
            Loss::Wiped => self.redis_forgets(None).await,
            Loss::Key(part) => self.redis_forgets(Some(part)).await,
            Loss::DiskLost => {
                self.supervisor.kill(redis, None);
                self.engines.lose_file();
                self.supervisor.bring_back(redis, down);
                sleep(down).await;
            }
            Loss::OldFile(_) => {
                self.supervisor.kill(redis, None);
                if let Some(kept) = kept {
                    self.engines.give_old_file(&kept)?;
                }
                self.supervisor.bring_back(redis, down);
                sleep(down).await;
            }
        }
        Ok(())
    }

    /// Redis may be away because of another fault: then there is nothing to forget.
    async fn redis_forgets(&self, part: Option<&str>) {
        let Some(part) = part else {
            let _: Result<String, _> = self.auditor.kv.query(&kv::cmd("FLUSHALL")).await;
            return;
        };
        let pattern = format!("{{sale:*}}:{part}");
        let keys: Result<Vec<String>, _> =
            self.auditor.kv.query(kv::cmd("KEYS").arg(pattern)).await;
        for key in keys.unwrap_or_default() {
            let _: Result<i64, _> = self.auditor.kv.query(kv::cmd("DEL").arg(key)).await;
        }
    }

    async fn fill_disk(&self, engine: Engine, lasts: Duration) -> Result<()> {
        if !self.engines.disk(engine).can_be_full() {
            println!(
                "  ! no file system could be mounted here: the disk of {} stays as it is",
                engine.name()
            );
            return Ok(());
        }
        self.engines.fill_disk(engine)?;
        sleep(lasts).await;
        self.engines.disk(engine).free();
        if engine == Engine::Mysql {
            // MariaDB looks again only once a minute; an operator who frees the disk would not wait for it.
            self.supervisor.kill(engine.name(), Some(RESTART));
        }
        Ok(())
    }
}
