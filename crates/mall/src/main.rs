//! The only binary: one service per process, or all of them in one, and the commands around them.

mod admin;
mod audit_money;
mod compare_files;
mod fleet;
mod migrate;
mod openapi;
mod sheet_text;
mod simulate;
mod token;

use std::{path::PathBuf, process::ExitCode};

use clap::{CommandFactory, Parser, Subcommand};

/// A tenth faster than the system's in a rush.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[derive(Parser)]
#[command(name = "mall", about = "A flash-sale commerce fleet", version)]
struct Arguments {
    /// A folder with <service>.toml files that override the built-in defaults.
    #[arg(long, global = true, env = "MALL_CONFIG_DIR")]
    config_dir: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Gateway,
    User,
    Product,
    Order,
    Seckill,
    Payment,
    Compare,
    /// Compare two workbooks, without any server.
    CompareFiles(compare_files::Arguments),
    /// Print a workbook as text, a row a line: what git compares workbooks by.
    SheetText(sheet_text::Arguments),
    /// Print what a shell needs to complete this command: bash, zsh, fish, elvish, powershell.
    Completion {
        shell: clap_complete::Shell,
    },
    /// One comparison for the process that started this one.
    #[command(hide = true)]
    CompareChild,
    /// Every service in one process, still talking gRPC: for a laptop.
    All,
    /// Bring the schemas up to date: of every service, or of the one named.
    Migrate {
        service: Option<String>,
    },
    /// Recompute the books of the payment service, and print what differs.
    AuditMoney,
    /// Make administrators, or buyers again, by account id.
    #[command(subcommand)]
    Admin(admin::Command),
    /// Read every configuration as the services would, and say what is wrong.
    CheckConfig,
    /// Stand in for another company.
    #[command(subcommand)]
    Simulate(simulate::Company),
    /// Print the gateway's OpenAPI document.
    Openapi,
    /// Sign access tokens with the configured key, for load tests.
    Token(token::Arguments),
}

fn main() -> ExitCode {
    let Arguments {
        config_dir,
        command,
    } = Arguments::parse();
    // Several libraries could bring a TLS provider; this is the one.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    // Reads FAILPOINTS; without the feature it does nothing.
    let _fail = fail::FailScenario::setup();
    let directory = config_dir.as_deref();
    match command {
        Command::Gateway => fleet::run(directory, &[gateway::NAME]),
        Command::User => fleet::run(directory, &[user::NAME]),
        Command::Product => fleet::run(directory, &[product::NAME]),
        Command::Order => fleet::run(directory, &[order::NAME]),
        Command::Seckill => fleet::run(directory, &[seckill::NAME]),
        Command::Payment => fleet::run(directory, &[payment::NAME]),
        Command::Compare => fleet::run(directory, &[compare::NAME]),
        Command::CompareFiles(arguments) => compare_files::run(&arguments),
        Command::SheetText(arguments) => sheet_text::run(&arguments),
        Command::Completion { shell } => {
            let mut command = Arguments::command();
            clap_complete::generate(shell, &mut command, "mall", &mut std::io::stdout());
            ExitCode::SUCCESS
        }
        Command::CompareChild => compare::child::serve(),
        Command::All => fleet::run(directory, &fleet::NAMES),
        Command::Migrate { service } => migrate::run(directory, service.as_deref()),
        Command::AuditMoney => audit_money::run(directory),
        Command::Admin(command) => admin::run(directory, &command),
        Command::CheckConfig => fleet::check_config(directory),
        Command::Simulate(company) => simulate::run(company),
        Command::Openapi => openapi::run(),
        Command::Token(arguments) => token::run(directory, &arguments),
    }
}
