use std::fmt;

use ids::UserId;

use crate::{domain::Channel, purposes::Purpose};

/// Rows of an account that every payment touches.
const STRIPES: i64 = 16;

/// What an account is for. The names stand in the schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Kind {
    /// What a user may spend.
    User,
    /// What a user has set aside: spent by a capture, given back by a release.
    Held,
    /// A participant of One-Pass. Their numbers are not our users': the platform's interface has no
    /// login, so a transfer there must never reach a buyer's money.
    OnePass,
    /// On its way back through a company.
    Refunding,
    /// What lies with a company, as a negative number.
    Provider,
    /// What was sold, less what went back.
    Sales,
    /// What calls were charged.
    Billing,
    /// What companies keep for their service, as a negative number.
    Fees,
    /// The other side of a correction by an administrator.
    Adjustment,
}

impl Kind {
    pub(crate) const ALL: [Self; 9] = [
        Self::User,
        Self::Held,
        Self::OnePass,
        Self::Refunding,
        Self::Provider,
        Self::Sales,
        Self::Billing,
        Self::Fees,
        Self::Adjustment,
    ];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Held => "held",
            Self::OnePass => "one_pass",
            Self::Refunding => "refunding",
            Self::Provider => "provider",
            Self::Sales => "sales",
            Self::Billing => "billing",
            Self::Fees => "fees",
            Self::Adjustment => "adjustment",
        }
    }

    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Whether it may never be below zero; the schema's `never_below_zero` says the same.
    pub(crate) const fn is_guarded(self) -> bool {
        match self {
            Self::User | Self::Held | Self::OnePass | Self::Refunding => true,
            Self::Provider | Self::Sales | Self::Billing | Self::Fees | Self::Adjustment => false,
        }
    }

    const fn is_striped(self) -> bool {
        matches!(
            self,
            Self::Provider | Self::Sales | Self::Billing | Self::Refunding
        )
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Account {
    pub kind: Kind,
    pub owner: i64,
}

impl Account {
    pub(crate) const fn user(user: UserId) -> Self {
        Self::of(Kind::User, user.get())
    }

    pub(crate) const fn held(user: UserId) -> Self {
        Self::of(Kind::Held, user.get())
    }

    pub(crate) const fn billing() -> Self {
        Self::of(Kind::Billing, 0)
    }

    pub(crate) const fn adjustment() -> Self {
        Self::of(Kind::Adjustment, 0)
    }

    pub(crate) const fn provider(channel: Channel) -> Self {
        Self::of(Kind::Provider, company(channel))
    }

    pub(crate) const fn refunding(channel: Channel) -> Self {
        Self::of(Kind::Refunding, company(channel))
    }

    pub(crate) const fn sales(purpose: Purpose) -> Self {
        let owner = match purpose {
            Purpose::Order => 1,
            Purpose::CompareJob => 2,
            Purpose::TopUp => 3,
        };
        Self::of(Kind::Sales, owner)
    }

    const fn of(kind: Kind, owner: i64) -> Self {
        Self { kind, owner }
    }

    /// Which of its rows a movement touches. Movements about one thing share `spread`, so that what
    /// is taken from a guarded account comes from the row into which it was put.
    pub(crate) const fn stripe(self, spread: i64) -> i16 {
        if self.kind.is_striped() {
            #[expect(
                clippy::cast_possible_truncation,
                reason = "below the number of stripes"
            )]
            let stripe = spread.rem_euclid(STRIPES) as i16;
            stripe
        } else {
            0
        }
    }
}

/// Numbers of the companies: they stand in the schema.
const fn company(channel: Channel) -> i64 {
    match channel {
        Channel::None => 0,
        Channel::WechatNative => 1,
        Channel::Mock => 2,
        Channel::Wallet => 3,
    }
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.kind.name(), self.owner)
    }
}
