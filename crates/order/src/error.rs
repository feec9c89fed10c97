use fault::{Fault, Reason};
use ids::{ActivityId, OrderId};

use crate::{
    domain::{NoCoupon, NotMet, NotTerms, TermsRefused, Wrong},
    store::Corrupt,
};

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Db(#[from] db::Error),
    #[error(transparent)]
    Corrupt(#[from] Corrupt),
    /// Also another buyer's.
    #[error("order {0} is not there for this caller")]
    NoOrder(OrderId),
    #[error("that is no order number")]
    NoSuchNumber,
    #[error("activity {0} has no sale")]
    NoSale(ActivityId),
    #[error("activity {activity} is at epoch {own}, behind the caller's {theirs}")]
    Behind {
        activity: ActivityId,
        own: i64,
        theirs: i64,
    },
    #[error("order {0} was accepted and has not landed yet")]
    Processing(OrderId),
    #[error("order {order} cannot be paid")]
    NotPayable {
        order: OrderId,
        #[source]
        why: Wrong,
    },
    #[error("order {order} cannot be cancelled")]
    NotCancellable {
        order: OrderId,
        #[source]
        why: Wrong,
    },
    #[error("order {order} cannot be refunded")]
    NotRefundable {
        order: OrderId,
        #[source]
        why: Wrong,
    },
    #[error("terms that no sale can have")]
    Terms(#[from] TermsRefused),
    #[error("{0}")]
    Parameter(&'static str),
    #[error("seckill does not say what it accepted")]
    Seckill(#[source] rpc::PeerError),
    #[error("product does not answer")]
    Product(#[source] rpc::PeerError),
    #[error(transparent)]
    Auth(#[from] auth::AuthError),
    /// An order with the same key, or this one, whose outcome is not known yet.
    #[error("the order is being made")]
    BeingCreated,
    #[error("the key made another request")]
    KeyReused,
    #[error("the user has too many unpaid orders")]
    TooManyUnpaid,
    #[error("there is no product {0}")]
    ProductMissing(i64),
    #[error("product {0} is off the shelf")]
    ProductOffShelf(i64),
    #[error("there are fewer units of product {0}")]
    Short(i64),
    #[error("order {0} cannot be sent")]
    NotShippable(OrderId),
    #[error("order {0} has nothing to confirm")]
    NotConfirmable(OrderId),
    #[error("that is no cart's token")]
    CartToken,
    #[error("a line has at least one piece")]
    CartQuantity,
    #[error("the cart holds no more")]
    CartFull,
    #[error("nothing of the cart is selected")]
    CartEmpty,
    #[error("the cart changed while the order was made")]
    CartChanged,
    #[error("the cart has no product {0}")]
    NoCartLine(i64),
    #[error("the cart asks for more of product {0} than there is")]
    CartStock(i64),
    #[error("product {0}, which is to be put into a cart, is not there")]
    CartNoProduct(i64),
    #[error("product {0}, which is to be put into a cart, is off the shelf")]
    CartOffShelf(i64),
    #[error("there is no coupon template {0}")]
    NoTemplate(i64),
    #[error("no such coupon of this user")]
    NoUserCoupon,
    #[error("the coupon is used, or over")]
    CouponUsed,
    #[error("the coupon is over")]
    CouponOver,
    #[error("no coupon")]
    NoCoupon(#[from] NoCoupon),
    #[error("the coupon does not apply")]
    NotMet(#[from] NotMet),
    #[error(transparent)]
    Template(#[from] NotTerms),
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        Self::Db(error.into())
    }
}

impl db::Retryable for Error {
    fn sqlx(&self) -> Option<&sqlx::Error> {
        match self {
            Self::Db(error) => error.sqlx(),
            _ => None,
        }
    }
}

impl Fault for Error {
    fn reason(&self) -> Reason {
        match self {
            Self::Db(error) => error.reason(),
            Self::Corrupt(_) => Reason::Internal,
            Self::NoOrder(_) | Self::NoSuchNumber => Reason::OrderNotFound,
            Self::NoSale(_) => Reason::ActivityNotFound,
            Self::Behind { .. } | Self::BeingCreated => Reason::Unavailable,
            Self::Processing(_)
            | Self::NotRefundable { .. }
            | Self::NotShippable(_)
            | Self::NotConfirmable(_) => Reason::OrderState,
            Self::NotPayable { why, .. } => match why {
                Wrong::Expired => Reason::OrderExpired,
                Wrong::Paid => Reason::OrderPaid,
                Wrong::Closing | Wrong::Unpaid | Wrong::Over | Wrong::Sent => Reason::OrderState,
            },
            Self::NotCancellable { .. } => Reason::OrderCancelFailed,
            Self::Terms(_) => Reason::SeckillParameter,
            Self::Parameter(_) | Self::Template(_) => Reason::OrderParameter,
            Self::Seckill(error) | Self::Product(error) => error.reason(),
            Self::Auth(error) => error.reason(),
            Self::KeyReused => Reason::IdempotencyKeyReused,
            Self::TooManyUnpaid => Reason::OrderCreateFailed,
            Self::ProductMissing(_) => Reason::ProductNotFound,
            Self::ProductOffShelf(_) => Reason::ProductOffShelf,
            Self::Short(_) => Reason::StockInsufficient,
            Self::CartToken | Self::CartQuantity => Reason::CartParameter,
            Self::CartFull => Reason::CartLimit,
            Self::CartEmpty => Reason::CartEmpty,
            Self::CartChanged => Reason::Conflict,
            Self::NoCartLine(_) => Reason::CartLineNotFound,
            Self::CartStock(_) => Reason::CartStock,
            Self::CartNoProduct(_) => Reason::CartProductNotFound,
            Self::CartOffShelf(_) => Reason::CartOffShelf,
            Self::NoTemplate(_) | Self::NoUserCoupon => Reason::CouponNotFound,
            Self::CouponUsed => Reason::CouponUsed,
            Self::CouponOver | Self::NoCoupon(NoCoupon::NotNow) => Reason::CouponNotValid,
            Self::NoCoupon(NoCoupon::Gone) => Reason::CouponsGone,
            Self::NoCoupon(NoCoupon::Limit) => Reason::CouponLimit,
            Self::NotMet(_) => Reason::CouponNotMet,
        }
    }

    fn public_message(&self) -> String {
        let message = self.reason().message();
        match self {
            Self::Parameter(what) => format!("{message}: {what}"),
            Self::Template(wrong) => format!("{message}: {wrong}"),
            Self::Short(id)
            | Self::ProductOffShelf(id)
            | Self::ProductMissing(id)
            | Self::CartStock(id) => format!("{message} (product_id {id})"),
            _ => message.to_owned(),
        }
    }

    fn retry_after_s(&self) -> Option<u32> {
        /// An order lands within a second of its acceptance.
        const LANDING_S: u32 = 1;
        match self {
            Self::Processing(_) | Self::Behind { .. } | Self::BeingCreated => Some(LANDING_S),
            Self::Db(error) => error.retry_after_s(),
            Self::Seckill(error) | Self::Product(error) => error.retry_after_s(),
            Self::Auth(error) => error.retry_after_s(),
            _ => None,
        }
    }
}

impl Error {
    /// The engine is away or overloaded: a message is held instead of given up.
    pub fn is_away(&self) -> bool {
        self.reason() == Reason::Unavailable
    }
}
