use ids::{ActivityId, ProductId};
use proto::{order, seckill as wire};

/// A flash sale as its row says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Activity {
    pub(crate) id: ActivityId,
    pub(crate) product: ProductId,
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) product_name: String,
    pub(crate) product_image: String,
    pub(crate) price_fen: i64,
    pub(crate) original_price_fen: i64,
    /// 0 while publishing "all there is".
    pub(crate) units: i64,
    pub(crate) limit_per_user: i32,
    pub(crate) payment_window_s: i64,
    pub(crate) start_ms: i64,
    /// 0: open-ended.
    pub(crate) end_ms: i64,
    pub(crate) state: State,
    pub(crate) version: i64,
    pub(crate) intent: Option<Intent>,
    pub(crate) created_at_ms: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// Its stock is being moved.
    Publishing,
    /// There was not enough stock.
    Refused,
    Published,
    Ended,
    Cancelled,
}

/// What is being done to an activity, at `version`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Intent {
    Publish,
    Edit {
        units: i64,
        start_ms: i64,
        end_ms: i64,
    },
    End,
    Cancel,
}

impl State {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Publishing => "publishing",
            Self::Refused => "refused",
            Self::Published => "published",
            Self::Ended => "ended",
            Self::Cancelled => "cancelled",
        }
    }

    pub(crate) fn parse(name: &str) -> Option<Self> {
        [
            Self::Publishing,
            Self::Refused,
            Self::Published,
            Self::Ended,
            Self::Cancelled,
        ]
        .into_iter()
        .find(|state| state.name() == name)
    }
}

impl Intent {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Publish => "publish",
            Self::Edit { .. } => "edit",
            Self::End => "end",
            Self::Cancel => "cancel",
        }
    }
}

impl Activity {
    /// Whether it may be in Redis.
    pub(crate) fn is_live(&self) -> bool {
        self.state == State::Published
    }

    pub(crate) fn status(&self, now_ms: i64) -> wire::Status {
        match self.state {
            State::Cancelled | State::Refused => wire::Status::Cancelled,
            State::Ended => wire::Status::Ended,
            State::Publishing => wire::Status::Pending,
            State::Published if now_ms < self.start_ms => wire::Status::Pending,
            State::Published if self.end_ms > 0 && now_ms >= self.end_ms => wire::Status::Ended,
            State::Published => wire::Status::Active,
        }
    }

    /// What order keeps, and decides by.
    pub(crate) fn terms(&self) -> order::Terms {
        order::Terms {
            product_id: self.product.get(),
            product_name: self.product_name.clone(),
            product_image: self.product_image.clone(),
            price_fen: self.price_fen,
            units: self.units,
            start_ms: self.start_ms,
            end_ms: self.end_ms,
            limit_per_user: self.limit_per_user,
            payment_window_s: self.payment_window_s,
        }
    }

    /// Names one movement of stock.
    pub(crate) fn stock_key(&self) -> String {
        format!("sale/{}/{}", self.id, self.version)
    }
}
