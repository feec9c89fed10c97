//! What a coupon takes off, and how that is split over the lines it is for.

use ids::ProductId;

/// What a coupon takes off the lines in its scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// From a threshold on.
    FullReduction {
        amount_fen: i64,
        threshold_fen: i64,
    },
    /// A share of them, at most so much; 0: no bound.
    Discount {
        percent: i64,
        threshold_fen: i64,
        max_fen: i64,
    },
    Cash {
        amount_fen: i64,
    },
}

/// Which lines count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    All,
    Categories(Vec<String>),
    Products(Vec<i64>),
}

/// A line of an order as a coupon sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Priced<'a> {
    pub product: ProductId,
    pub category: &'a str,
    pub sum_fen: i64,
}

/// Why a coupon takes nothing off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotMet {
    #[error("no line is in the coupon's scope")]
    Scope,
    #[error("the lines in the coupon's scope stay below its threshold")]
    Threshold,
    /// Payment companies refuse an amount of 0: one fen stays to be paid.
    #[error("nothing can be taken off")]
    Nothing,
}

impl Scope {
    fn has(&self, line: &Priced<'_>) -> bool {
        match self {
            Self::All => true,
            Self::Categories(names) => names.iter().any(|name| name == line.category),
            Self::Products(ids) => ids.contains(&line.product.get()),
        }
    }
}

impl Rule {
    fn threshold_fen(self) -> i64 {
        match self {
            Self::FullReduction { threshold_fen, .. } | Self::Discount { threshold_fen, .. } => {
                threshold_fen
            }
            Self::Cash { .. } => 0,
        }
    }

    /// Of `sum_fen`, before what has to stay is known. A share is rounded down.
    fn off(self, sum_fen: i64) -> i64 {
        match self {
            Self::FullReduction { amount_fen, .. } | Self::Cash { amount_fen } => amount_fen,
            Self::Discount {
                percent, max_fen, ..
            } => {
                let share = i128::from(sum_fen) * i128::from(percent) / 100;
                let share = i64::try_from(share).unwrap_or(i64::MAX);
                if max_fen > 0 {
                    share.min(max_fen)
                } else {
                    share
                }
            }
        }
    }
}

/// What comes off each line, in their order: nothing off those out of scope, never more than a line costs, and one
/// fen of the whole stays to be paid.
pub fn discount(rule: Rule, scope: &Scope, lines: &[Priced<'_>]) -> Result<Vec<i64>, NotMet> {
    let weights: Vec<i64> = lines
        .iter()
        .map(|line| if scope.has(line) { line.sum_fen } else { 0 })
        .collect();
    let eligible: i64 = weights.iter().sum();
    let total: i64 = lines.iter().map(|line| line.sum_fen).sum();
    if eligible == 0 {
        return Err(NotMet::Scope);
    }
    if eligible < rule.threshold_fen() {
        return Err(NotMet::Threshold);
    }
    let off = rule.off(eligible).min(eligible).min(total - 1);
    if off <= 0 {
        return Err(NotMet::Nothing);
    }
    Ok(split(off, &weights))
}

/// Splits `fen` in proportion to `weights` by the largest remainder: the parts add up exactly, and none is a fen
/// further from its share than it must be. Equal remainders go to the earlier line. `fen` is at most the sum of the
/// weights, so no part exceeds its weight.
pub fn split(fen: i64, weights: &[i64]) -> Vec<i64> {
    let sum: i128 = weights.iter().copied().map(i128::from).sum();
    if sum == 0 {
        return vec![0; weights.len()];
    }
    let share = |weight: i64| i128::from(fen) * i128::from(weight);
    let mut parts: Vec<i64> = weights
        .iter()
        .map(|weight| i64::try_from(share(*weight) / sum).unwrap_or(0))
        .collect();
    let mut by_remainder: Vec<usize> = (0..weights.len()).collect();
    by_remainder.sort_by_key(|i| std::cmp::Reverse(share(weights[*i]) % sum));
    let left = fen - parts.iter().sum::<i64>();
    let left = usize::try_from(left).unwrap_or(0);
    for i in by_remainder.into_iter().take(left) {
        parts[i] += 1;
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(product: i64, category: &str, sum_fen: i64) -> Priced<'_> {
        Priced {
            product: product.try_into().unwrap(),
            category,
            sum_fen,
        }
    }

    #[test]
    fn parts_add_up_and_follow_the_largest_remainder() {
        assert_eq!(split(100, &[1, 1, 1]), [34, 33, 33]);
        assert_eq!(split(10, &[0, 5, 5]), [0, 5, 5]);
        assert_eq!(split(7, &[10, 20, 70]), [1, 1, 5]);
        assert_eq!(split(0, &[3]), [0]);
    }

    /// Seeded amounts of all sizes: parts add up, stay within their lines, and stay within a fen of their share.
    #[test]
    fn splitting_is_exact_whatever_the_amounts() {
        let mut seed = 1_u64;
        let mut draw = |below: u64| {
            seed = seed
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            i64::try_from((seed >> 20) % below).unwrap()
        };
        for _ in 0..20_000 {
            let lines = 1 + draw(12);
            let weights: Vec<i64> = (0..lines).map(|_| draw(5_000_000)).collect();
            let sum: i64 = weights.iter().sum();
            if sum == 0 {
                continue;
            }
            let fen = draw(u64::try_from(sum).unwrap() + 1);
            let parts = split(fen, &weights);
            assert_eq!(parts.iter().sum::<i64>(), fen, "{weights:?}");
            for (part, weight) in parts.iter().zip(&weights) {
                assert!((0..=*weight).contains(part), "{fen} {weights:?} {parts:?}");
                let share = i128::from(fen) * i128::from(*weight);
                let apart = i128::from(*part) * i128::from(sum) - share;
                assert!(apart.abs() < i128::from(sum), "{fen} {weights:?} {parts:?}");
            }
        }
    }

    #[test]
    fn only_lines_in_scope_count_and_are_reduced() {
        let lines = [line(1, "home", 6_000), line(2, "book", 5_000)];
        let rule = Rule::FullReduction {
            amount_fen: 1_000,
            threshold_fen: 6_000,
        };
        assert_eq!(
            discount(rule, &Scope::Categories(vec!["home".into()]), &lines),
            Ok(vec![1_000, 0])
        );
        assert_eq!(
            discount(rule, &Scope::Products(vec![2]), &lines),
            Err(NotMet::Threshold)
        );
        assert_eq!(
            discount(rule, &Scope::Products(vec![3]), &lines),
            Err(NotMet::Scope)
        );
        assert_eq!(discount(rule, &Scope::All, &lines), Ok(vec![545, 455]));
    }

    #[test]
    fn a_share_is_bounded_and_rounded_down() {
        let rule = |max_fen| Rule::Discount {
            percent: 15,
            threshold_fen: 0,
            max_fen,
        };
        let lines = [line(1, "", 999)];
        assert_eq!(discount(rule(0), &Scope::All, &lines), Ok(vec![149]));
        assert_eq!(discount(rule(100), &Scope::All, &lines), Ok(vec![100]));
    }

    #[test]
    fn one_fen_stays_to_be_paid() {
        let rule = Rule::Cash { amount_fen: 5_000 };
        assert_eq!(
            discount(rule, &Scope::All, &[line(1, "", 700)]),
            Ok(vec![699])
        );
        assert_eq!(
            discount(rule, &Scope::All, &[line(1, "", 1)]),
            Err(NotMet::Nothing)
        );
    }
}
