//! How much world a run has: what is sold to how many, and how often what may strike.

use crate::guards::Guard::{self, Audit, DetectEpoch, HandOffAgain};

/// What the world may do. Everything else the fleet does by itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Event {
    // Buyers and administrators.
    Lapse,
    Cancel,
    Pay,
    Refund,
    Repeat,
    SameKey,
    Query,
    Edit,
    End,
    // Faults.
    /// A process dies, with what it holds in memory.
    Crash,
    /// An answer is lost, with or without what it answers: a broker's confirm, or an install's.
    AnswerLost,
    /// A message comes again, or late.
    Redelivery,
    Wipe,
    /// Redis restarts with an older state.
    Rollback,
    /// Redis goes back without a restart, so that only its content tells.
    Regress,
    /// One key of the sale is lost.
    KeyLost,
    UnsentLost,
    /// A rebuild that nothing asked for.
    FalseAlarm,
    /// A process holds still for so long that others take its lease, its intent or its reservation
    /// for abandoned; then it goes on.
    Stall,
}

pub(crate) const EVENTS: usize = Event::Stall as usize + 1;

impl Event {
    pub(crate) const fn is_fault(self) -> bool {
        self as u8 >= Self::Crash as u8
    }
}

pub(crate) struct Scope {
    pub(crate) name: &'static str,
    /// Of the activity at first.
    pub(crate) units: u8,
    /// Of the product in all, those of the activity included.
    pub(crate) stock: u8,
    pub(crate) buyers: u8,
    pub(crate) limit: u8,
    /// Buyers may ask for two units at once.
    pub(crate) pairs: bool,
    /// Reservations in all.
    pub(crate) orders: u8,
    /// It begins before the publication, else with a sale that is open in epoch 1.
    pub(crate) unpublished: bool,
    /// Units that an edit asks for.
    pub(crate) edits: &'static [u8],
    pub(crate) events: &'static [(Event, u8)],
    /// Safety nets that would hide what another guard is for: this scope holds without them.
    pub(crate) without: &'static [Guard],
}

impl Scope {
    /// Redis may go back without a sign, and never is it quiet enough for the audit.
    pub(crate) fn is_blind(&self) -> bool {
        let regress = self
            .events
            .iter()
            .any(|(event, _)| *event == Event::Regress);
        regress && self.without.contains(&Audit)
    }

    /// Nothing goes wrong, so no buyer may be refused and nothing rebuilt.
    pub(crate) fn is_calm(&self) -> bool {
        let disturbs = |event: Event| event.is_fault() || matches!(event, Event::Edit | Event::End);
        !self.unpublished && !self.events.iter().any(|(event, _)| disturbs(*event))
    }

    pub(crate) fn named(name: &str) -> Option<&'static Self> {
        SMALL.iter().chain(LARGE).find(|scope| scope.name == name)
    }
}

const NETS: &[Guard] = &[Audit, HandOffAgain];

const BASE: Scope = Scope {
    name: "",
    units: 2,
    stock: 2,
    buyers: 2,
    limit: 1,
    pairs: false,
    orders: 3,
    unpublished: false,
    edits: &[],
    events: &[],
    without: NETS,
};

use Event::{
    AnswerLost, Cancel, Crash, Edit, End, FalseAlarm, KeyLost, Lapse, Pay, Query, Redelivery,
    Refund, Regress, Repeat, Rollback, SameKey, Stall, UnsentLost, Wipe,
};

/// Together they show every guard; CI runs them.
pub(crate) const SMALL: &[Scope] = &[
    Scope {
        name: "calm",
        events: &[(Lapse, 1), (Cancel, 1), (Pay, 1), (Repeat, 1), (Refund, 1)],
        without: &[],
        ..BASE
    },
    Scope {
        name: "crash",
        events: &[
            (Lapse, 1),
            (Cancel, 1),
            (Repeat, 1),
            (Crash, 1),
            (AnswerLost, 1),
        ],
        ..BASE
    },
    Scope {
        name: "redelivery",
        events: &[(Lapse, 1), (Redelivery, 1)],
        ..BASE
    },
    Scope {
        name: "wipe",
        events: &[(Lapse, 1), (Wipe, 1), (Crash, 1)],
        ..BASE
    },
    Scope {
        name: "ticket",
        orders: 2,
        events: &[(Query, 1), (Wipe, 1), (AnswerLost, 1)],
        ..BASE
    },
    Scope {
        name: "false-alarm",
        orders: 2,
        events: &[(Lapse, 1), (FalseAlarm, 1), (Crash, 1)],
        ..BASE
    },
    Scope {
        name: "rebuilders",
        orders: 1,
        events: &[(FalseAlarm, 2), (Stall, 1), (Wipe, 1), (AnswerLost, 1)],
        ..BASE
    },
    Scope {
        name: "late-install",
        orders: 1,
        events: &[(FalseAlarm, 2), (Stall, 1)],
        without: &[Audit, HandOffAgain, DetectEpoch],
        ..BASE
    },
    Scope {
        name: "rollback",
        events: &[(Lapse, 1), (Rollback, 1)],
        ..BASE
    },
    Scope {
        name: "regress",
        events: &[(Lapse, 1), (Regress, 1)],
        without: &[],
        ..BASE
    },
    Scope {
        name: "regress-busy",
        orders: 2,
        events: &[(Regress, 1), (FalseAlarm, 1)],
        ..BASE
    },
    Scope {
        name: "torn",
        events: &[(Lapse, 1), (KeyLost, 1)],
        ..BASE
    },
    Scope {
        name: "lost-entry",
        events: &[(Crash, 1), (UnsentLost, 1)],
        without: &[],
        ..BASE
    },
    Scope {
        name: "stall",
        events: &[(Lapse, 1), (Stall, 1), (Cancel, 1)],
        without: &[],
        ..BASE
    },
    Scope {
        name: "money",
        orders: 1,
        events: &[
            (Lapse, 1),
            (Pay, 2),
            (Refund, 1),
            (Redelivery, 1),
            (Wipe, 1),
        ],
        ..BASE
    },
    Scope {
        name: "keys",
        buyers: 1,
        limit: 2,
        events: &[(SameKey, 1), (Regress, 1), (Lapse, 1)],
        without: &[],
        ..BASE
    },
    Scope {
        name: "pairs",
        units: 3,
        stock: 3,
        limit: 2,
        pairs: true,
        events: &[(Lapse, 1), (Wipe, 1)],
        ..BASE
    },
    Scope {
        name: "pairs-regress",
        limit: 2,
        pairs: true,
        events: &[(Lapse, 1), (Regress, 1)],
        without: &[],
        ..BASE
    },
    Scope {
        name: "publish",
        units: 1,
        unpublished: true,
        orders: 1,
        edits: &[2],
        events: &[(Edit, 1), (Crash, 1), (Stall, 1)],
        ..BASE
    },
    Scope {
        name: "edit",
        units: 1,
        orders: 2,
        edits: &[1, 2],
        events: &[(Edit, 2), (Crash, 1), (Stall, 1)],
        ..BASE
    },
    Scope {
        name: "lower",
        edits: &[1],
        events: &[(Edit, 1), (Crash, 1), (Lapse, 1)],
        ..BASE
    },
    Scope {
        name: "refused-edit",
        orders: 2,
        edits: &[1],
        events: &[(Edit, 1), (Stall, 1), (Lapse, 1)],
        ..BASE
    },
    Scope {
        name: "scarce",
        orders: 1,
        edits: &[1, 3],
        events: &[(Edit, 2), (Stall, 1)],
        ..BASE
    },
    Scope {
        name: "end",
        orders: 2,
        events: &[
            (End, 1),
            (Lapse, 1),
            (Cancel, 1),
            (Redelivery, 1),
            (FalseAlarm, 1),
        ],
        ..BASE
    },
    Scope {
        name: "edit-end",
        units: 1,
        orders: 1,
        edits: &[2],
        events: &[(Edit, 1), (End, 1), (Crash, 1)],
        ..BASE
    },
];

/// By hand: minutes and gigabytes. Two faults and more, and more of everything.
pub(crate) const LARGE: &[Scope] = &[
    Scope {
        name: "large-calm",
        buyers: 3,
        orders: 4,
        events: &[
            (Lapse, 2),
            (Cancel, 1),
            (Pay, 2),
            (Repeat, 1),
            (Refund, 1),
            (Query, 1),
        ],
        without: &[],
        ..BASE
    },
    Scope {
        name: "large-wipe",
        events: &[
            (Lapse, 1),
            (Wipe, 2),
            (Crash, 1),
            (AnswerLost, 1),
            (Cancel, 1),
        ],
        ..BASE
    },
    Scope {
        name: "large-redelivery",
        events: &[(Lapse, 2), (Redelivery, 2), (Wipe, 1)],
        ..BASE
    },
    Scope {
        name: "large-rollback",
        events: &[(Lapse, 1), (Rollback, 1), (FalseAlarm, 1), (Crash, 1)],
        ..BASE
    },
    Scope {
        name: "large-regress",
        events: &[(Lapse, 1), (Regress, 1), (Wipe, 1), (Crash, 1), (Stall, 1)],
        without: &[],
        ..BASE
    },
    Scope {
        name: "large-three",
        units: 3,
        stock: 3,
        buyers: 3,
        orders: 4,
        events: &[(Lapse, 1), (Rollback, 1)],
        ..BASE
    },
    Scope {
        name: "large-pairs",
        units: 3,
        stock: 3,
        limit: 2,
        pairs: true,
        events: &[(Lapse, 1), (Wipe, 1), (Crash, 1), (SameKey, 1)],
        ..BASE
    },
    Scope {
        name: "large-keys",
        units: 3,
        stock: 3,
        buyers: 1,
        limit: 2,
        pairs: true,
        events: &[(Lapse, 1), (Regress, 1), (SameKey, 2), (Crash, 1)],
        without: &[],
        ..BASE
    },
    Scope {
        name: "large-money",
        events: &[
            (Lapse, 1),
            (Pay, 2),
            (Refund, 1),
            (Redelivery, 1),
            (Wipe, 1),
            (Query, 1),
        ],
        ..BASE
    },
    Scope {
        name: "large-rebuilders",
        orders: 2,
        events: &[
            (Lapse, 1),
            (FalseAlarm, 2),
            (Stall, 1),
            (Wipe, 1),
            (AnswerLost, 1),
            (Crash, 1),
        ],
        ..BASE
    },
    Scope {
        name: "large-edit",
        orders: 2,
        stock: 3,
        edits: &[1, 2, 3],
        events: &[(Edit, 2), (Crash, 1), (Stall, 1), (Lapse, 1), (Wipe, 1)],
        ..BASE
    },
    Scope {
        name: "large-end",
        orders: 2,
        stock: 3,
        edits: &[1, 3],
        events: &[
            (Edit, 1),
            (End, 1),
            (Crash, 1),
            (Stall, 1),
            (Lapse, 1),
            (Wipe, 1),
            (Cancel, 1),
        ],
        ..BASE
    },
    Scope {
        name: "large-publish",
        units: 1,
        unpublished: true,
        orders: 2,
        edits: &[2],
        events: &[(Edit, 1), (End, 1), (Crash, 2), (Stall, 1), (Redelivery, 1)],
        ..BASE
    },
];

impl std::fmt::Display for Scope {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            name,
            units,
            stock,
            buyers,
            limit,
            orders,
            ..
        } = self;
        write!(f, "{name}: {units} of {stock} units, {buyers} buyers, ")?;
        write!(f, "limit {limit}, {orders} orders;")?;
        for (event, times) in self.events {
            write!(f, " {event:?} {times}")?;
        }
        if !self.without.is_empty() {
            write!(f, "; holds without {:?}", self.without)?;
        }
        Ok(())
    }
}
