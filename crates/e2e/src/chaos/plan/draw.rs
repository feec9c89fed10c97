//! Draws what a plan holds.

use std::time::Duration;

use rand::{Rng, rngs::StdRng, seq::IndexedRandom};

use super::{
    Buyer, Edit, Engine, Far, Fault, Habit, Injection, LOAD, Loss, REPLICAS, Replica, SERVICES,
    Sale, Weather,
};

/// What comes back after this has come back late, but by itself.
const DOWN_MS: std::ops::Range<u64> = 200..5_000;
const KINDS: [(u32, Kind); 8] = [
    (22, Kind::Kill),
    (8, Kind::Terminate),
    (12, Kind::Freeze),
    (10, Kind::KillEngine),
    (8, Kind::FreezeEngine),
    (16, Kind::Redis),
    (18, Kind::Network),
    (6, Kind::FullDisk),
];

#[derive(Debug, Clone, Copy)]
enum Kind {
    Kill,
    Terminate,
    Freeze,
    KillEngine,
    FreezeEngine,
    Redis,
    Network,
    FullDisk,
}

pub(super) fn small_sale(rng: &mut StdRng) -> Sale {
    Sale {
        units: rng.random_range(20..=80),
        limit: 1,
        payment_window_s: rng.random_range(3..=6),
    }
}

/// Of a small sale, up or down.
pub(super) fn edit(rng: &mut StdRng, sales: &[Sale]) -> Edit {
    let sale = rng.random_range(0..sales.len() - 1);
    Edit {
        after: LOAD.mul_f64(rng.random_range(0.1..0.9)),
        units: (sales[sale].units + rng.random_range(-15..=15)).max(1),
        sale,
    }
}

pub(super) fn buyer(rng: &mut StdRng, sales: usize) -> Buyer {
    let wide = sales - 1;
    let mut wishes: Vec<usize> = (0..wide).filter(|_| rng.random_bool(0.6)).collect();
    if wishes.is_empty() || rng.random_bool(0.5) {
        wishes.push(wide);
    }
    Buyer {
        arrives: LOAD.mul_f64(rng.random_range(0.0..1.0)),
        keyed: wishes.contains(&wide) || rng.random_bool(0.5),
        sales: wishes,
        quantity: rng.random_range(1..=3),
        repeats: rng.random_bool(0.3),
        habit: habit(rng),
    }
}

pub(super) fn bait(rng: &mut StdRng, sales: usize) -> Buyer {
    Buyer {
        sales: vec![sales - 1],
        keyed: true,
        ..buyer(rng, sales)
    }
}

fn habit(rng: &mut StdRng) -> Habit {
    match rng.random_range(0..100) {
        0..35 => Habit::Pays,
        35..43 => Habit::PaysLate,
        43..53 => Habit::Cancels,
        53..63 => Habit::Returns,
        _ => Habit::Lapses,
    }
}

/// Three to five moments within the load; at one of them, at least, two faults at once.
pub(super) fn injections(rng: &mut StdRng) -> Vec<Injection> {
    let count = rng.random_range(3..=5);
    let double = rng.random_range(0..count);
    let mut moments: Vec<Duration> = (0..count)
        .map(|_| LOAD.mul_f64(rng.random_range(0.05..0.9)))
        .collect();
    moments.sort_unstable();
    let injection = |(index, after)| {
        let faults = 1 + usize::from(index == double || rng.random_bool(0.15));
        let faults = (0..faults).map(|_| fault(rng)).collect();
        Injection { after, faults }
    };
    moments.into_iter().enumerate().map(injection).collect()
}

fn fault(rng: &mut StdRng) -> Fault {
    let kind = KINDS
        .choose_weighted(rng, |(weight, _)| *weight)
        .map_or(Kind::Kill, |(_, kind)| *kind);
    let some_ms = Duration::from_millis(rng.random_range(DOWN_MS));
    match kind {
        Kind::Kill => Fault::Kill {
            whom: replica(rng),
            down: some_ms / 2,
        },
        Kind::Terminate => Fault::Terminate { whom: replica(rng) },
        Kind::Freeze => Fault::Freeze {
            whom: replica(rng),
            lasts: some_ms,
        },
        Kind::KillEngine => Fault::KillEngine {
            engine: engine(rng),
            down: some_ms / 2,
        },
        Kind::FreezeEngine => Fault::FreezeEngine {
            engine: engine(rng),
            lasts: some_ms,
        },
        Kind::Redis => Fault::Redis {
            loss: loss(rng),
            down: some_ms / 5,
        },
        Kind::Network => network(rng, some_ms),
        Kind::FullDisk => Fault::FullDisk {
            engine: engine(rng),
            lasts: some_ms,
        },
    }
}

/// Half of all blows fall where sales are made.
fn replica(rng: &mut StdRng) -> Replica {
    let service = if rng.random_bool(0.5) {
        ["order", "seckill"].choose(rng)
    } else {
        SERVICES.choose(rng)
    };
    Replica {
        service: service.copied().unwrap_or("seckill"),
        number: rng.random_range(1..=REPLICAS),
    }
}

fn engine(rng: &mut StdRng) -> Engine {
    Engine::ALL.choose(rng).copied().unwrap_or(Engine::Redis)
}

fn loss(rng: &mut StdRng) -> Loss {
    match rng.random_range(0..5) {
        0 => Loss::Wiped,
        1 => Loss::DiskLost,
        2 => Loss::Key(
            ["meta", "returned", "buyers"]
                .choose(rng)
                .copied()
                .unwrap_or("meta"),
        ),
        _ => Loss::OldFile(Duration::from_millis(rng.random_range(300..3_000))),
    }
}

fn network(rng: &mut StdRng, lasts: Duration) -> Fault {
    let users: &[(Far, &[&str])] = &[
        (
            Far::Engine(Engine::Mysql),
            &["user", "product", "order", "seckill", "payment"],
        ),
        (Far::Engine(Engine::Redis), &["seckill"]),
        (
            Far::Engine(Engine::Rabbitmq),
            &["product", "order", "seckill", "payment"],
        ),
        (Far::Wechat, &["payment"]),
        (Far::Service("order"), &["seckill", "payment", "gateway"]),
        (Far::Service("seckill"), &["gateway", "order"]),
        (Far::Service("payment"), &["gateway"]),
    ];
    let (far, services) = users[rng.random_range(0..users.len())];
    let one = rng.random_bool(0.5).then(|| Replica {
        service: services.choose(rng).copied().unwrap_or("seckill"),
        number: rng.random_range(1..=REPLICAS),
    });
    let weather = match rng.random_range(0..3) {
        0 => Weather::Cut,
        1 => Weather::BlackHole,
        _ => Weather::Slow(Duration::from_millis(rng.random_range(10..400))),
    };
    Fault::Network {
        far,
        of: one,
        weather,
        lasts,
    }
}
