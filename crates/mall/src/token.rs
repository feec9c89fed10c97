//! Access tokens signed offline with the configured key, so that a load test needs no logins.

use std::{io::Write, path::Path, process::ExitCode, time::Duration};

use anyhow::{Context, Result, ensure};
use auth::{Issuer, Principal, Role, Subject};
use clock::{Clock, SystemClock};
use ids::UserId;
use service::config::load;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// User ids, as FIRST..LAST (both included); one token per line.
    #[arg(long, value_parser = parse_range)]
    users: (i64, i64),
    /// How long the tokens live, in seconds.
    #[arg(long, default_value_t = 3_600)]
    life_s: u64,
}

fn parse_range(text: &str) -> Result<(i64, i64), String> {
    let (first, last) = text.split_once("..").ok_or("FIRST..LAST")?;
    let parse = |part: &str| part.parse::<i64>().map_err(|error| error.to_string());
    let (first, last) = (parse(first)?, parse(last)?);
    if first > 0 && first <= last {
        Ok((first, last))
    } else {
        Err("an empty range".into())
    }
}

pub(crate) fn run(directory: Option<&Path>, arguments: &Arguments) -> ExitCode {
    match print(directory, arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("mall: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn print(directory: Option<&Path>, arguments: &Arguments) -> Result<()> {
    let config: user::Config = load(user::NAME, user::DEFAULTS, directory)?;
    let issuer = Issuer::new(&config.auth).context("auth keys")?;
    let life = Duration::from_secs(arguments.life_s);
    ensure!(!life.is_zero(), "a life of 0 s");
    ensure!(
        config.auth.accept_sessionless,
        "auth.accept_sessionless is false: no service would accept tokens of no session"
    );
    ensure!(
        arguments.life_s <= config.auth.access_life_max_s,
        "longer than auth.access_life_max_s, {} s",
        config.auth.access_life_max_s
    );
    let now = SystemClock.now();
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    for id in arguments.users.0..=arguments.users.1 {
        let principal = Principal {
            user: UserId::try_from(id)?,
            username: format!("user{id}"),
            role: Role::User,
            session: None,
        };
        let subject = Subject {
            principal,
            email: String::new(),
        };
        writeln!(out, "{}", issuer.issue_access(&subject, life, now))?;
    }
    out.flush()?;
    Ok(())
}
