//! Administrators, made by id and never by name: a name can be registered by anybody.

use std::{path::Path, process::ExitCode};

use anyhow::Result;
use auth::Role;
use ids::UserId;
use service::config::load;

#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Make an account an administrator; its sessions end, and its next login says so.
    Grant { id: i64 },
    /// Make it a buyer again; its sessions end.
    Revoke { id: i64 },
}

pub(crate) fn run(directory: Option<&Path>, command: &Command) -> ExitCode {
    match set_role(directory, command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("mall: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn set_role(directory: Option<&Path>, command: &Command) -> Result<()> {
    let (id, role) = match *command {
        Command::Grant { id } => (id, Role::Admin),
        Command::Revoke { id } => (id, Role::User),
    };
    let id = UserId::try_from(id)?;
    let config: user::Config = load(user::NAME, user::DEFAULTS, directory)?;
    service::runtime(0)?.block_on(user::set_role(&config, id, role))?;
    println!("account {id}: {}", role.name());
    Ok(())
}
