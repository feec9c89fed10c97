//! An ordinary order is made in three steps: an intent's row, units held by product, and one transaction that places
//! it with its coupon and its cart lines. Whatever stops in between is given up, by the caller or by the sweeper.

use std::{fmt::Write as _, time::Duration};

use auth::Principal;
use aws_lc_rs::digest::{SHA256, digest};
use db::Tx;
use fail::fail_point;
use ids::{OrderId, UserId};
use proto::product::{
    ReservationSettled, ReserveRequest, ReserveResponse, reservation_settled::Purpose,
    reserve_request, reserve_response,
};
use tracing::{info, warn};

use super::{App, cart::Owner, request_key};
use crate::{
    Error,
    domain::{Address, Phase, Priced, RetailLine, RetailOrder, State, Wish, discount},
    metrics::RETAIL,
    store::{
        carts, coupons,
        retail_orders::{self, Intent},
        shipments, user_coupons,
    },
};

/// What a buyer wants to order.
#[derive(Debug, Clone, Default)]
pub struct Placing {
    /// Empty: lines of the buyer's cart.
    pub wishes: Vec<Wish>,
    /// Of the cart, only these; empty: what is selected.
    pub cart_products: Vec<i64>,
    /// 0: none.
    pub user_coupon: i64,
    pub address: Address,
    pub remark: String,
    /// Empty: every call is another order.
    pub key: String,
}

/// Why an intent ended, in its row.
const REFUSED: &str = "refused";
const UNKNOWN: &str = "unknown";
pub(super) const LATE: &str = "late";

/// The same key at the same time: its first call is awaited so often, this long apart.
const LOOKS_MAX: u32 = 40;
const LOOK_AGAIN: Duration = Duration::from_millis(50);

impl App {
    /// One order of all lines, or none. The same key gets the same order; a key whose order never came to be is free.
    #[tracing::instrument(name = "order.create_order", skip_all, fields(user.id = %caller.user))]
    pub async fn create_order(
        &self,
        caller: &Principal,
        placing: &Placing,
    ) -> Result<RetailOrder, Error> {
        let hash = hash(placing);
        let key = request_key("order", &placing.key)?;
        if let Some(key) = &key
            && let Some(order) = self.known(caller.user, key, &hash).await?
        {
            return Ok(order);
        }
        let wishes = self.wishes(caller, placing).await?;
        self.check_unpaid(caller.user).await?;
        self.check_coupon(caller.user, placing.user_coupon).await?;
        let id = self.mint().await?;
        let now_ms = self.now_ms();
        let own_key = key.clone().unwrap_or_else(|| format!("#{id}"));
        let intent = Intent {
            id,
            user: caller.user,
            request_key: &own_key,
            request_hash: &hash,
            user_coupon: placing.user_coupon,
            address: &placing.address,
            remark: &placing.remark,
            now_ms,
            due_at_ms: now_ms.saturating_add_unsigned(self.retail.creating_ms),
        };
        if !retail_orders::insert(&self.pool, &intent).await? {
            let known = self.known(caller.user, &own_key, &hash).await?;
            return known.ok_or(Error::BeingCreated);
        }
        fail_point!("create_order.after_intent", |_| Err(Error::BeingCreated));
        let made = self.hold_and_place(id, &wishes, placing).await;
        RETAIL
            .with_label_values(&[if made.is_ok() { "placed" } else { "refused" }])
            .inc();
        made
    }

    async fn hold_and_place(
        &self,
        id: OrderId,
        wishes: &[Wish],
        placing: &Placing,
    ) -> Result<RetailOrder, Error> {
        let held = match self.hold(id, wishes).await {
            Ok(held) => held,
            Err(error) => {
                let reason = if matches!(error, Error::Product(_)) {
                    UNKNOWN
                } else {
                    REFUSED
                };
                self.give_up(id, reason).await;
                return Err(error);
            }
        };
        fail_point!("create_order.after_reserve", |_| Err(Error::BeingCreated));
        let placed = self.place(id, held, placing.wishes.is_empty()).await;
        self.wake.now();
        match placed {
            Ok(order) => {
                fail_point!("create_order.after_place", |_| Err(Error::BeingCreated));
                info!(
                    order.id = id.get(),
                    lines = order.lines.len(),
                    "an order was placed"
                );
                Ok(order)
            }
            Err(error) => {
                // Also when the database was away: what is not known to be placed is looked at again by the sweeper.
                if !error.is_away() {
                    self.give_up(id, REFUSED).await;
                }
                Err(error)
            }
        }
    }

    /// The order of a key, once it is there.
    async fn known(
        &self,
        user: UserId,
        key: &str,
        hash: &str,
    ) -> Result<Option<RetailOrder>, Error> {
        for _ in 0..LOOKS_MAX {
            let Some((id, theirs)) = retail_orders::find_by_key(&self.pool, user, key).await?
            else {
                return Ok(None);
            };
            if theirs != hash {
                return Err(Error::KeyReused);
            }
            let id = OrderId::try_from(id).map_err(|_| Error::NoSuchNumber)?;
            let order = retail_orders::find(&self.pool, id).await?;
            match order {
                Some(order) if order.state().is_some() => return Ok(Some(order)),
                Some(_) => tokio::time::sleep(LOOK_AGAIN).await,
                None => return Ok(None),
            }
        }
        Err(Error::BeingCreated)
    }

    async fn wishes(&self, caller: &Principal, placing: &Placing) -> Result<Vec<Wish>, Error> {
        if !placing.wishes.is_empty() {
            return Ok(placing.wishes.clone());
        }
        let lines = carts::lines(&self.pool, Owner::user(caller).as_str()).await?;
        let wanted = |line: &carts::CartLine| match placing.cart_products.as_slice() {
            [] => line.selected,
            ids => ids.contains(&line.product_id),
        };
        let wishes: Vec<_> = lines
            .iter()
            .filter(|line| wanted(line))
            .filter_map(|line| {
                Some(Wish {
                    product: line.product_id.try_into().ok()?,
                    quantity: line.quantity,
                })
            })
            .collect();
        if wishes.is_empty() {
            Err(Error::CartEmpty)
        } else {
            Ok(wishes)
        }
    }

    /// Unpaid orders hold units: one user cannot hold them all.
    async fn check_unpaid(&self, user: UserId) -> Result<(), Error> {
        let unpaid = retail_orders::count_unpaid(&self.pool, user).await?;
        if unpaid >= i64::from(self.retail.unpaid_max) {
            return Err(Error::TooManyUnpaid);
        }
        Ok(())
    }

    /// Before anything is held; the placing transaction decides.
    async fn check_coupon(&self, user: UserId, id: i64) -> Result<(), Error> {
        if id == 0 {
            return Ok(());
        }
        let claimed = user_coupons::find(&self.pool, id, user).await?;
        let claimed = claimed.ok_or(Error::NoUserCoupon)?;
        if claimed.order_id.is_some() {
            Err(Error::CouponUsed)
        } else if claimed.valid_until_ms <= self.now_ms() {
            Err(Error::CouponOver)
        } else {
            Ok(())
        }
    }

    async fn hold(&self, id: OrderId, wishes: &[Wish]) -> Result<ReserveResponse, Error> {
        let line = |wish: &Wish| reserve_request::Line {
            product_id: wish.product.get(),
            units: wish.quantity.into(),
        };
        let request = ReserveRequest {
            order_id: id.get(),
            lines: wishes.iter().map(line).collect(),
        };
        let answer = self.inventory.clone().reserve(request).await;
        let answer = answer
            .map_err(|status| Error::Product(rpc::PeerError::from(status)))?
            .into_inner();
        let product = answer.refused_product_id;
        match answer.refusal() {
            reserve_response::Refusal::Unspecified => Ok(answer),
            reserve_response::Refusal::Missing => Err(Error::ProductMissing(product)),
            reserve_response::Refusal::OffShelf => Err(Error::ProductOffShelf(product)),
            reserve_response::Refusal::Short => Err(Error::Short(product)),
            reserve_response::Refusal::Over => Err(Error::BeingCreated),
        }
    }

    async fn place(
        &self,
        id: OrderId,
        held: ReserveResponse,
        from_cart: bool,
    ) -> Result<RetailOrder, Error> {
        let now_ms = self.now_ms();
        let expires_at_ms = now_ms + i64::from(self.retail.payment_window_s) * 1_000;
        let lines: Vec<_> = held.lines.into_iter().map(line).collect::<Result<_, _>>()?;
        db::transact!(&self.pool, "order.place", async |tx: &mut Tx<'_>| {
            let intent = retail_orders::lock(tx, id).await?;
            let intent = intent.ok_or(Error::NoOrder(id))?;
            if intent.phase != Phase::Creating {
                // The sweeper gave it up.
                return Err(Error::BeingCreated);
            }
            let mut order = RetailOrder {
                lines: lines.clone(),
                expires_at_ms,
                phase: Phase::Placed(State::Pending {
                    expires_at_ms,
                    pay_opened: false,
                }),
                ..intent
            };
            if order.user_coupon > 0 {
                apply_coupon(tx, &mut order, now_ms).await?;
            }
            if !order.payable().is_some_and(money::Money::is_positive) {
                return Err(Error::Parameter("the order's amount is out of range"));
            }
            if from_cart {
                let taken: Vec<_> = order
                    .lines
                    .iter()
                    .map(|line| (line.product.get(), line.quantity))
                    .collect();
                let owner = format!("u{}", order.user);
                if !carts::take(tx, &owner, &taken).await? {
                    return Err(Error::CartChanged);
                }
            }
            retail_orders::place(tx, &order).await?;
            fail_point!("create_order.in_place", |_| Err(Error::BeingCreated));
            let by = order.user.get();
            shipments::log(tx, id, by, "placed", "", now_ms).await?;
            Ok(order)
        })
        .await
    }

    /// Best effort: the sweeper does it otherwise.
    async fn give_up(&self, id: OrderId, reason: &'static str) {
        if let Err(error) = self.void(id, reason).await {
            warn!(order.id = id.get(), error = %fault::chain(&error),
                "an intent that came to nothing waits for the sweeper");
        }
        self.wake.now();
    }

    /// Ends an intent, and whatever it may hold comes back. `false`: it is none any more.
    pub(super) async fn void(&self, id: OrderId, reason: &'static str) -> Result<bool, Error> {
        let now_ms = self.now_ms();
        db::transact!(&self.pool, "order.void", async |tx: &mut Tx<'_>| {
            let order = retail_orders::lock(tx, id).await?;
            if !order.is_some_and(|order| order.phase == Phase::Creating) {
                return Ok(false);
            }
            retail_orders::void(tx, id, reason).await?;
            let release = ReservationSettled {
                order_id: id.get(),
                purpose: Purpose::Release.into(),
            };
            outbox::append(tx, &release, now_ms).await?;
            Ok::<_, Error>(true)
        })
        .await
    }

    async fn mint(&self) -> Result<OrderId, Error> {
        loop {
            if let Some(id) = self.ids.take() {
                return OrderId::try_from(id).map_err(|_| Error::NoSuchNumber);
            }
            self.ids.add(self.lease_ids().await?);
        }
    }
}

fn line(held: reserve_response::Line) -> Result<RetailLine, Error> {
    const WRONG: Error = Error::Parameter("product held something that is no line");
    Ok(RetailLine {
        product: held.product_id.try_into().map_err(|_| WRONG)?,
        quantity: held.units.try_into().map_err(|_| WRONG)?,
        price_fen: held.price_fen,
        name: held.product_name,
        image: held.product_image,
        category: held.category,
        discount_fen: 0,
    })
}

/// Takes the coupon and splits what it takes off over the lines.
async fn apply_coupon(tx: &mut Tx<'_>, order: &mut RetailOrder, now_ms: i64) -> Result<(), Error> {
    if !user_coupons::take(tx, order.user_coupon, order.user, order.id, now_ms).await? {
        return Err(Error::CouponUsed);
    }
    let template = coupons::of_user_coupon(tx, order.user_coupon).await?;
    let terms = template.ok_or(Error::NoUserCoupon)?.terms;
    let priced: Vec<_> = order
        .lines
        .iter()
        .map(|line| Priced {
            product: line.product,
            category: &line.category,
            sum_fen: line.sum_fen(),
        })
        .collect();
    let parts = discount(terms.rule, &terms.scope, &priced)?;
    for (line, part) in order.lines.iter_mut().zip(parts) {
        line.discount_fen = part;
    }
    Ok(())
}

/// Of everything that was asked for: the same key with another hash is another request.
fn hash(placing: &Placing) -> String {
    let Placing {
        wishes,
        cart_products,
        user_coupon,
        address,
        remark,
        key: _,
    } = placing;
    let asked = format!("{wishes:?} {cart_products:?} {user_coupon} {address:?} {remark:?}");
    let mut text = String::with_capacity(64);
    for byte in digest(&SHA256, asked.as_bytes()).as_ref() {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}
