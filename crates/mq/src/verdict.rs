/// What a handler found about one delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Its effect is committed.
    Done,
    /// Try again after the next step of the ladder: something it needs is not there yet. The text
    /// says why.
    Retry(String),
    /// It can never work, through its own fault. The text says why.
    Dead(String),
}

impl Verdict {
    /// As the metric's outcome.
    pub(crate) fn label(&self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Retry(_) => "retry",
            Self::Dead(_) => "dead",
        }
    }
}
