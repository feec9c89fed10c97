//! What an administrator may ask for.

use std::ops::RangeInclusive;

use super::{Activity, Intent};

/// Units of one activity.
pub(crate) const UNITS_MAX: i64 = 1_000_000;
const UNITS: RangeInclusive<i64> = 1..=UNITS_MAX;
/// A script reads one field per slot and buyer.
pub(crate) const LIMIT_PER_USER: RangeInclusive<i32> = 1..=20;
/// From a second (a rehearsal) to a week.
const PAYMENT_WINDOW_S: RangeInclusive<i64> = 1..=7 * 86_400;
const NAME_CHARS_MAX: usize = 255;
const DESCRIPTION_CHARS_MAX: usize = 5_000;
/// 100 million yuan.
const PRICE_FEN: RangeInclusive<i64> = 1..=10_000_000_000;
/// The end of the year 9999.
const TIME_MS: RangeInclusive<i64> = 0..=253_402_300_799_999;

const LIMIT_DEFAULT: i32 = 1;
const PAYMENT_WINDOW_DEFAULT_S: i64 = 900;

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Invalid {
    #[error("name has 1 to 255 characters")]
    Name,
    #[error("description has at most 5000 characters")]
    Description,
    #[error("price is above 0")]
    Price,
    #[error("units are 1 to 1000000")]
    Units,
    #[error("the limit per user is 1 to 20")]
    Limit,
    #[error("the payment window is 1 second to 7 days")]
    PaymentWindow,
    #[error("the window ends before it starts, or has ended")]
    Window,
    #[error("a published activity's price, limit, payment window and product stay as they are")]
    Terms,
    #[error("no such product")]
    Product,
}

/// A new activity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Draft {
    pub(crate) product_id: i64,
    /// Empty: the product's.
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) price_fen: i64,
    pub(crate) units: i64,
    pub(crate) start_ms: i64,
    pub(crate) end_ms: i64,
    pub(crate) limit_per_user: i32,
    pub(crate) payment_window_s: i64,
}

/// Changes; absent stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Patch {
    pub(crate) name: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) units: Option<i64>,
    pub(crate) start_ms: Option<i64>,
    pub(crate) end_ms: Option<i64>,
    pub(crate) price_fen: Option<i64>,
    pub(crate) limit_per_user: Option<i32>,
    pub(crate) payment_window_s: Option<i64>,
    pub(crate) product_id: Option<i64>,
}

impl Draft {
    /// Fills in defaults and refuses what cannot be sold.
    pub(crate) fn checked(mut self, now_ms: i64) -> Result<Self, Invalid> {
        if self.limit_per_user == 0 {
            self.limit_per_user = LIMIT_DEFAULT;
        }
        if self.payment_window_s == 0 {
            self.payment_window_s = PAYMENT_WINDOW_DEFAULT_S;
        }
        texts(&self.name, &self.description)?;
        if !PRICE_FEN.contains(&self.price_fen) {
            return Err(Invalid::Price);
        }
        if !UNITS.contains(&self.units) {
            return Err(Invalid::Units);
        }
        if !LIMIT_PER_USER.contains(&self.limit_per_user) {
            return Err(Invalid::Limit);
        }
        if !PAYMENT_WINDOW_S.contains(&self.payment_window_s) {
            return Err(Invalid::PaymentWindow);
        }
        window(self.start_ms, self.end_ms, now_ms)?;
        Ok(self)
    }
}

/// What a patch comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Change {
    /// Name and description, if they change.
    pub(crate) texts: Option<(String, String)>,
    /// Units and window, if they change.
    pub(crate) edit: Option<Intent>,
}

impl Patch {
    /// Judges the whole of it before any of it is done.
    pub(crate) fn of(self, activity: &Activity, now_ms: i64) -> Result<Change, Invalid> {
        if self.changes_promises(activity) {
            return Err(Invalid::Terms);
        }
        let before = (activity.name.clone(), activity.description.clone());
        let name = self.name.unwrap_or_else(|| before.0.clone());
        let description = self.description.unwrap_or_else(|| before.1.clone());
        if name.is_empty() {
            return Err(Invalid::Name);
        }
        texts(&name, &description)?;
        let units = self.units.unwrap_or(activity.units);
        let start_ms = self.start_ms.unwrap_or(activity.start_ms);
        let end_ms = self.end_ms.unwrap_or(activity.end_ms);
        let same =
            (units, start_ms, end_ms) == (activity.units, activity.start_ms, activity.end_ms);
        if !same {
            if !UNITS.contains(&units) {
                return Err(Invalid::Units);
            }
            window(start_ms, end_ms, now_ms)?;
        }
        let edit = Intent::Edit {
            units,
            start_ms,
            end_ms,
        };
        let after = (name, description);
        Ok(Change {
            texts: (after != before).then_some(after),
            edit: (!same).then_some(edit),
        })
    }

    fn changes_promises(&self, activity: &Activity) -> bool {
        let differs = |asked: Option<i64>, is: i64| asked.is_some_and(|asked| asked != is);
        differs(self.price_fen, activity.price_fen)
            || differs(
                self.limit_per_user.map(i64::from),
                activity.limit_per_user.into(),
            )
            || differs(self.payment_window_s, activity.payment_window_s)
            || differs(self.product_id, activity.product.get())
    }
}

fn texts(name: &str, description: &str) -> Result<(), Invalid> {
    if name.chars().count() > NAME_CHARS_MAX {
        return Err(Invalid::Name);
    }
    if description.chars().count() > DESCRIPTION_CHARS_MAX {
        return Err(Invalid::Description);
    }
    Ok(())
}

/// `end_ms` 0: open-ended.
fn window(start_ms: i64, end_ms: i64, now_ms: i64) -> Result<(), Invalid> {
    let sane = TIME_MS.contains(&start_ms) && TIME_MS.contains(&end_ms);
    let ordered = end_ms == 0 || (start_ms < end_ms && now_ms < end_ms);
    if sane && ordered {
        Ok(())
    } else {
        Err(Invalid::Window)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft() -> Draft {
        Draft {
            product_id: 1,
            name: String::new(),
            description: String::new(),
            price_fen: 1,
            units: 1,
            start_ms: 1_000,
            end_ms: 2_000,
            limit_per_user: 0,
            payment_window_s: 0,
        }
    }

    #[test]
    fn defaults_are_one_unit_each_and_a_quarter_of_an_hour() {
        let draft = draft().checked(0).unwrap();
        assert_eq!((draft.limit_per_user, draft.payment_window_s), (1, 900));
    }

    #[test]
    fn what_cannot_be_sold_is_refused() {
        type Wrong = (fn(&mut Draft), Invalid);
        let wrong: [Wrong; 9] = [
            (|d| d.price_fen = 0, Invalid::Price),
            (|d| d.price_fen = i64::MAX, Invalid::Price),
            (|d| d.units = 0, Invalid::Units),
            (|d| d.units = -1, Invalid::Units),
            (|d| d.units = UNITS_MAX + 1, Invalid::Units),
            (|d| d.limit_per_user = -1, Invalid::Limit),
            (|d| d.payment_window_s = -1, Invalid::PaymentWindow),
            (|d| d.end_ms = 1_000, Invalid::Window),
            (|d| d.start_ms = i64::MAX, Invalid::Window),
        ];
        for (change, expected) in wrong {
            let mut draft = draft();
            change(&mut draft);
            assert_eq!(draft.checked(0), Err(expected));
        }
        assert_eq!(draft().checked(2_000), Err(Invalid::Window), "it has ended");
    }
}
