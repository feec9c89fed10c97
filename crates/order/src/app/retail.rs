//! The verbs that ordinary orders share with those of sales, and one step of an ordinary order with all that it
//! entails, in one transaction.

use auth::{Principal, Role};
use db::Tx;
use ids::OrderId;
use money::Money;
use proto::{
    payment::{OrderClosing, RefundDue},
    product::{ReservationSettled, reservation_settled::Purpose},
};
use tracing::{error, warn};

use super::{App, Handled, Received, create_order::LATE, step::At};
use crate::{
    Error,
    domain::{Effect, Paying, PaymentNo, Phase, RetailOrder, State, effect, step_name},
    metrics::Alarm,
    store::{payments, retail_orders, shipments, user_coupons},
};

impl App {
    /// The caller's own; an admin sees everybody's.
    pub(super) async fn find_retail(
        &self,
        caller: &Principal,
        id: OrderId,
    ) -> Result<Option<RetailOrder>, Error> {
        let order = retail_orders::find(&self.pool, id).await?;
        let may = |order: &RetailOrder| order.user == caller.user || caller.role == Role::Admin;
        Ok(order.filter(|order| order.state().is_some() && may(order)))
    }

    /// Takes one step of a placed order that is the caller's; `step` says which, or why not.
    pub(super) async fn step_retail(
        &self,
        id: OrderId,
        caller: Option<&Principal>,
        step: impl Fn(State) -> Result<State, Error>,
    ) -> Result<Option<RetailOrder>, Error> {
        let at = self.at();
        let by = caller.map_or(0, |caller| caller.user.get());
        let stepped = db::transact!(&self.pool, "order.step_retail", async |tx: &mut Tx<'_>| {
            let Some((order, state)) = lock_placed(tx, id).await? else {
                return Ok(None);
            };
            let own =
                caller.is_none_or(|caller| order.user == caller.user || caller.role == Role::Admin);
            if !own {
                return Ok(None);
            }
            let next = step(state.clone())?;
            take(tx, order, &state, next, by, at).await.map(Some)
        })
        .await?;
        self.wake.now();
        Ok(stepped)
    }

    fn at(&self) -> At {
        let now_ms = self.now_ms();
        At {
            now_ms,
            ask_at_ms: self.ask_at_ms(now_ms),
        }
    }

    /// Intents that are late come to nothing, unpaid orders lapse, payment is asked again, what was sent long ago has
    /// arrived. One order that fails keeps no neighbour waiting. Returns how many were due.
    pub async fn sweep_retail(&self) -> Result<usize, Error> {
        let now_ms = self.now_ms();
        let due = retail_orders::due(&self.pool, now_ms, self.closing.batch).await?;
        for id in &due {
            if let Err(error) = self.sweep_one(*id, now_ms).await {
                if error.is_away() {
                    return Err(error);
                }
                error!(order.id = id, error = %fault::chain(&error), "an order does not close");
            }
        }
        let arrived = shipments::due(&self.pool, now_ms, self.closing.batch).await?;
        for id in &arrived {
            let id = OrderId::try_from(*id).map_err(|_| Error::NoSuchNumber)?;
            self.confirm(id, 0).await?;
        }
        self.wake.now();
        Ok(due.len() + arrived.len())
    }

    async fn sweep_one(&self, id: i64, now_ms: i64) -> Result<(), Error> {
        let id = OrderId::try_from(id).map_err(|_| Error::NoSuchNumber)?;
        if self.void(id, LATE).await? {
            warn!(
                order.id = id.get(),
                "an order that was never placed is given up"
            );
            return Ok(());
        }
        let at = self.at();
        db::transact!(&self.pool, "order.sweep_retail", async |tx: &mut Tx<'_>| {
            if !retail_orders::is_due(tx, id, now_ms).await? {
                return Ok(());
            }
            let Some((order, state)) = lock_placed(tx, id).await? else {
                return Ok(());
            };
            let next = match &state {
                closing @ State::Closing { .. } => Some(closing.clone()),
                other => other.clone().lapse(now_ms).ok(),
            };
            if let Some(next) = next {
                take(tx, order, &state, next, 0, at).await?;
            }
            Ok(())
        })
        .await
    }
}

async fn lock_placed(tx: &mut Tx<'_>, id: OrderId) -> Result<Option<(RetailOrder, State)>, Error> {
    Ok(retail_orders::lock(tx, id)
        .await?
        .and_then(|order| order.state().cloned().map(|state| (order, state))))
}

/// One step of a locked order. Staying in closing asks payment again; any other step to the same state changes
/// nothing.
async fn take(
    tx: &mut Tx<'_>,
    order: RetailOrder,
    from: &State,
    next: State,
    by: i64,
    at: At,
) -> Result<RetailOrder, Error> {
    let asks = matches!(next, State::Closing { .. });
    if *from == next && !asks {
        return Ok(order);
    }
    let id = order.id;
    retail_orders::change(tx, id, from, &next, at.ask_at_ms).await?;
    if step_name(from) != step_name(&next) {
        let detail = crate::store::order_row::reason_name(&next);
        shipments::log(tx, id, by, step_name(&next), detail, at.now_ms).await?;
    }
    match effect(from, &next) {
        Effect::GiveBack => {
            user_coupons::give_back(tx, id).await?;
            settle(tx, id, Purpose::Release, at.now_ms).await?;
        }
        Effect::Consume => settle(tx, id, Purpose::Consume, at.now_ms).await?,
        Effect::Return if shipments::sent(tx, id).await? => {}
        Effect::Return => {
            user_coupons::give_back(tx, id).await?;
            settle(tx, id, Purpose::Return, at.now_ms).await?;
        }
        Effect::None => {}
    }
    if asks {
        let closing = OrderClosing {
            order_id: id.get(),
            order_no: order.no().to_string(),
            user_id: order.user.get(),
            amount_fen: order.payable().map_or(0, Money::fen),
        };
        outbox::append(tx, &closing, at.now_ms).await?;
    }
    if let State::Refunding { payment } = &next {
        let due = refund_due(&order, &payment.no, "商家退款");
        outbox::append(tx, &due, at.now_ms).await?;
    }
    Ok(RetailOrder {
        phase: Phase::Placed(next),
        ..order
    })
}

async fn settle(tx: &mut Tx<'_>, id: OrderId, purpose: Purpose, now_ms: i64) -> Result<(), Error> {
    let settled = ReservationSettled {
        order_id: id.get(),
        purpose: purpose.into(),
    };
    outbox::append(tx, &settled, now_ms).await?;
    Ok(())
}

fn refund_due(order: &RetailOrder, payment: &PaymentNo, reason: &str) -> RefundDue {
    RefundDue {
        order_id: order.id.get(),
        order_no: order.no().to_string(),
        payment_no: payment.as_str().to_owned(),
        reason: reason.to_owned(),
    }
}

impl App {
    pub(super) async fn allow_retail_payment(
        &self,
        caller: &Principal,
        id: OrderId,
    ) -> Result<Option<RetailOrder>, Error> {
        let now_ms = self.now_ms();
        self.step_retail(id, Some(caller), |state| {
            let allowed = state.allow_payment(now_ms);
            allowed.map_err(|why| Error::NotPayable { order: id, why })
        })
        .await
    }

    pub(super) async fn cancel_retail(
        &self,
        caller: &Principal,
        id: OrderId,
    ) -> Result<Option<RetailOrder>, Error> {
        self.step_retail(id, Some(caller), |state| match state.clone().cancel() {
            Ok(next) => Ok(next),
            Err(why) => Err(Error::NotCancellable { order: id, why }),
        })
        .await
    }

    pub(super) async fn refund_retail(
        &self,
        admin: &Principal,
        id: OrderId,
    ) -> Result<Option<RetailOrder>, Error> {
        self.step_retail(id, Some(admin), |state| {
            let refunding = state.refund();
            refunding.map_err(|why| Error::NotRefundable { order: id, why })
        })
        .await
    }

    /// `false`: there is no such ordinary order.
    pub(super) async fn retail_closed(&self, id: OrderId) -> Result<bool, Error> {
        let stepped = self.step_retail(id, None, |state| {
            // Any other order did not ask, or has its answer.
            Ok(state.clone().close().unwrap_or(state))
        });
        Ok(stepped.await?.is_some())
    }
}

/// Money for an ordinary order, in the transaction that looked for its row. `None`: there is no such order.
pub(super) async fn pay(
    tx: &mut Tx<'_>,
    received: &Received,
    at: At,
) -> Result<Option<Handled>, Error> {
    const CONSUMER: &str = "order.payment_paid";
    let id = received.order;
    let Some((order, state)) = lock_placed(tx, id).await? else {
        return Ok(None);
    };
    let paying = state
        .clone()
        .pay(received.payment.clone(), received.amount, order.payable());
    let reason = match paying {
        Paying::Known => return Ok(Some(Handled::Done)),
        Paying::Accepted(next) => {
            if !payments::insert(tx, &received.payment.no, id).await? {
                Alarm::PaymentReused.raise();
                error!(order.id = id.get(), "a payment that has paid another order");
                return Ok(Some(Handled::Dead("the payment has paid another order")));
            }
            let by = order.user.get();
            take(tx, order, &state, next, by, at).await?;
            return Ok(Some(Handled::Done));
        }
        Paying::Refund(reason) => reason,
        Paying::WrongAmount => {
            Alarm::WrongAmount.raise();
            error!(
                order.id = id.get(),
                "a payment of another amount than its order's goes back"
            );
            "付款金额不符，付款退回"
        }
    };
    warn!(
        order.id = id.get(),
        "a payment that cannot be accepted goes back"
    );
    if outbox::first_time(tx, CONSUMER, received.message, at.now_ms).await? {
        let due = refund_due(&order, &received.payment.no, reason);
        outbox::append(tx, &due, at.now_ms).await?;
    }
    Ok(Some(Handled::Done))
}

/// The money of a payment is back. `false`: there is no such ordinary order.
pub(super) async fn refunded(
    tx: &mut Tx<'_>,
    id: OrderId,
    payment: &PaymentNo,
    at: At,
) -> Result<bool, Error> {
    let Some((order, state)) = lock_placed(tx, id).await? else {
        return Ok(false);
    };
    let next = state.clone().refunded(payment);
    take(tx, order, &state, next, 0, at).await?;
    Ok(true)
}
