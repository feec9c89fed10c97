//! Settings, from a file and from the environment.

use service::config::from_layers;

use super::{Target, Verdict, text};

const RANDOM: &str = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

fn secrets() -> Vec<(String, String)> {
    [
        ("MALL_FLEET__SECRET", RANDOM),
        ("MALL_AUTH__KEYS__K1__STATE", "signing"),
        ("MALL_AUTH__KEYS__K1__SECRET", RANDOM),
    ]
    .map(|(name, text)| (name.to_owned(), text.to_owned()))
    .into()
}

fn judge(read: Result<user::Config, service::config::ConfigError>) -> Verdict {
    match read.map_err(|error| error.to_string()) {
        Ok(_) => Verdict::Accepted,
        Err(problem) if problem.contains('\n') => Verdict::Broken("a mistake is one line"),
        Err(problem) if problem.contains(RANDOM) => Verdict::Broken("a mistake tells a secret"),
        Err(_) => Verdict::Refused,
    }
}

/// The defaults stand for an operator's file: they have every section.
pub(super) fn file() -> Target {
    Target {
        name: "config_file",
        seeds: vec![user::DEFAULTS.as_bytes().to_vec()],
        check: Box::new(|input| judge(from_layers(user::NAME, &text(input), None, &secrets()))),
    }
}

/// `NAME=value`.
pub(super) fn environment() -> Target {
    let seeds = [
        "MALL_DB__SCHEMA=mall_x",
        "MALL_SERVICE__ROLES=[\"grpc\"]",
        "MALL_TOKENS__REFRESH_S=604800",
        "MALL_AUTH__KEYS={ a = { state = \"signing\", secret = \"x\" } }",
        "MALL_AUTH__KEYS__B__STATE=retired",
    ];
    Target {
        name: "config_environment",
        seeds: seeds.map(|seed| seed.as_bytes().to_vec()).into(),
        check: Box::new(|input| {
            let said = text(input);
            let Some((name, value)) = said.split_once('=') else {
                return Verdict::Refused;
            };
            let mut variables = secrets();
            variables.push((name.to_owned(), value.to_owned()));
            judge(from_layers(user::NAME, user::DEFAULTS, None, &variables))
        }),
    }
}
