//! Schemas, brought up to date as a job of its own and not by the services.

use std::{path::Path, process::ExitCode};

use anyhow::{Context, Result, bail};
use service::config::load;
use sqlx::migrate::Migrator;

const SERVICES: [&str; 6] = [
    user::NAME,
    product::NAME,
    order::NAME,
    seckill::NAME,
    payment::NAME,
    compare::NAME,
];

pub(crate) fn run(directory: Option<&Path>, only: Option<&str>) -> ExitCode {
    match migrate(directory, only) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("mall: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn migrate(directory: Option<&Path>, only: Option<&str>) -> Result<()> {
    if let Some(name) = only
        && !SERVICES.contains(&name)
    {
        bail!("{name} has no schema: one of {}", SERVICES.join(", "));
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    for name in SERVICES
        .into_iter()
        .filter(|name| only.is_none_or(|only| only == *name))
    {
        let (config, migrator) = schema(name, directory)?;
        runtime
            .block_on(db::migrate(&config, migrator))
            .with_context(|| format!("schema {} of {name}", config.schema))?;
        println!("{name}: schema {} is up to date", config.schema);
    }
    Ok(())
}

fn schema(name: &str, directory: Option<&Path>) -> Result<(db::Config, &'static Migrator)> {
    macro_rules! schema {
        ($service:ident) => {{
            let config: $service::Config = load($service::NAME, $service::DEFAULTS, directory)?;
            (config.db, &$service::MIGRATOR)
        }};
    }
    Ok(match name {
        user::NAME => schema!(user),
        product::NAME => schema!(product),
        order::NAME => schema!(order),
        seckill::NAME => schema!(seckill),
        payment::NAME => schema!(payment),
        _ => schema!(compare),
    })
}
