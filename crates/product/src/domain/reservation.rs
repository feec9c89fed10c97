//! What an ordinary order holds of the stock, and what may become of it.

use ids::ProductId;

use super::{Invalid, Item};

/// A product and how many units of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line {
    pub product: ProductId,
    pub units: i64,
}

/// The lines of one order: 1 to 50, one per product, by product id, which is the order in which rows are locked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lines(Vec<Line>);

impl Lines {
    pub const LINES_MAX: usize = 50;
    pub const UNITS_MAX: i64 = 9_999;

    pub fn new(mut lines: Vec<Line>) -> Result<Self, Invalid> {
        lines.sort_unstable_by_key(|line| line.product);
        let distinct = lines
            .windows(2)
            .all(|pair| pair[0].product < pair[1].product);
        let counted = lines
            .iter()
            .all(|line| (1..=Self::UNITS_MAX).contains(&line.units));
        if (1..=Self::LINES_MAX).contains(&lines.len()) && distinct && counted {
            Ok(Self(lines))
        } else {
            Err(Invalid::Lines)
        }
    }

    pub fn as_slice(&self) -> &[Line] {
        &self.0
    }
}

/// A held line with the product as it was: the order is charged this price.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    pub line: Line,
    pub price_fen: i64,
    pub name: String,
    pub image: String,
    pub category: String,
}

words! {
    Stage {
        Held = "held",
        /// Nothing was taken.
        Refused = "refused",
        /// The buyer paid; the units left the stock for good.
        Consumed = "consumed",
        Released = "released",
        Returned = "returned",
    }

    /// What becomes of held units.
    Purpose {
        Release = "release",
        Consume = "consume",
        Return = "return",
    }

    /// Why nothing was taken.
    Refusal {
        Missing = "missing",
        OffShelf = "off_shelf",
        Short = "short",
        /// The order was undone before.
        Over = "over",
    }
}

/// A purpose that this stage cannot serve: the message is wrong about the order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("units that are {stage:?} cannot {purpose:?}")]
pub struct Wrong {
    pub stage: Stage,
    pub purpose: Purpose,
}

/// A step of a reservation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    pub next: Stage,
    /// Whether the units may be sold again.
    pub to_stock: bool,
    /// Whether they were held until now.
    pub was_held: bool,
}

impl Stage {
    /// `None`: it was done before, or there is nothing to do.
    pub fn settle(self, purpose: Purpose) -> Result<Option<Step>, Wrong> {
        let step = |next, to_stock, was_held| {
            Ok(Some(Step {
                next,
                to_stock,
                was_held,
            }))
        };
        match (self, purpose) {
            (Self::Held, Purpose::Release) => step(Self::Released, true, true),
            (Self::Held, Purpose::Consume) => step(Self::Consumed, false, true),
            // The refund overtook the payment's own message.
            (Self::Held, Purpose::Return) => step(Self::Returned, true, true),
            (Self::Consumed, Purpose::Return) => step(Self::Returned, true, false),
            (Self::Consumed, Purpose::Consume)
            | (Self::Released | Self::Refused, Purpose::Release)
            | (Self::Returned, _) => Ok(None),
            (Self::Consumed, Purpose::Release)
            | (Self::Released | Self::Refused, Purpose::Consume | Purpose::Return) => Err(Wrong {
                stage: self,
                purpose,
            }),
        }
    }
}

/// What a reservation's rows say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    pub stage: Stage,
    /// Of a refused one.
    pub refusal: Option<(Refusal, i64)>,
    pub held: Vec<Held>,
}

/// Whether `lines` can be held, of products that the transaction has locked: all of them, or the first that fails.
pub fn judge(lines: &Lines, locked: &[Item]) -> Result<Vec<Held>, (Refusal, ProductId)> {
    let judge = |line: &Line| {
        let refused = |refusal| (refusal, line.product);
        let item = locked
            .iter()
            .find(|item| item.id == line.product)
            .ok_or(refused(Refusal::Missing))?;
        if !item.on_shelf {
            return Err(refused(Refusal::OffShelf));
        }
        if item.stock < line.units {
            return Err(refused(Refusal::Short));
        }
        Ok(Held {
            line: *line,
            price_fen: item.price_fen,
            name: item.name.clone(),
            image: item.image_url.clone(),
            category: item.category.clone(),
        })
    };
    lines.as_slice().iter().map(judge).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PURPOSES: [Purpose; 3] = [Purpose::Release, Purpose::Consume, Purpose::Return];

    fn line(product: i64, units: i64) -> Line {
        Line {
            product: product.try_into().unwrap(),
            units,
        }
    }

    #[test]
    fn lines_are_sorted_distinct_and_bounded() {
        let lines = Lines::new(vec![line(2, 1), line(1, 9_999)]).unwrap();
        assert_eq!(lines.as_slice(), [line(1, 9_999), line(2, 1)]);
        for bad in [
            vec![],
            vec![line(1, 1), line(1, 1)],
            vec![line(1, 0)],
            vec![line(1, 10_000)],
            (1..=51).map(|product| line(product, 1)).collect(),
        ] {
            assert_eq!(Lines::new(bad), Err(Invalid::Lines));
        }
    }

    /// Every sequence of up to five messages, in any order and with repeats: units come back to the stock at most
    /// once, and stop being held exactly once.
    #[test]
    fn units_come_back_once_whatever_the_order_of_messages() {
        for sequence in 0..3_usize.pow(5) {
            let mut stage = Stage::Held;
            let (mut back, mut unheld) = (0, 0);
            let mut rest = sequence;
            for _ in 0..5 {
                let purpose = PURPOSES[rest % 3];
                rest /= 3;
                if let Ok(Some(step)) = stage.settle(purpose) {
                    back += i32::from(step.to_stock);
                    unheld += i32::from(step.was_held);
                    stage = step.next;
                }
                assert!(stage.settle(purpose).unwrap_or(None).is_none());
            }
            assert!(back <= 1 && unheld == 1, "{sequence}: {back} {unheld}");
        }
    }

    #[test]
    fn a_refused_order_can_be_given_up_and_nothing_else() {
        assert_eq!(Stage::Refused.settle(Purpose::Release), Ok(None));
        assert!(Stage::Refused.settle(Purpose::Consume).is_err());
        assert!(Stage::Consumed.settle(Purpose::Release).is_err());
    }
}
