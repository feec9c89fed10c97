//! A coupon template: what its coupons are worth, for what, for how many and for how long.

use super::coupon::{Rule, Scope};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    pub id: i64,
    pub terms: TemplateTerms,
    /// The highest number given out.
    pub claimed: i64,
    /// `Some`: only by this code.
    pub code: Option<String>,
    pub active: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateTerms {
    pub name: String,
    pub rule: Rule,
    pub scope: Scope,
    /// -1: without limit.
    pub total: i64,
    pub per_user_limit: i32,
    /// 0: until the end.
    pub valid_days: i32,
    pub start_ms: i64,
    pub end_ms: i64,
}

/// Terms that no coupon can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotTerms {
    #[error("name: 1 to 100 characters")]
    Name,
    #[error("amount: above 0, and below the threshold of a full reduction")]
    Amount,
    #[error("percent: 1 to 99")]
    Percent,
    #[error("scope: 1 to 100 categories or products")]
    Scope,
    #[error("total: -1, or 1 to 10000000")]
    Total,
    #[error("per_user_limit: 1 to 100")]
    PerUser,
    #[error("valid_days: 0 to 3650")]
    ValidDays,
    #[error("end: after the start")]
    Window,
}

const DAY_MS: i64 = 24 * 3_600 * 1_000;
const FEN_MAX: i64 = 10_000_000_000;
pub(crate) const TOTAL_MAX: i64 = 10_000_000;

impl TemplateTerms {
    pub fn check(&self) -> Result<(), NotTerms> {
        let is = |fine, wrong| if fine { Ok(()) } else { Err(wrong) };
        let name = self.name.trim();
        is(
            !name.is_empty() && name.chars().count() <= 100 && !name.chars().any(char::is_control),
            NotTerms::Name,
        )?;
        self.check_rule()?;
        let scope = match &self.scope {
            Scope::All => true,
            Scope::Categories(names) => {
                let fine = |name: &String| {
                    !name.is_empty()
                        && name.chars().count() <= 64
                        && !name.chars().any(char::is_control)
                };
                (1..=100).contains(&names.len()) && names.iter().all(fine)
            }
            Scope::Products(ids) => (1..=100).contains(&ids.len()) && ids.iter().all(|id| *id > 0),
        };
        is(scope, NotTerms::Scope)?;
        is(
            self.total == -1 || (1..=TOTAL_MAX).contains(&self.total),
            NotTerms::Total,
        )?;
        is((1..=100).contains(&self.per_user_limit), NotTerms::PerUser)?;
        is((0..=3_650).contains(&self.valid_days), NotTerms::ValidDays)?;
        is(
            self.start_ms >= 0 && self.end_ms > self.start_ms,
            NotTerms::Window,
        )
    }

    fn check_rule(&self) -> Result<(), NotTerms> {
        let amount = |fen: i64| (1..=FEN_MAX).contains(&fen);
        match self.rule {
            Rule::FullReduction {
                amount_fen,
                threshold_fen,
            } if amount(amount_fen) && amount_fen < threshold_fen && amount(threshold_fen) => {
                Ok(())
            }
            Rule::Cash { amount_fen } if amount(amount_fen) => Ok(()),
            Rule::FullReduction { .. } | Rule::Cash { .. } => Err(NotTerms::Amount),
            Rule::Discount {
                percent,
                threshold_fen,
                max_fen,
            } => {
                let bounds = (0..=FEN_MAX).contains(&threshold_fen);
                if !bounds || !(0..=FEN_MAX).contains(&max_fen) {
                    Err(NotTerms::Amount)
                } else if (1..=99).contains(&percent) {
                    Ok(())
                } else {
                    Err(NotTerms::Percent)
                }
            }
        }
    }
}

/// Why there is no coupon for somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoCoupon {
    #[error("it cannot be claimed now")]
    NotNow,
    #[error("none is left")]
    Gone,
    #[error("the user has as many as a user may have")]
    Limit,
}

/// A coupon that is about to be given out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grant {
    pub number: i64,
    pub slot: i32,
    pub valid_until_ms: i64,
}

impl Template {
    /// Whether one may be claimed by a user who has `held`; the caller has locked the row.
    pub fn grant(&self, held: i64, now_ms: i64) -> Result<Grant, NoCoupon> {
        let terms = &self.terms;
        if !self.active || now_ms < terms.start_ms || now_ms >= terms.end_ms {
            return Err(NoCoupon::NotNow);
        }
        if held >= i64::from(terms.per_user_limit) {
            return Err(NoCoupon::Limit);
        }
        if self.is_gone() {
            return Err(NoCoupon::Gone);
        }
        let valid_until_ms = if terms.valid_days == 0 {
            terms.end_ms
        } else {
            now_ms + i64::from(terms.valid_days) * DAY_MS
        };
        Ok(Grant {
            number: self.claimed + 1,
            slot: i32::try_from(held + 1).map_err(|_| NoCoupon::Limit)?,
            valid_until_ms,
        })
    }

    /// Numbers only grow: what is gone stays gone until the total is raised.
    pub fn is_gone(&self) -> bool {
        self.terms.total >= 0 && self.claimed >= self.terms.total
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn template(total: i64) -> Template {
        Template {
            id: 1,
            terms: TemplateTerms {
                name: "满百减十".into(),
                rule: Rule::FullReduction {
                    amount_fen: 1_000,
                    threshold_fen: 10_000,
                },
                scope: Scope::All,
                total,
                per_user_limit: 2,
                valid_days: 0,
                start_ms: 100,
                end_ms: 200,
            },
            claimed: 0,
            code: None,
            active: true,
        }
    }

    #[test]
    fn coupons_are_numbered_and_end() {
        let mut template = template(1);
        let grant = template.grant(1, 150).unwrap();
        assert_eq!(
            (grant.number, grant.slot, grant.valid_until_ms),
            (1, 2, 200)
        );
        assert_eq!(template.grant(2, 150), Err(NoCoupon::Limit));
        assert_eq!(template.grant(0, 99), Err(NoCoupon::NotNow));
        assert_eq!(template.grant(0, 200), Err(NoCoupon::NotNow));
        template.claimed = 1;
        assert_eq!(template.grant(0, 150), Err(NoCoupon::Gone));
        template.terms.total = -1;
        assert!(template.grant(0, 150).is_ok());
        template.active = false;
        assert_eq!(template.grant(0, 150), Err(NoCoupon::NotNow));
    }

    #[test]
    fn terms_that_cannot_be_are_refused() {
        type Spoil = fn(&mut TemplateTerms);
        let cases: [(Spoil, NotTerms); 8] = [
            (|t| t.name = " ".into(), NotTerms::Name),
            (|t| t.rule = Rule::Cash { amount_fen: 0 }, NotTerms::Amount),
            (
                |t| {
                    t.rule = Rule::Discount {
                        percent: 100,
                        threshold_fen: 0,
                        max_fen: 0,
                    };
                },
                NotTerms::Percent,
            ),
            (|t| t.scope = Scope::Products(vec![]), NotTerms::Scope),
            (|t| t.total = 0, NotTerms::Total),
            (|t| t.per_user_limit = 0, NotTerms::PerUser),
            (|t| t.valid_days = -1, NotTerms::ValidDays),
            (|t| t.end_ms = 100, NotTerms::Window),
        ];
        assert_eq!(template(5).terms.check(), Ok(()));
        for (spoil, wrong) in cases {
            let mut terms = template(5).terms;
            spoil(&mut terms);
            assert_eq!(terms.check(), Err(wrong));
        }
    }
}
