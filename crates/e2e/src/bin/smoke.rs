//! `cargo xtask smoke`: the story, played against the fleet that `cargo xtask up` left running.

use std::process::ExitCode;

use anyhow::{Context, Result};
use e2e::{api::Api, audit::Auditor, desk::Desk, story::Stage};

const GATEWAY: &str = "http://127.0.0.1:8080";
const WECHAT: &str = "http://127.0.0.1:8090";
/// As `cargo xtask up` seeds it.
const ADMIN: (&str, &str) = ("admin", "admin-demo");

#[tokio::main]
async fn main() -> ExitCode {
    match play().await {
        Ok(()) => {
            println!("✔ the story is true");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("✘ {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn play() -> Result<()> {
    let api = Api::new(GATEWAY)?;
    let admin = api
        .login(ADMIN.0, ADMIN.1)
        .await
        .context("the admin of `cargo xtask up`")?;
    let stage = Stage {
        desk: Desk::new(WECHAT)?,
        auditor: Auditor::open(["mall_order".into(), "mall_payment".into()], "", "").await?,
        admin,
        nonce: e2e::story::nonce(),
        api,
    };
    stage.play().await
}
