//! Processor seconds, as the kernel counts them.

use std::{collections::BTreeMap, fs};

use crate::fleet::{Fleet, SERVICES};

/// The kernel's ticks per second, on every Linux there is.
const TICKS: f64 = 100.0;
/// The engines, by the names of their processes.
const ENGINES: [(&str, &str); 5] = [
    ("mysqld", "mysql"),
    ("mariadbd", "mysql"),
    ("redis-server", "redis"),
    ("beam.smp", "rabbitmq"),
    ("bench", "generator"),
];

/// The engines' processes on this machine.
pub(super) fn engines() -> impl Iterator<Item = u32> {
    processes().filter(|pid| {
        let name = of(*pid).map(|(name, _)| name);
        ENGINES
            .iter()
            .any(|(known, engine)| *engine != "generator" && name.as_deref() == Some(known))
    })
}

fn processes() -> impl Iterator<Item = u32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

/// Seconds so far by process.
pub(super) fn seconds(fleet: &Fleet) -> BTreeMap<String, f64> {
    let mut seconds = BTreeMap::new();
    for service in SERVICES {
        if let Some((_, used)) = fleet.pid(service).and_then(of) {
            seconds.insert(service.to_owned(), used);
        }
    }
    for pid in processes() {
        let Some((name, used)) = of(pid) else {
            continue;
        };
        if let Some((_, engine)) = ENGINES.iter().find(|(known, _)| *known == name) {
            *seconds.entry((*engine).to_owned()).or_default() += used;
        }
    }
    seconds
}

/// A process's name and what it has used.
fn of(pid: u32) -> Option<(String, f64)> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (head, rest) = stat.rsplit_once(')')?;
    let name = head.split_once('(')?.1.to_owned();
    // After the name: state is field 3, user and system time are 14 and 15.
    let fields: Vec<&str> = rest.split_whitespace().collect();
    let ticks = |place: usize| fields.get(place)?.parse::<f64>().ok();
    Some((name, (ticks(11)? + ticks(12)?) / TICKS))
}
