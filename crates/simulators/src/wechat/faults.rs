//! What goes wrong on purpose.

use serde::{Deserialize, Serialize};
use serde_json::Value;

const RULES_MAX: usize = 1_000;

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
    /// `create`, `query`, `close`, `refund` (the call, and its settling), `query_refund` or
    /// `notify`; absent: any.
    route: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kind {
    /// The call is carried out and its answer lost.
    ResetAfterCommit,
    /// Nothing is carried out.
    SystemError,
    /// The call is carried out and answered with 500.
    SystemErrorAfterCommit,
    /// Nothing is carried out.
    FrequencyLimited,
    /// The merchant's account cannot pay a refund; nothing is carried out.
    NotEnough,
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
    /// A notification that comes after the order's next one, or after `args.ms`.
    OutOfOrder,
    WrongAmount,
    WrongMchid,
    WrongAppid,
    WrongApiV3Key,
    /// The refund is never settled.
    ProcessingForever,
    /// The payer's account cannot take the money.
    Abnormal,
    /// The refund is given up, and the money stays with the merchant.
    Closed,
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
    /// `false`: there are too many.
    pub(super) fn add(&mut self, fault: Fault) -> bool {
        let room = self.0.len() < RULES_MAX;
        if room && fault.times > 0 {
            self.0.push(fault);
        }
        room
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
        let at = self.0.iter().position(|fault| {
            kinds.contains(&fault.kind)
                && fits(&fault.matches.out_trade_no, out_trade_no)
                && fits(&fault.matches.route, route)
        })?;
        let fault = self.0.get_mut(at)?;
        fault.times -= 1;
        let struck = Struck {
            kind: fault.kind,
            args: fault.args.clone(),
        };
        if fault.times == 0 {
            self.0.remove(at);
        }
        Some(struck)
    }
}
