//! Services as processes: one, or all of them.

use std::{path::Path, process::ExitCode};

use service::{Service, config::load};

/// In the order of their ports.
pub(crate) const NAMES: [&str; 7] = [
    gateway::NAME,
    user::NAME,
    product::NAME,
    order::NAME,
    seckill::NAME,
    payment::NAME,
    compare::NAME,
];

/// Reads one service's configuration and pairs it with what the service does.
macro_rules! describe {
    ($service:ident, $directory:expr) => {{
        let config: $service::Config = load($service::NAME, $service::DEFAULTS, $directory)?;
        Service {
            name: $service::NAME,
            config: config.service.clone(),
            run: Box::new(move |ctx| Box::pin($service::run(ctx, config))),
        }
    }};
}

fn describe(name: &str, directory: Option<&Path>) -> Result<Service, service::config::ConfigError> {
    Ok(match name {
        gateway::NAME => describe!(gateway, directory),
        user::NAME => describe!(user, directory),
        product::NAME => describe!(product, directory),
        order::NAME => describe!(order, directory),
        seckill::NAME => describe!(seckill, directory),
        payment::NAME => describe!(payment, directory),
        _ => describe!(compare, directory),
    })
}

pub(crate) fn run(directory: Option<&Path>, names: &[&str]) -> ExitCode {
    let services: Result<Vec<_>, _> = names.iter().map(|name| describe(name, directory)).collect();
    match services {
        Ok(services) => service::main(services),
        Err(error) => refuse(&error),
    }
}

pub(crate) fn check_config(directory: Option<&Path>) -> ExitCode {
    let mut code = ExitCode::SUCCESS;
    for name in NAMES {
        match describe(name, directory) {
            Ok(_) => println!("{name}: ok"),
            Err(error) => code = refuse(&error),
        }
    }
    code
}

/// One line, and the exit code that says "configuration" (EX_USAGE of sysexits).
pub(crate) fn refuse(error: &service::config::ConfigError) -> ExitCode {
    const EX_USAGE: u8 = 64;
    eprintln!("mall: {error}");
    ExitCode::from(EX_USAGE)
}
