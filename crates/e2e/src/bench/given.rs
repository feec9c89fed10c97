//! What a run's figures depend on: written beside them.

use std::{fs, thread};

use anyhow::Result;
use serde_json::{Map, Value, json};

use super::options::Options;
use crate::audit::Auditor;

pub(super) async fn all(options: &Options, auditor: &Auditor) -> Result<Map<String, Value>> {
    let mysql: String = sqlx::query_scalar("SELECT VERSION()")
        .fetch_one(&auditor.order)
        .await?;
    let redis: String = auditor.kv.query(kv::cmd("INFO").arg("server")).await?;
    let redis = redis
        .lines()
        .find_map(|line| line.strip_prefix("redis_version:"));
    let given = [
        ("duration_s", json!(options.duration.as_secs())),
        ("connections", json!(options.connections)),
        ("activities", json!(options.activities)),
        ("workers", json!(options.workers)),
        ("rows", json!(options.rows)),
        ("mysql", json!(mysql)),
        ("redis", json!(redis)),
        ("processor", json!(fact("/proc/cpuinfo", "model name"))),
        (
            "processors",
            json!(thread::available_parallelism().map_or(0, usize::from)),
        ),
        ("memory", json!(fact("/proc/meminfo", "MemTotal"))),
        (
            "kernel",
            json!(
                fs::read_to_string("/proc/sys/kernel/osrelease")
                    .unwrap_or_default()
                    .trim()
            ),
        ),
    ];
    let owned = given.map(|(key, value)| (key.to_owned(), value));
    Ok(owned.into_iter().collect())
}

/// The first line `name: …` of a file of facts.
fn fact(file: &str, name: &str) -> String {
    let text = fs::read_to_string(file).unwrap_or_default();
    let value = text
        .lines()
        .find_map(|line| line.strip_prefix(name)?.trim_start().strip_prefix(':'));
    value.unwrap_or_default().trim().to_owned()
}
