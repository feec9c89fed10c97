//! What goes wrong on purpose.

use serde::Deserialize;
use serde_json::Value;

/// A rule: the fault strikes whatever matches, `times` times.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Fault {
    #[serde(default, rename = "match")]
    matches: Match,
    #[serde(rename = "fault")]
    kind: Kind,
    #[serde(default)]
    args: Value,
    #[serde(default = "once")]
    times: u32,
}

const fn once() -> u32 {
    1
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Match {
    /// Absent: any number.
    out_trade_no: Option<String>,
    /// `create`, `query`, `close`, `refund`, `query_refund` or `notify`; absent: any.
    route: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kind {
    /// The call is carried out and its answer lost.
    ResetAfterCommit,
    /// Nothing is carried out.
    SystemError,
    /// The call is carried out and answered with 500.
    SystemErrorAfterCommit,
    FrequencyLimited,
    /// The answer, or notification, waits for `args.ms`.
    Delay,
    /// The signature is well formed, and not of what is said.
    BadSig,
    /// Signed as the company's own probes are.
    Signtest,
    /// A notification that never leaves.
    Drop,
    /// A notification that comes `args.n` times after it was acknowledged.
    Duplicate,
    /// The same, all at once.
    DuplicateParallel,
    WrongAmount,
    WrongMchid,
    WrongAppid,
    WrongApiV3Key,
    /// The refund is never settled.
    ProcessingForever,
    /// The payer's account cannot take the money.
    Abnormal,
}

/// A fault that strikes now.
#[derive(Debug, Clone)]
pub(super) struct Struck {
    pub(super) kind: Kind,
    args: Value,
}

impl Struck {
    pub(super) fn number(&self, name: &str, default: u64) -> u64 {
        self.args[name].as_u64().unwrap_or(default)
    }
}

#[derive(Debug, Default)]
pub(super) struct Faults(Vec<Fault>);

impl Faults {
    pub(super) fn add(&mut self, fault: Fault) {
        self.0.push(fault);
    }

    /// The first rule of one of `kinds` that matches, used up by one.
    pub(super) fn strike(
        &mut self,
        route: &str,
        out_trade_no: &str,
        kinds: &[Kind],
    ) -> Option<Struck> {
        let fits =
            |wanted: &Option<String>, is: &str| wanted.as_ref().is_none_or(|wanted| wanted == is);
        let fault = self.0.iter_mut().find(|fault| {
            fault.times > 0
                && kinds.contains(&fault.kind)
                && fits(&fault.matches.out_trade_no, out_trade_no)
                && fits(&fault.matches.route, route)
        })?;
        fault.times -= 1;
        Some(Struck {
            kind: fault.kind,
            args: fault.args.clone(),
        })
    }
}
