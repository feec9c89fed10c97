//! Requests as they come in, parsed once.

use ids::{ActivityId, OrderId, OrderNo, ProductId};
use money::Money;
use proto::order::{FenceRequest, ListOrdersRequest, OpenSaleRequest, State, fence_request};

use crate::{
    Error,
    app::{Intent, Wanted},
    domain::{Edit, Epoch, Terms, TermsRefused, Version},
};

const PAGE_SIZE: u32 = 20;
const PAGE_SIZE_MAX: u32 = 100;
/// Beyond it a page is a typing error, and its offset a scan.
const PAGE_MAX: u32 = 10_000;

pub(super) fn activity(id: i64) -> Result<ActivityId, Error> {
    ActivityId::try_from(id).map_err(|_| Error::Parameter("activity_id"))
}

pub(super) fn order(id: i64) -> Result<OrderId, Error> {
    OrderId::try_from(id).map_err(|_| Error::Parameter("order_id"))
}

/// What is not an order number names no order.
pub(super) fn order_no(text: &str) -> Result<OrderNo, Error> {
    text.parse().map_err(|_| Error::NoSuchNumber)
}

pub(super) fn open_sale(request: OpenSaleRequest) -> Result<(ActivityId, Version, Terms), Error> {
    let terms = request.terms.ok_or(Error::Parameter("terms"))?;
    let terms = Terms {
        product: ProductId::try_from(terms.product_id).map_err(TermsRefused::from)?,
        product_name: terms.product_name,
        product_image: terms.product_image,
        price: Money::from_fen(terms.price_fen).map_err(|_| TermsRefused::Price)?,
        units: terms.units,
        start_ms: terms.start_ms,
        end_ms: terms.end_ms,
        limit_per_user: terms.limit_per_user,
        payment_window_s: terms.payment_window_s,
    };
    Ok((
        activity(request.activity_id)?,
        Version(request.version),
        terms,
    ))
}

pub(super) fn fence(request: FenceRequest) -> Result<(ActivityId, Epoch, Intent), Error> {
    let intent = match request.intent.ok_or(Error::Parameter("intent"))? {
        fence_request::Intent::Rebuild(_) => Intent::Rebuild,
        fence_request::Intent::Edit(edit) => Intent::Edit(Edit {
            version: Version(edit.version),
            units: edit.units,
            start_ms: edit.start_ms,
            end_ms: edit.end_ms,
        }),
        fence_request::Intent::End(end) => Intent::End {
            version: Version(end.version),
            cancelled: end.cancelled,
        },
    };
    Ok((activity(request.activity_id)?, Epoch(request.epoch), intent))
}

/// Which orders, which page, and how many to a page.
pub(super) fn list(request: &ListOrdersRequest) -> Result<(Wanted, u32, u32), Error> {
    let state = State::try_from(request.state).map_err(|_| Error::Parameter("state"))?;
    let wanted = match state {
        State::Unspecified => Wanted::All,
        State::Processing => Wanted::Processing,
        State::Pending => Wanted::State("pending"),
        State::Closing => Wanted::State("closing"),
        State::Paid => Wanted::State("paid"),
        State::Closed => Wanted::State("closed"),
        State::Refused => Wanted::State("refused"),
        State::Refunding => Wanted::State("refunding"),
        State::Refunded => Wanted::State("refunded"),
    };
    let size = match request.page_size {
        0 => PAGE_SIZE,
        size => size.min(PAGE_SIZE_MAX),
    };
    Ok((wanted, request.page.clamp(1, PAGE_MAX), size))
}
