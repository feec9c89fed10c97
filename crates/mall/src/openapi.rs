//! `mall openapi`: the document that a gateway serves at `/swagger/doc.json`.

use std::process::ExitCode;

pub(crate) fn run() -> ExitCode {
    match gateway::openapi() {
        Ok(document) => {
            println!("{document:#}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
