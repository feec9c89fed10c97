//! What is fuzzed, and what has to hold.

mod company;
mod config;
mod identity;

use anyhow::Result;

pub(crate) enum Verdict {
    Refused,
    Accepted,
    /// The rule that did not hold.
    Broken(&'static str),
}

/// Says what became of one input.
type Check = dyn FnMut(&[u8]) -> Verdict;

pub(crate) struct Target {
    pub(crate) name: &'static str,
    pub(crate) seeds: Vec<Vec<u8>>,
    pub(crate) check: Box<Check>,
}

pub(crate) fn all() -> Result<Vec<Target>> {
    Ok(vec![
        identity::access_token()?,
        identity::refresh_token()?,
        identity::ticket()?,
        identity::username(),
        identity::login_name(),
        identity::profile(),
        company::notification()?,
        company::certificate()?,
        company::refusal(),
        config::file(),
        config::environment(),
        trace_parent(),
    ])
}

fn trace_parent() -> Target {
    Target {
        name: "traceparent",
        seeds: vec![b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".to_vec()],
        check: Box::new(|input| match std::str::from_utf8(input) {
            Ok(text) if trace::Head::draw(Some(text), 1.0).is_kept() => Verdict::Accepted,
            _ => Verdict::Refused,
        }),
    }
}

fn text(input: &[u8]) -> String {
    String::from_utf8_lossy(input).into_owned()
}
