//! An order's row.

use ids::{ActivityId, OrderId, OrderNo, ProductId, UserId};
use money::Money;

use super::{CloseReason, Epoch, Item, RefuseReason, RequestKey, Sale, State, Units};

/// The sale's terms as they were when the order landed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    pub product: ProductId,
    pub product_name: String,
    pub product_image: String,
    pub price: Money,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    pub id: OrderId,
    pub activity: ActivityId,
    pub user: UserId,
    /// As reserved.
    pub epoch: Epoch,
    /// The script's now.
    pub at_ms: i64,
    pub request_key: Option<RequestKey>,
    pub units: Units,
    pub terms: Snapshot,
    /// 0: never payable.
    pub expires_at_ms: i64,
    pub state: State,
}

impl Order {
    pub fn no(&self) -> OrderNo {
        OrderNo::new(self.id, clock::from_ms(self.at_ms))
    }

    /// `None`: more than an amount can be, so that no payment is ever accepted for it.
    pub fn total(&self) -> Option<Money> {
        self.terms
            .price
            .checked_mul(i64::from(self.units.quantity()))
    }

    /// A reservation that counts: it may be paid from now on.
    pub fn landed(item: Item, sale: &Sale, now_ms: i64) -> Self {
        let expires_at_ms = sale.expiry_ms(now_ms);
        let state = State::Pending {
            expires_at_ms,
            pay_opened: false,
        };
        Self {
            expires_at_ms,
            ..Self::of(item, sale, state)
        }
    }

    pub fn refused(item: Item, sale: &Sale, reason: RefuseReason) -> Self {
        Self::of(item, sale, State::Refused { reason })
    }

    /// A reservation that its buyer gave up before it landed.
    pub fn cancelled(item: Item, sale: &Sale) -> Self {
        Self::of(
            item,
            sale,
            State::Closed {
                reason: CloseReason::Cancelled,
            },
        )
    }

    fn of(item: Item, sale: &Sale, state: State) -> Self {
        let terms = Snapshot {
            product: sale.terms.product,
            product_name: sale.terms.product_name.clone(),
            product_image: sale.terms.product_image.clone(),
            price: sale.terms.price,
        };
        Self {
            id: item.order,
            activity: item.activity,
            user: item.user,
            epoch: item.epoch,
            at_ms: item.at_ms,
            request_key: item.request_key,
            units: item.units,
            terms,
            expires_at_ms: 0,
            state,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::sale::tests::sale;

    #[test]
    fn the_payment_window_counts_from_landing() {
        let item = Item {
            activity: ActivityId::try_from(1).unwrap(),
            order: OrderId::try_from(42).unwrap(),
            user: UserId::try_from(4).unwrap(),
            at_ms: 1_000,
            request_key: None,
            epoch: Epoch(1),
            units: "0:1,1:2".parse().unwrap(),
        };
        let order = Order::landed(item, &sale(1), 5_000);
        assert_eq!(order.expires_at_ms, 905_000);
        assert_eq!(order.total().map(Money::fen), Some(200));
        assert_eq!(order.no().to_string(), "ORD19700101000000000042");
    }
}
