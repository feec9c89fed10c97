//! How much there is of a product, and how it came to that.

use ids::{ProductId, UserId};

use super::{Invalid, STOCK_MAX};

/// How much there is of a product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Level {
    pub product: ProductId,
    pub name: String,
    /// May be sold.
    pub stock: i64,
    /// Held by orders.
    pub reserved: i64,
    /// 0: no mark.
    pub low_stock: i64,
}

words! {
    MovementKind {
        Reserve = "reserve",
        Release = "release",
        Consume = "consume",
        Return = "return",
        /// An admin put units in or took them out.
        Adjust = "adjust",
        /// An edit of the product said how many there are.
        Set = "set",
        SaleTake = "sale_take",
        SaleReturn = "sale_return",
    }
}

/// One change of a product's stock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Movement {
    pub id: i64,
    pub product: i64,
    pub kind: String,
    pub stock_delta: i64,
    pub stock: i64,
    pub reserved: i64,
    pub reference: String,
    pub user: i64,
    pub reason: String,
    pub at_ms: i64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PriceChange {
    pub id: i64,
    pub product: i64,
    pub old_fen: i64,
    pub new_fen: i64,
    pub user: i64,
    pub at_ms: i64,
}

/// Units that an admin puts in or takes out, once per key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Adjustment {
    pub product: ProductId,
    pub delta: i64,
    pub reason: String,
    pub by: UserId,
    /// `None`: every call counts.
    pub key: Option<String>,
}

impl Adjustment {
    pub fn new(
        product: ProductId,
        delta: i64,
        reason: &str,
        by: UserId,
        key: &str,
    ) -> Result<Self, Invalid> {
        const REASON_MAX: usize = 200;
        const KEY_MAX: usize = 64;
        let reason = reason.trim();
        if delta == 0 || delta.unsigned_abs() > STOCK_MAX.unsigned_abs() {
            return Err(Invalid::Delta);
        }
        if reason.chars().count() > REASON_MAX {
            return Err(Invalid::Reason);
        }
        if key.len() > KEY_MAX || !key.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(Invalid::MoveKey);
        }
        Ok(Self {
            product,
            delta,
            reason: reason.to_owned(),
            by,
            key: (!key.is_empty()).then(|| format!("{by}/{key}")),
        })
    }
}

/// From which level on a product is on the low-stock list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LowMark(i64);

impl LowMark {
    pub fn units(self) -> i64 {
        self.0
    }
}

impl TryFrom<i64> for LowMark {
    type Error = Invalid;

    fn try_from(units: i64) -> Result<Self, Invalid> {
        if (0..=STOCK_MAX).contains(&units) {
            Ok(Self(units))
        } else {
            Err(Invalid::LowStock)
        }
    }
}
