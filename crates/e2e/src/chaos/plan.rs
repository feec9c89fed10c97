//! What happens in a round. All of it is decided by the seed, before anything starts.

mod draw;
mod text;

use std::time::Duration;

use rand::{Rng, SeedableRng, rngs::StdRng};

use draw::{bait, buyer, edit, injections, small_sale};

/// The services that take part in a sale.
pub(super) const SERVICES: [&str; 6] =
    ["user", "product", "order", "seckill", "payment", "gateway"];
/// Of each service.
pub(super) const REPLICAS: u8 = 2;

const BUYERS_MIN: usize = 500;
/// Buyers who are kept back until a fault is about to strike.
const BAITS: usize = 80;
const LOAD: Duration = Duration::from_secs(10);

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

/// The far end of a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Far {
    Engine(Engine),
    /// All replicas of a service.
    Service(&'static str),
    /// The payment company.
    Wechat,
}

/// One of a service's processes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Replica {
    pub service: &'static str,
    pub number: u8,
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
    /// Between one replica, or all, and the far end.
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
pub struct Injection {
    /// Since the load began. Then as soon as there is a winner who has not landed.
    pub after: Duration,
    pub faults: Vec<Fault>,
}

/// An administrator changes a sale while it runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    pub after: Duration,
    pub sale: usize,
    pub units: i64,
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
    /// The last one never sells out: the buyer wanted as an unlanded winner buys there.
    pub sales: Vec<Sale>,
    pub buyers: Vec<Buyer>,
    pub baits: Vec<Buyer>,
    pub edits: Vec<Edit>,
    pub injections: Vec<Injection>,
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
            payment_window_s: rng.random_range(4..=6),
        });
        let injections = injections(rng);
        let count = BUYERS_MIN + rng.random_range(0..50);
        let edits = (0..rng.random_range(0..=2))
            .map(|_| edit(rng, &sales))
            .collect();
        Self {
            seed,
            load: LOAD,
            buyers: (0..count).map(|_| buyer(rng, sales.len())).collect(),
            baits: (0..BAITS).map(|_| bait(rng, sales.len())).collect(),
            sales,
            edits,
            injections,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_is_a_plan() {
        assert_eq!(Plan::of(7), Plan::of(7));
        assert_ne!(Plan::of(7).injections, Plan::of(8).injections);
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
                plan.load >= Duration::from_secs(10) && plan.injections.len() >= 3,
                "{plan}"
            );
            assert!(
                plan.injections
                    .iter()
                    .any(|injection| injection.faults.len() >= 2),
                "{plan}"
            );
        }
    }

    #[test]
    fn a_few_plans_hold_every_kind_of_fault() {
        let faults: Vec<_> = (0..40)
            .flat_map(|seed| Plan::of(seed).injections)
            .flat_map(|injection| injection.faults)
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
