//! A plan as it is printed.

use std::fmt;

use super::{Far, Fault, Loss, Plan, Replica, Weather};

impl fmt::Display for Far {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Engine(engine) => engine.name(),
            Self::Service(service) => service,
            Self::Wechat => "wechat",
        })
    }
}

impl fmt::Display for Replica {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.service, self.number)
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
                write!(f, "link {whose} – {far}: {how} for {lasts:.1?}")
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
        for edit in &self.edits {
            let (after, sale) = (edit.after.as_secs_f64(), edit.sale + 1);
            writeln!(
                f,
                "  {after:>5.1} s  an administrator makes sale {sale} one of {} units",
                edit.units
            )?;
        }
        for injection in &self.injections {
            let faults: Vec<_> = injection.faults.iter().map(ToString::to_string).collect();
            writeln!(
                f,
                "  {:>5.1} s  {}",
                injection.after.as_secs_f64(),
                faults.join("  AND  ")
            )?;
        }
        Ok(())
    }
}
