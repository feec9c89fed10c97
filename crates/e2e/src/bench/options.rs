//! What a run is asked for.

use std::{env, path::PathBuf, time::Duration};

use anyhow::{Context, Result, ensure};

/// The measured cases, in the order in which they run.
pub(super) const CASES: [&str; 10] = [
    "bound",
    "plain",
    "detail",
    "soldout",
    "allwin",
    "allwin512",
    "half_soldout",
    "half_allwin",
    "baseline_soldout",
    "baseline_allwin",
];

#[derive(Debug)]
pub struct Options {
    pub(super) binary: PathBuf,
    /// Every case runs at least this long.
    pub(super) duration: Duration,
    /// And at least so many requests.
    pub(super) requests: usize,
    pub(super) connections: usize,
    /// The load is spread over so many.
    pub(super) activities: usize,
    /// Threads of every process, the bound's like the gateway's. With two processors and nine
    /// processes one each is fastest.
    pub(super) workers: usize,
    /// Orders in the table before the first case.
    pub(super) rows: u64,
    /// Only these cases; empty: all of them. Half load needs its full one, and nothing is compared
    /// without the bound.
    cases: Vec<String>,
    pub json: Option<PathBuf>,
}

impl Options {
    /// From the command line.
    pub fn parse(arguments: &[String]) -> Result<Self> {
        let mut options = Self {
            binary: env::current_exe()?.with_file_name("mall"),
            duration: Duration::from_secs(10),
            requests: 100_000,
            connections: 128,
            activities: 1,
            workers: 1,
            rows: 0,
            cases: Vec::new(),
            json: None,
        };
        for pair in arguments.chunks(2) {
            let [name, value] = pair else {
                anyhow::bail!("{} needs a value", pair.join(" "));
            };
            options
                .set(name, value)
                .with_context(|| format!("{name} {value}"))?;
        }
        Ok(options)
    }

    fn set(&mut self, name: &str, value: &str) -> Result<()> {
        match name {
            "--duration" => self.duration = Duration::from_secs(value.parse()?),
            "--requests" => self.requests = value.parse()?,
            "--connections" => self.connections = value.parse()?,
            "--activities" => self.activities = value.parse()?,
            "--workers" => self.workers = value.parse()?,
            "--rows" => self.rows = value.parse()?,
            "--json" => self.json = Some(value.into()),
            "--cases" => {
                self.cases = value.split(',').map(str::to_owned).collect();
                for case in &self.cases {
                    ensure!(CASES.contains(&case.as_str()), "no case {case}: {CASES:?}");
                }
            }
            _ => anyhow::bail!("no such option"),
        }
        ensure!(self.activities > 0, "no activity");
        Ok(())
    }

    /// How long a case runs at least, and how many requests.
    pub(super) fn at_least(&self) -> (Duration, usize) {
        (self.duration, self.requests)
    }

    pub(super) fn plays(&self, case: &str) -> bool {
        self.cases.is_empty() || self.cases.iter().any(|wanted| wanted == case)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Options> {
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        Options::parse(&words)
    }

    #[test]
    fn some_cases_or_all_of_them_are_played() {
        let some = parse("--cases bound,allwin --duration 3").unwrap();
        assert!(some.plays("bound") && some.plays("allwin") && !some.plays("soldout"));
        assert!(CASES.iter().all(|case| parse("").unwrap().plays(case)));
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for line in [
            "--cases sold_out",
            "--rows many",
            "--rows",
            "--speed 9",
            "--activities 0",
        ] {
            assert!(parse(line).is_err(), "{line}");
        }
    }
}
