//! Requests as they come in, parsed once.

use ids::{ActivityId, OrderId, OrderNo, ProductId};
use money::Money;
use proto::order::{
    FenceRequest, ListAllOrdersRequest, ListOrdersRequest, OpenSaleRequest, State, fence_request,
};

use crate::{
    Error,
    app::{Intent, Wanted},
    domain::{Edit, Epoch, Terms, TermsRefused, Version, Wish},
    store::listing::Filter,
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
        state => Wanted::State(state_word(state)),
    };
    let (page, size) = page(request.page, request.page_size);
    Ok((wanted, page, size))
}

/// As rows and lists spell it; empty: any.
fn state_word(state: State) -> &'static str {
    match state {
        State::Unspecified | State::Processing => "",
        State::Pending => "pending",
        State::Closing => "closing",
        State::Paid => "paid",
        State::Closed => "closed",
        State::Refused => "refused",
        State::Refunding => "refunding",
        State::Refunded => "refunded",
        State::Shipped => "shipped",
        State::Completed => "completed",
    }
}

pub(super) fn list_all(request: &ListAllOrdersRequest) -> Result<(Filter, u32, u32), Error> {
    let state = State::try_from(request.state).map_err(|_| Error::Parameter("state"))?;
    let (page, size) = page(request.page, request.page_size);
    let filter = Filter {
        state: state_word(state),
        user: request.user_id,
        from_ms: request.from_ms,
        to_ms: request.to_ms,
    };
    Ok((filter, page, size))
}

/// A page and its size, within bounds.
pub(super) fn page(page: u32, size: u32) -> (u32, u32) {
    let size = match size {
        0 => PAGE_SIZE,
        size => size.min(PAGE_SIZE_MAX),
    };
    (page.clamp(1, PAGE_MAX), size)
}

/// Products and how many of each. The same product twice is one line of both.
pub(super) fn wishes(lines: impl Iterator<Item = (i64, i32)>) -> Result<Vec<Wish>, Error> {
    const LINES_MAX: usize = 50;
    const QUANTITY_MAX: i32 = 9_999;
    let mut wishes: Vec<Wish> = Vec::new();
    for (product, quantity) in lines {
        if !(1..=QUANTITY_MAX).contains(&quantity) {
            return Err(Error::Parameter("quantity: 1 to 9999"));
        }
        let product = ProductId::try_from(product).map_err(|_| Error::ProductMissing(product))?;
        let same = wishes.iter_mut().find(|wish| wish.product == product);
        match same {
            Some(wish) => wish.quantity = (wish.quantity + quantity).min(QUANTITY_MAX),
            None => wishes.push(Wish { product, quantity }),
        }
    }
    if wishes.len() > LINES_MAX {
        return Err(Error::Parameter("items: at most 50 products"));
    }
    Ok(wishes)
}
