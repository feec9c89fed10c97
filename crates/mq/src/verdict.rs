/// What a handler found about one delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Its effect is committed.
    Done,
    /// Try again after the next step of the ladder: something it needs is not there yet. The text
    /// says why.
    Retry(String),
    /// An engine that every message needs is away. The consumer keeps the delivery and hands it to
    /// the handler again after a pause, for as long as it takes: an outage climbs no retry ladder.
    Hold(String),
    /// It can never work, through its own fault. The text says why.
    Dead(String),
}

impl Verdict {
    /// As the metric's outcome.
    pub(crate) fn label(&self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Retry(_) => "retry",
            Self::Hold(_) => "held",
            Self::Dead(_) => "dead",
        }
    }
}
