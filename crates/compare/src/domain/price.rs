//! What a result costs: decided once, when it was compared, from rules and facts alone.

use money::Money;
use serde::Deserialize;

use diff::Summary;

/// The operator's rules; everything in fen.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rules {
    /// What every result costs that no tier takes; 0: nothing.
    pub flat_fen: i64,
    /// By the filled cells of both files, smallest first.
    pub tiers: Vec<Tier>,
    /// Whether it costs nothing to learn that nothing differs.
    pub free_when_identical: bool,
    /// Files of fewer rows than this together cost nothing; 0: none does.
    pub free_below_rows: u64,
    /// Whoever paid for two files may compare the same two again for so long, with other options;
    /// 0: never.
    pub rerun_free_s: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tier {
    pub cells_max: u64,
    pub amount_fen: i64,
}

/// What a price is made from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Facts {
    /// Of both files together.
    pub rows: u64,
    pub cells: u64,
    pub identical: bool,
    /// The same caller paid for the same two files lately.
    pub paid_before: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Price {
    pub amount: Money,
    /// What made it.
    pub rule: Rule,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    Identical,
    Small,
    Rerun,
    Tier,
    Flat,
}

impl Rule {
    const ALL: [Self; 5] = [
        Self::Identical,
        Self::Small,
        Self::Rerun,
        Self::Tier,
        Self::Flat,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Identical => "identical",
            Self::Small => "small",
            Self::Rerun => "rerun",
            Self::Tier => "tier",
            Self::Flat => "flat",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rule| rule.name() == name)
    }
}

impl Facts {
    pub fn of(summary: &Summary, paid_before: bool) -> Self {
        let sum = |of: fn(&diff::FileReport) -> u64| {
            summary.files.iter().map(of).fold(0, u64::saturating_add)
        };
        Self {
            rows: sum(|file| file.rows),
            cells: sum(|file| file.cells),
            identical: summary.identical,
            paid_before,
        }
    }
}

impl Rules {
    pub fn validate(&self) -> Result<(), String> {
        /// What a payment company takes at most for one payment, 100,000 yuan: a typing error.
        const AMOUNT_FEN_MAX: i64 = 10_000_000;
        let sane = |fen: i64| (0..=AMOUNT_FEN_MAX).contains(&fen);
        if !sane(self.flat_fen) || !self.tiers.iter().all(|tier| sane(tier.amount_fen)) {
            return Err(format!("price: amounts are 0 to {AMOUNT_FEN_MAX} fen"));
        }
        if !self.tiers.is_sorted_by(|a, b| a.cells_max < b.cells_max) {
            return Err("price.tiers go from small to large cells_max".into());
        }
        Ok(())
    }

    pub fn price(&self, facts: &Facts) -> Price {
        let (fen, rule) = self.fen(facts);
        Price {
            amount: Money::from_fen(fen).unwrap_or_default(),
            rule,
        }
    }

    fn fen(&self, facts: &Facts) -> (i64, Rule) {
        if facts.identical && self.free_when_identical {
            return (0, Rule::Identical);
        }
        if facts.rows < self.free_below_rows {
            return (0, Rule::Small);
        }
        if facts.paid_before && self.rerun_free_s > 0 {
            return (0, Rule::Rerun);
        }
        match self.tiers.iter().find(|tier| facts.cells <= tier.cells_max) {
            Some(tier) => (tier.amount_fen, Rule::Tier),
            None => (self.flat_fen, Rule::Flat),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FACTS: Facts = Facts {
        rows: 1_000,
        cells: 50_000,
        identical: false,
        paid_before: false,
    };

    fn rules() -> Rules {
        let tier = |cells_max, amount_fen| Tier {
            cells_max,
            amount_fen,
        };
        Rules {
            flat_fen: 900,
            tiers: vec![tier(10_000, 100), tier(100_000, 300)],
            free_when_identical: true,
            free_below_rows: 100,
            rerun_free_s: 86_400,
        }
    }

    fn fen(rules: &Rules, facts: Facts) -> (i64, &'static str) {
        let price = rules.price(&facts);
        (price.amount.fen(), price.rule.name())
    }

    #[test]
    fn each_rule_makes_its_price() {
        let rules = rules();
        assert_eq!(fen(&rules, FACTS), (300, "tier"));
        let cells = |cells| Facts { cells, ..FACTS };
        assert_eq!(fen(&rules, cells(10_000)), (100, "tier"));
        assert_eq!(fen(&rules, cells(10_001)), (300, "tier"));
        assert_eq!(fen(&rules, cells(100_001)), (900, "flat"));
        let identical = Facts {
            identical: true,
            ..FACTS
        };
        assert_eq!(fen(&rules, identical), (0, "identical"));
        assert_eq!(fen(&rules, Facts { rows: 99, ..FACTS }), (0, "small"));
        assert_eq!(fen(&rules, Facts { rows: 100, ..FACTS }), (300, "tier"));
        let again = Facts {
            paid_before: true,
            ..FACTS
        };
        assert_eq!(fen(&rules, again), (0, "rerun"));
        let strict = Rules {
            free_when_identical: false,
            free_below_rows: 0,
            rerun_free_s: 0,
            ..rules
        };
        let all = Facts {
            identical: true,
            rows: 0,
            paid_before: true,
            ..FACTS
        };
        assert_eq!(fen(&strict, all), (300, "tier"));
    }

    #[test]
    fn rules_that_cannot_be_meant_are_refused() {
        rules().validate().unwrap();
        let mut wrong = rules();
        wrong.tiers.reverse();
        assert!(wrong.validate().is_err());
        let negative = Rules {
            flat_fen: -1,
            ..rules()
        };
        assert!(negative.validate().is_err());
    }
}
