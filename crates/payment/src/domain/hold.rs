use money::Money;

/// As wide as the column.
const KEY_MAX: usize = 64;

/// Money of a user that is set aside for a call, or was charged for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Hold {
    pub key: String,
    pub amount: Money,
    pub captured: Money,
    pub state: HoldState,
    pub api_call: String,
    /// JSON, as the caller sent it.
    pub metadata: String,
    pub created_at_ms: i64,
    pub settled_at_ms: Option<i64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HoldState {
    Pending,
    Captured,
    Released,
}

impl HoldState {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Captured => "captured",
            Self::Released => "released",
        }
    }

    pub(crate) fn from_name(name: &str) -> Option<Self> {
        [Self::Pending, Self::Captured, Self::Released]
            .into_iter()
            .find(|state| state.name() == name)
    }
}

impl Hold {
    /// What a caller may name a hold.
    pub(crate) fn is_key(text: &str) -> bool {
        (1..=KEY_MAX).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic())
    }
}
