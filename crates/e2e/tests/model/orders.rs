//! What becomes of orders that have landed.

use money::Money;
use order::model::{Payment, PaymentNo};
use proto::order::Reserved;
use rand::{Rng, seq::IndexedRandom};

use crate::{
    PRICE_FEN, Run, WINDOW_S,
    reference::{Item, Order, Release, State},
    support::buyer,
};

impl Run {
    /// Some order that has landed in one of these states.
    pub(crate) fn some(&mut self, fits: impl Fn(State) -> bool) -> Option<Order> {
        let orders = self.reference.orders.values();
        let fitting: Vec<&Order> = orders.filter(|order| fits(order.state)).collect();
        fitting.choose(&mut self.rng).copied().cloned()
    }

    pub(crate) async fn open_payment(&mut self) {
        let Some(order) = self.some(|state| matches!(state, State::Pending { .. })) else {
            return;
        };
        let (id, user) = (order.item.order, buyer(order.item.user));
        let asked = self
            .world
            .order
            .app
            .allow_payment(&user, id.try_into().unwrap());
        let _refused_when_late = asked.await;
        let now_ms = self.now_ms();
        self.reference.allow_payment(id, now_ms);
        self.note(format!("open a payment of {id}"));
    }

    /// Mostly of a buyer who was allowed to pay; money may come for anything.
    pub(crate) async fn pay(&mut self) {
        let late = self.rng.random_bool(0.2);
        let Some(order) = self.some(|state| late || is_payable(state)) else {
            return;
        };
        let id = order.item.order;
        self.payments += 1;
        let quantity = order.item.units.len() as i64;
        let received = order::Received {
            message: mq::Outgoing::of(&Reserved::default()).id,
            order: id.try_into().unwrap(),
            payment: Payment {
                no: PaymentNo::parse(&format!("PAY{}", self.payments)).unwrap(),
                at_ms: 1,
            },
            amount: Money::from_fen(PRICE_FEN * quantity).unwrap(),
        };
        self.world.order.app.payment_paid(&received).await.unwrap();
        self.reference.pay(id);
        self.note(format!("pay {id}"));
    }

    pub(crate) async fn lapse(&mut self) {
        self.world
            .shop
            .clock
            .advance_ms(self.rng.random_range(1..=WINDOW_S * 500));
        self.world.order.app.sweep().await.unwrap();
        let now_ms = self.now_ms();
        self.reference.sweep(now_ms);
        self.note("sweep".to_owned());
        self.take_releases().await;
    }

    pub(crate) async fn payment_closed(&mut self) {
        let Some(order) = self.some(|state| state == State::Closing) else {
            return;
        };
        let id = order.item.order;
        self.world
            .order
            .app
            .payment_closed(id.try_into().unwrap())
            .await
            .unwrap();
        self.reference.payment_closed(id);
        self.note(format!("payment closed {id}"));
        self.take_releases().await;
    }

    /// Of an order that has landed, or of one that has not.
    pub(crate) async fn cancel(&mut self) {
        let landed = self.some(|_| true).map(|order| order.item);
        let mirrored: Vec<&Item> = self.reference.mirrored.values().collect();
        let unlanded = mirrored.choose(&mut self.rng).copied().cloned();
        let first = if self.rng.random_bool(0.5) {
            landed
        } else {
            unlanded
        };
        let Some(Item { order, user, .. }) = first else {
            return;
        };
        let user = buyer(user);
        let asked = self
            .world
            .order
            .app
            .cancel_order(&user, order.try_into().unwrap());
        let _refused_when_over = asked.await;
        self.reference.cancel(order);
        self.note(format!("cancel {order}"));
        self.take_releases().await;
    }

    /// What closing freed is on its way to seckill.
    pub(crate) async fn take_releases(&mut self) {
        while self.releases.len() < self.reference.releases.len() {
            let release = self.world.next_release().await;
            let wanted =
                |known: &Release| known.order == release.order_id && known.epoch == release.epoch;
            assert!(
                self.reference.releases.iter().any(wanted),
                "{release:?}: {:#?}",
                self.trail
            );
            self.releases.push(release);
        }
    }

    /// In any order, and sometimes twice.
    pub(crate) async fn release(&mut self) {
        if self.releases.is_empty() {
            return;
        }
        let place = self.rng.random_range(0..self.releases.len());
        let real = self.releases[place].clone();
        let ours = Release {
            order: real.order_id,
            epoch: real.epoch,
        };
        let done = self.world.app.release(&real).await.unwrap() == seckill::Release::Done;
        self.note(format!("release {ours:?}: {done}"));
        assert_eq!(done, self.reference.released(&ours), "{:#?}", self.trail);
        if done && self.rng.random_bool(0.8) {
            self.releases.swap_remove(place);
            let known = self
                .reference
                .releases
                .iter()
                .position(|known| known.order == ours.order);
            self.reference.releases.swap_remove(known.unwrap());
        }
    }
}

fn is_payable(state: State) -> bool {
    matches!(state, State::Pending { opened: true, .. } | State::Closing)
}
