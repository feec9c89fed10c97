//! What happens in a round. All of it is decided by the seed, before anything starts.

use std::{fmt, time::Duration};

use rand::{Rng, SeedableRng, rngs::StdRng, seq::IndexedRandom};

/// The services that take part in a sale.
pub(super) const SERVICES: [&str; 6] =
    ["user", "product", "order", "seckill", "payment", "gateway"];
/// Of each service.
pub(super) const REPLICAS: u8 = 2;

const BUYERS_MIN: usize = 500;
/// Buyers who are kept back until a fault is about to strike.
const BAITS: usize = 80;
const LOAD: Duration = Duration::from_secs(10);
/// What comes back after this has come back late, but by itself.
const DOWN_MS: std::ops::Range<u64> = 200..5_000;
const KINDS: [(u32, Kind); 9] = [
    (22, Kind::Kill),
    (8, Kind::Terminate),
    (12, Kind::Freeze),
    (10, Kind::KillEngine),
    (8, Kind::FreezeEngine),
    (16, Kind::Redis),
    (18, Kind::Network),
    (6, Kind::FullDisk),
    (0, Kind::Nothing),
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
    Nothing,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Engine {
    Mysql,
    Redis,
    Rabbitmq,
}

impl Engine {
    pub const ALL: [Self; 3] = [Self::Mysql, Self::Redis, Self::Rabbitmq];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Mysql => "mysql",
            Self::Redis => "redis",
            Self::Rabbitmq => "rabbitmq",
        }
    }
}

/// The far end of a wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Far {
    Engine(Engine),
    /// The payment company.
    Wechat,
}

impl fmt::Display for Far {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Engine(engine) => engine.name(),
            Self::Wechat => "wechat",
        })
    }
}

/// One of a service's processes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Replica {
    pub service: &'static str,
    pub number: u8,
}

impl fmt::Display for Replica {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.service, self.number)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weather {
    Cut,
    BlackHole,
    Slow(Duration),
}

/// How Redis forgets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loss {
    /// Everything, while it runs.
    Wiped,
    /// Everything, with its disk.
    DiskLost,
    /// It comes back with the append-only file that it had so long before.
    OldFile(Duration),
    /// One key of each sale.
    Key(&'static str),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// `kill -9`, and back after a while.
    Kill {
        whom: Replica,
        down: Duration,
    },
    /// SIGTERM, as in a rollout.
    Terminate {
        whom: Replica,
    },
    /// SIGSTOP, then SIGCONT.
    Freeze {
        whom: Replica,
        lasts: Duration,
    },
    KillEngine {
        engine: Engine,
        down: Duration,
    },
    FreezeEngine {
        engine: Engine,
        lasts: Duration,
    },
    Redis {
        loss: Loss,
        down: Duration,
    },
    /// Between one replica, or everybody, and the far end.
    Network {
        far: Far,
        of: Option<Replica>,
        weather: Weather,
        lasts: Duration,
    },
    FullDisk {
        engine: Engine,
        lasts: Duration,
    },
}

/// Faults that strike at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Strike {
    /// Since the load began. Then as soon as somebody has won who has not landed.
    pub after: Duration,
    pub faults: Vec<Fault>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sale {
    pub units: i64,
    pub limit: i64,
    pub payment_window_s: i64,
}

/// What a buyer does with an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Habit {
    Pays,
    /// And presses the button when the order has lapsed.
    PaysLate,
    Cancels,
    Lapses,
    /// Lapses, and wants another.
    Returns,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Buyer {
    pub arrives: Duration,
    /// Sales to try, in this order, until one has a unit.
    pub sales: Vec<usize>,
    pub quantity: i64,
    /// Sends an Idempotency-Key.
    pub keyed: bool,
    /// Presses the button again after winning.
    pub repeats: bool,
    pub habit: Habit,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    pub seed: u64,
    pub load: Duration,
    /// The last one never sells out: whoever is wanted as an unlanded winner buys there.
    pub sales: Vec<Sale>,
    pub buyers: Vec<Buyer>,
    pub baits: Vec<Buyer>,
    pub strikes: Vec<Strike>,
}

impl Plan {
    pub fn of(seed: u64) -> Self {
        let mut rng = StdRng::seed_from_u64(seed);
        let rng = &mut rng;
        let mut sales: Vec<Sale> = (0..rng.random_range(1..=2))
            .map(|_| small_sale(rng))
            .collect();
        sales.push(Sale {
            units: 2_000,
            limit: 3,
            payment_window_s: rng.random_range(5..=8),
        });
        let strikes = strikes(rng);
        let count = BUYERS_MIN + rng.random_range(0..50);
        Self {
            seed,
            load: LOAD,
            buyers: (0..count).map(|_| buyer(rng, sales.len())).collect(),
            baits: (0..BAITS).map(|_| bait(rng, sales.len())).collect(),
            sales,
            strikes,
        }
    }
}

fn small_sale(rng: &mut StdRng) -> Sale {
    Sale {
        units: rng.random_range(20..=80),
        limit: 1,
        payment_window_s: rng.random_range(4..=7),
    }
}

fn buyer(rng: &mut StdRng, sales: usize) -> Buyer {
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

fn bait(rng: &mut StdRng, sales: usize) -> Buyer {
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
fn strikes(rng: &mut StdRng) -> Vec<Strike> {
    let count = rng.random_range(3..=5);
    let double = rng.random_range(0..count);
    let mut moments: Vec<Duration> = (0..count)
        .map(|_| LOAD.mul_f64(rng.random_range(0.05..0.9)))
        .collect();
    moments.sort_unstable();
    let strike = |(index, after)| {
        let faults = 1 + usize::from(index == double || rng.random_bool(0.15));
        let faults = (0..faults).map(|_| fault(rng)).collect();
        Strike { after, faults }
    };
    moments.into_iter().enumerate().map(strike).collect()
}

fn fault(rng: &mut StdRng) -> Fault {
    let kind = KINDS
        .choose_weighted(rng, |(weight, _)| *weight)
        .map_or(Kind::Nothing, |(_, kind)| *kind);
    let some_ms = Duration::from_millis(rng.random_range(DOWN_MS));
    match kind {
        Kind::Kill | Kind::Nothing => Fault::Kill {
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

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kill { whom, down } => write!(f, "kill -9 {whom}, down {down:.1?}"),
            Self::Terminate { whom } => write!(f, "SIGTERM {whom}"),
            Self::Freeze { whom, lasts } => write!(f, "SIGSTOP {whom} for {lasts:.1?}"),
            Self::KillEngine { engine, down } => {
                write!(f, "kill -9 {}, down {down:.1?}", engine.name())
            }
            Self::FreezeEngine { engine, lasts } => {
                write!(f, "SIGSTOP {} for {lasts:.1?}", engine.name())
            }
            Self::Redis { loss, down } => match loss {
                Loss::Wiped => write!(f, "redis wiped"),
                Loss::DiskLost => write!(f, "redis loses its disk, down {down:.1?}"),
                Loss::OldFile(age) => {
                    write!(f, "redis back with an AOF {age:.1?} old, down {down:.1?}")
                }
                Loss::Key(key) => write!(f, "redis loses every {key}"),
            },
            Self::Network {
                far,
                of,
                weather,
                lasts,
            } => {
                let whose =
                    of.map_or_else(|| "everybody".to_owned(), |replica| replica.to_string());
                let how = match weather {
                    Weather::Cut => "cut".to_owned(),
                    Weather::BlackHole => "black hole".to_owned(),
                    Weather::Slow(by) => format!("{by:.1?} late"),
                };
                write!(f, "wire {whose} – {far}: {how} for {lasts:.1?}")
            }
            Self::FullDisk { engine, lasts } => {
                write!(f, "disk of {} full for {lasts:.1?}", engine.name())
            }
        }
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sales: Vec<_> = self
            .sales
            .iter()
            .map(|sale| {
                format!(
                    "{} units, {} each, {} s to pay",
                    sale.units, sale.limit, sale.payment_window_s
                )
            })
            .collect();
        writeln!(
            f,
            "seed {}: {} buyers in {:?}; {}",
            self.seed,
            self.buyers.len(),
            self.load,
            sales.join(" · ")
        )?;
        for strike in &self.strikes {
            let faults: Vec<_> = strike.faults.iter().map(ToString::to_string).collect();
            writeln!(
                f,
                "  {:>5.1} s  {}",
                strike.after.as_secs_f64(),
                faults.join("  AND  ")
            )?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_is_a_plan() {
        assert_eq!(Plan::of(7), Plan::of(7));
        assert_ne!(Plan::of(7).strikes, Plan::of(8).strikes);
    }

    #[test]
    fn every_plan_is_hard_enough() {
        for seed in 0..200 {
            let plan = Plan::of(seed);
            assert!(
                plan.sales.len() >= 2 && plan.buyers.len() >= BUYERS_MIN,
                "{plan}"
            );
            assert!(
                plan.load >= Duration::from_secs(10) && plan.strikes.len() >= 3,
                "{plan}"
            );
            assert!(
                plan.strikes.iter().any(|strike| strike.faults.len() >= 2),
                "{plan}"
            );
        }
    }

    #[test]
    fn a_few_plans_hold_every_kind_of_fault() {
        let faults: Vec<_> = (0..40)
            .flat_map(|seed| Plan::of(seed).strikes)
            .flat_map(|strike| strike.faults)
            .map(|fault| fault.to_string())
            .collect();
        let all = faults.join("\n");
        for word in [
            "kill -9 order",
            "SIGTERM",
            "SIGSTOP seckill",
            "kill -9 rabbitmq",
            "kill -9 mysql",
            "SIGSTOP mysql",
            "AOF",
            "wiped",
            "loses every",
            "loses its disk",
            "cut",
            "black hole",
            "late",
            "disk of redis",
        ] {
            assert!(all.contains(word), "no {word} in\n{all}");
        }
    }
}
