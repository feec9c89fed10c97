//! A sale's row: what is sold, and which reservations count.

use ids::{ActivityId, ProductId};
use money::Money;

use super::{Item, units::QUANTITY_MAX};

/// How often a sale was fenced. Reservations of another epoch than the row's do not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Epoch(pub i64);

/// Of a sale's terms; seckill counts them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(pub i64);

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    pub product: ProductId,
    pub product_name: String,
    pub product_image: String,
    pub price: Money,
    pub units: i64,
    pub start_ms: i64,
    /// 0: open-ended.
    pub end_ms: i64,
    pub limit_per_user: i32,
    pub payment_window_s: i64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sale {
    pub activity: ActivityId,
    pub epoch: Epoch,
    pub version: Version,
    /// Whether that version was refused when it came.
    pub refused: bool,
    pub ended: bool,
    pub terms: Terms,
}

/// What an edit may change while a sale runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Edit {
    pub version: Version,
    pub units: i64,
    pub start_ms: i64,
    pub end_ms: i64,
}

/// Terms that no sale can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TermsRefused {
    #[error(transparent)]
    Id(#[from] ids::NotAnId),
    #[error("a name or an image's address is too long")]
    Text,
    #[error("a price that is not above zero")]
    Price,
    #[error("units, limit or payment window out of range")]
    Range,
    #[error("it ends before it starts")]
    Window,
}

/// What landing does with an item that has no row yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judgement {
    Land,
    /// Reserved before a rebuild that already counted its units as free: refused, and nothing to release.
    Interrupted,
    /// A unit that these terms never had: Redis lost an edit that MySQL has seen. As a conflict.
    BeyondTerms,
    /// This row is behind the message: MySQL lost a commit, or reads an old copy. Not now.
    Ahead,
}

impl Sale {
    pub fn judge(&self, item: &Item) -> Judgement {
        if item.epoch > self.epoch {
            Judgement::Ahead
        } else if item.epoch < self.epoch || self.ended {
            Judgement::Interrupted
        } else if item.units.highest() > self.terms.units {
            Judgement::BeyondTerms
        } else {
            Judgement::Land
        }
    }

    /// When an order that lands now lapses.
    pub fn expiry_ms(&self, now_ms: i64) -> i64 {
        now_ms.saturating_add(self.terms.payment_window_s.saturating_mul(1_000))
    }
}

impl Terms {
    const NAME_CHARS_MAX: usize = 255;
    const IMAGE_CHARS_MAX: usize = 2_048;
    /// A month: an order that may be paid later is not an order.
    const WINDOW_S_MAX: i64 = 31 * 86_400;

    pub fn checked(self) -> Result<Self, TermsRefused> {
        if self.product_name.chars().count() > Self::NAME_CHARS_MAX
            || self.product_image.chars().count() > Self::IMAGE_CHARS_MAX
        {
            return Err(TermsRefused::Text);
        }
        if !self.price.is_positive() {
            return Err(TermsRefused::Price);
        }
        if self.units < 1
            || self.units >= ids::ID_END
            || !(1..=QUANTITY_MAX as i32).contains(&self.limit_per_user)
            || !(1..=Self::WINDOW_S_MAX).contains(&self.payment_window_s)
        {
            return Err(TermsRefused::Range);
        }
        check_window(self.start_ms, self.end_ms)?;
        Ok(self)
    }
}

impl Edit {
    pub fn checked(self) -> Result<Self, TermsRefused> {
        if self.units < 1 || self.units >= ids::ID_END {
            return Err(TermsRefused::Range);
        }
        check_window(self.start_ms, self.end_ms)?;
        Ok(self)
    }
}

fn check_window(start_ms: i64, end_ms: i64) -> Result<(), TermsRefused> {
    if end_ms != 0 && end_ms <= start_ms {
        Err(TermsRefused::Window)
    } else {
        Ok(())
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use ids::{OrderId, UserId};

    use super::*;

    pub(crate) fn sale(epoch: i64) -> Sale {
        Sale {
            activity: ActivityId::try_from(1).unwrap(),
            epoch: Epoch(epoch),
            version: Version(1),
            refused: false,
            ended: false,
            terms: Terms {
                product: ProductId::try_from(5).unwrap(),
                product_name: "lamp".into(),
                product_image: String::new(),
                price: Money::from_fen(100).unwrap(),
                units: 10,
                start_ms: 0,
                end_ms: 0,
                limit_per_user: 1,
                payment_window_s: 900,
            },
        }
    }

    fn item(epoch: i64, units: &str) -> Item {
        Item {
            activity: ActivityId::try_from(1).unwrap(),
            order: OrderId::try_from(3).unwrap(),
            user: UserId::try_from(4).unwrap(),
            at_ms: 1,
            request_key: None,
            epoch: Epoch(epoch),
            units: units.parse().unwrap(),
        }
    }

    #[test]
    fn only_the_rows_own_epoch_counts() {
        let open = sale(3);
        assert_eq!(open.judge(&item(3, "0:10")), Judgement::Land);
        assert_eq!(open.judge(&item(2, "0:10")), Judgement::Interrupted);
        assert_eq!(open.judge(&item(4, "0:10")), Judgement::Ahead);
        assert_eq!(open.judge(&item(3, "0:10,1:11")), Judgement::BeyondTerms);
    }

    #[test]
    fn nothing_lands_in_an_ended_sale() {
        let ended = Sale {
            ended: true,
            ..sale(3)
        };
        assert_eq!(ended.judge(&item(3, "0:1")), Judgement::Interrupted);
        assert_eq!(ended.judge(&item(2, "0:1")), Judgement::Interrupted);
    }

    #[test]
    fn terms_are_checked() {
        let terms = sale(0).terms;
        assert!(terms.clone().checked().is_ok());
        for bad in [
            Terms {
                price: Money::ZERO,
                ..terms.clone()
            },
            Terms {
                units: 0,
                ..terms.clone()
            },
            Terms {
                limit_per_user: 0,
                ..terms.clone()
            },
            Terms {
                limit_per_user: QUANTITY_MAX as i32 + 1,
                ..terms.clone()
            },
            Terms {
                payment_window_s: 0,
                ..terms.clone()
            },
            Terms {
                start_ms: 5,
                end_ms: 5,
                ..terms.clone()
            },
            Terms {
                product_name: "x".repeat(256),
                ..terms
            },
        ] {
            assert!(bad.checked().is_err());
        }
    }
}
