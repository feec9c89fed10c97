//! The protocol of one sale, as short as it can be said: what Redis, the broker and order's schema
//! hold, and what each step makes of it. No I/O, no retries, no time of its own.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Item {
    pub(crate) order: i64,
    pub(crate) user: i64,
    pub(crate) at_ms: i64,
    pub(crate) key: String,
    pub(crate) epoch: i64,
    /// Slot and unit.
    pub(crate) units: Vec<(i32, i64)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    Pending { expires_ms: i64, opened: bool },
    Closing,
    Paid,
    Closed,
    Refused(&'static str),
}

impl State {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Pending { .. } => "pending",
            Self::Closing => "closing",
            Self::Paid => "paid",
            Self::Closed => "closed",
            Self::Refused(_) => "refused",
        }
    }

    const fn is_live(self) -> bool {
        matches!(self, Self::Pending { .. } | Self::Closing | Self::Paid)
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Order {
    pub(crate) item: Item,
    pub(crate) state: State,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Slot {
    pub(crate) order: i64,
    pub(crate) unit: i64,
    pub(crate) at_ms: i64,
    pub(crate) key: String,
}

/// What sells.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Redis {
    pub(crate) epoch: i64,
    pub(crate) open: bool,
    /// It says that another server holds it.
    pub(crate) foreign: bool,
    pub(crate) units: i64,
    pub(crate) next: i64,
    /// Handed out from the back, given back to the front.
    pub(crate) returned: VecDeque<i64>,
    pub(crate) slots: BTreeMap<(i64, i32), Slot>,
}

impl Redis {
    fn is_torn(&self) -> bool {
        (self.slots.len() + self.returned.len()) as i64 != self.next
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Release {
    pub(crate) order: i64,
    pub(crate) epoch: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Told {
    Won,
    Repeated,
    Limit,
    SoldOut,
    Paused,
    /// Reserved, and nobody knows whether the broker has it.
    Unknown,
}

#[derive(Debug, Clone)]
pub(crate) struct Ask {
    pub(crate) user: i64,
    pub(crate) quantity: i32,
    pub(crate) key: String,
    /// The id that the order has, should it win.
    pub(crate) order: i64,
    pub(crate) at_ms: i64,
}

/// How far a reservation comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reach {
    /// The process dies after the script.
    Script,
    /// The confirm is lost.
    Broker,
    Buyer,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Reference {
    pub(crate) limit: i32,
    pub(crate) window_ms: i64,
    pub(crate) stock: i64,
    // order's schema
    pub(crate) units: i64,
    pub(crate) epoch: i64,
    pub(crate) suspect: bool,
    pub(crate) ended: bool,
    pub(crate) orders: BTreeMap<i64, Order>,
    /// On their way to seckill.
    pub(crate) releases: Vec<Release>,
    // Redis
    pub(crate) redis: Option<Redis>,
    pub(crate) unsent: BTreeMap<i64, Item>,
    /// Orders that the buyer could cancel before they land, as they were accepted.
    pub(crate) mirrored: BTreeMap<i64, Item>,
    // the process
    pub(crate) confirmed: BTreeSet<i64>,
}

impl Reference {
    pub(crate) fn live(&self) -> impl Iterator<Item = &Item> {
        let live = self.orders.values().filter(|order| order.state.is_live());
        live.map(|order| &order.item)
    }

    /// What the script and the hand-off do. Answers also what reached the broker.
    pub(crate) fn reserve(&mut self, ask: &Ask, reach: Reach) -> (Told, Option<Item>) {
        match self.serve(ask, reach) {
            // Whoever is paused is answered at once.
            (Told::Paused, _) => (Told::Paused, None),
            (_, published) if reach == Reach::Script => (Told::Unknown, published),
            served => served,
        }
    }

    fn serve(&mut self, ask: &Ask, reach: Reach) -> (Told, Option<Item>) {
        self.forget_confirmed();
        let Some(redis) = self.redis.as_mut() else {
            return (Told::Paused, None);
        };
        if !redis.open || redis.is_torn() {
            return (Told::Paused, None);
        }
        let slots: Vec<i32> = (1..=self.limit).collect();
        let held = |slot: &i32| redis.slots.get(&(ask.user, *slot));
        let free: Vec<i32> = slots
            .iter()
            .copied()
            .filter(|slot| held(slot).is_none())
            .collect();
        let mine: Vec<&Slot> = slots.iter().filter_map(held).collect();
        let same_key = mine
            .iter()
            .find(|slot| !ask.key.is_empty() && slot.key == ask.key);
        let newest = mine.iter().max_by_key(|slot| (slot.at_ms, slot.order));
        let any = newest.filter(|_| ask.key.is_empty() || self.limit == 1);
        if let Some(earlier) = same_key.or(any).map(|slot| slot.order) {
            return self.repeat(earlier, reach);
        }
        let quantity = ask.quantity as usize;
        if free.len() < quantity {
            return (Told::Limit, None);
        }
        if redis.units - redis.next + (redis.returned.len() as i64) < quantity as i64 {
            return (Told::SoldOut, None);
        }
        let mut units = Vec::new();
        for slot in &free[..quantity] {
            let unit = redis.returned.pop_back().unwrap_or_else(|| {
                redis.next += 1;
                redis.next
            });
            let (order, at_ms, key) = (ask.order, ask.at_ms, ask.key.clone());
            let taken = Slot {
                order,
                unit,
                at_ms,
                key,
            };
            redis.slots.insert((ask.user, *slot), taken);
            units.push((*slot, unit));
        }
        let item = Item {
            order: ask.order,
            user: ask.user,
            at_ms: ask.at_ms,
            key: ask.key.clone(),
            epoch: redis.epoch,
            units,
        };
        self.unsent.insert(ask.order, item);
        self.hand_off(ask.order, reach, Told::Won)
    }

    fn repeat(&mut self, order: i64, reach: Reach) -> (Told, Option<Item>) {
        if self.unsent.contains_key(&order) {
            self.hand_off(order, reach, Told::Repeated)
        } else {
            (Told::Repeated, None)
        }
    }

    fn hand_off(&mut self, order: i64, reach: Reach, told: Told) -> (Told, Option<Item>) {
        let item = self.unsent[&order].clone();
        if reach == Reach::Script {
            return (Told::Unknown, None);
        }
        self.mirrored.entry(order).or_insert_with(|| item.clone());
        if reach == Reach::Broker {
            return (Told::Unknown, Some(item));
        }
        self.confirmed.insert(order);
        (told, Some(item))
    }

    pub(crate) fn forget_confirmed(&mut self) {
        for order in std::mem::take(&mut self.confirmed) {
            self.unsent.remove(&order);
        }
    }

    /// Publishes what is older than `before_ms`; answers it. `lost`: the process dies before it
    /// forgets.
    pub(crate) fn relay(&mut self, before_ms: i64, lost: bool) -> Vec<Item> {
        self.forget_confirmed();
        let old: Vec<Item> = self
            .unsent
            .values()
            .filter(|item| item.at_ms < before_ms)
            .cloned()
            .collect();
        if !lost {
            for item in &old {
                self.unsent.remove(&item.order);
            }
        }
        old
    }

    pub(crate) fn land(&mut self, item: &Item, now_ms: i64) {
        if self.orders.contains_key(&item.order) {
            return;
        }
        let state = if item.epoch < self.epoch || self.ended {
            State::Refused("interrupted")
        } else if self.is_taken(item) {
            self.suspect = true;
            State::Refused("conflict")
        } else {
            State::Pending {
                expires_ms: now_ms + self.window_ms,
                opened: false,
            }
        };
        self.put(item.clone(), state);
    }

    fn put(&mut self, item: Item, state: State) {
        self.orders.insert(item.order, Order { item, state });
    }

    fn is_taken(&self, item: &Item) -> bool {
        self.live().any(|other| {
            let same_user = other.user == item.user;
            let same_key = same_user && !item.key.is_empty() && other.key == item.key;
            let clash = |(slot, unit): &(i32, i64)| {
                other
                    .units
                    .iter()
                    .any(|(s, u)| u == unit || (same_user && s == slot))
            };
            same_key || item.units.iter().any(clash)
        })
    }

    pub(crate) fn allow_payment(&mut self, order: i64, now_ms: i64) {
        if let Some(State::Pending { expires_ms, opened }) = self.state(order)
            && now_ms < *expires_ms
        {
            *opened = true;
        }
    }

    pub(crate) fn pay(&mut self, order: i64) {
        if let Some(state @ (State::Pending { .. } | State::Closing)) = self.state(order) {
            *state = State::Paid;
        }
    }

    pub(crate) fn sweep(&mut self, now_ms: i64) {
        let due = |order: &&Order| matches!(order.state, State::Pending { expires_ms, .. } if expires_ms <= now_ms);
        let due: Vec<i64> = self
            .orders
            .values()
            .filter(due)
            .map(|order| order.item.order)
            .collect();
        for order in due {
            self.stop(order);
        }
    }

    /// A cancelled sale's unpaid orders are due at once.
    pub(crate) fn expire_all(&mut self) {
        for order in self.orders.values_mut() {
            if let State::Pending { expires_ms, .. } = &mut order.state {
                *expires_ms = 0;
            }
        }
    }

    pub(crate) fn cancel(&mut self, order: i64) {
        if self.orders.contains_key(&order) {
            self.stop(order);
            return;
        }
        let Some(item) = self.mirrored.get(&order).cloned() else {
            return;
        };
        if item.epoch == self.epoch && !self.ended {
            self.put(item, State::Closed);
            self.release(order);
        }
    }

    /// A pending order closes, or asks payment first.
    fn stop(&mut self, order: i64) {
        match self.state(order) {
            Some(state @ State::Pending { opened: true, .. }) => *state = State::Closing,
            Some(State::Pending { .. }) => self.free(order),
            _ => {}
        }
    }

    pub(crate) fn payment_closed(&mut self, order: i64) {
        if matches!(self.state(order), Some(State::Closing)) {
            self.free(order);
        }
    }

    fn free(&mut self, order: i64) {
        if let Some(state) = self.state(order) {
            *state = State::Closed;
        }
        if self.ended {
            self.stock += self.orders[&order].item.units.len() as i64;
        } else {
            self.release(order);
        }
    }

    /// In the epoch of the closing transaction.
    fn release(&mut self, order: i64) {
        let epoch = self.epoch;
        self.releases.push(Release { order, epoch });
    }

    /// False: not now.
    pub(crate) fn released(&mut self, release: &Release) -> bool {
        if self.ended {
            return true;
        }
        let item = &self.orders[&release.order].item;
        let Some(redis) = self
            .redis
            .as_mut()
            .filter(|redis| redis.epoch >= release.epoch)
        else {
            return false;
        };
        for (slot, _) in &item.units {
            let place = (item.user, *slot);
            if redis
                .slots
                .get(&place)
                .is_some_and(|held| held.order == release.order)
            {
                let unit = redis.slots.remove(&place).map_or(0, |held| held.unit);
                redis.returned.push_front(unit);
            }
        }
        true
    }

    /// Why detection would rebuild.
    pub(crate) fn is_ill(&self) -> bool {
        let well = self.redis.as_ref().is_some_and(|redis| {
            redis.epoch == self.epoch && redis.open && !redis.foreign && !redis.is_torn()
        });
        !self.ended && (!well || self.suspect)
    }

    pub(crate) fn pause(&mut self) {
        let epoch = self.epoch;
        if let Some(redis) = self.redis.as_mut().filter(|redis| redis.epoch <= epoch) {
            redis.open = false;
        }
    }

    /// From here on nothing of the old epoch counts.
    pub(crate) fn bump(&mut self) {
        self.epoch += 1;
        self.suspect = false;
    }

    /// Puts what lives in place.
    pub(crate) fn install(&mut self) {
        let mut redis = Redis {
            epoch: self.epoch,
            open: true,
            units: self.units,
            ..Redis::default()
        };
        let mut sold = BTreeSet::new();
        for item in self.live() {
            for (slot, unit) in &item.units {
                sold.insert(*unit);
                let held = Slot {
                    order: item.order,
                    unit: *unit,
                    at_ms: item.at_ms,
                    key: item.key.clone(),
                };
                redis.slots.insert((item.user, *slot), held);
            }
        }
        redis.next = sold.last().copied().unwrap_or_default();
        redis.returned = (1..=redis.next)
            .filter(|unit| !sold.contains(unit))
            .collect();
        self.redis = Some(redis);
    }

    pub(crate) fn rebuild(&mut self) {
        self.bump();
        self.install();
    }

    /// False: refused.
    pub(crate) fn edit(&mut self, units: i64) -> bool {
        let raise = units - self.units;
        if raise > self.stock {
            return false;
        }
        self.pause();
        let highest = self
            .live()
            .flat_map(|item| &item.units)
            .map(|(_, unit)| *unit)
            .max();
        if highest.is_some_and(|highest| highest > units) {
            return false;
        }
        self.bump();
        self.stock -= raise;
        self.units = units;
        self.install();
        true
    }

    pub(crate) fn end(&mut self) {
        self.bump();
        self.ended = true;
        let live: usize = self.live().map(|item| item.units.len()).sum();
        self.stock += self.units - live as i64;
        self.redis = None;
    }

    fn state(&mut self, order: i64) -> Option<&mut State> {
        self.orders.get_mut(&order).map(|order| &mut order.state)
    }

    /// What must hold whatever happens.
    pub(crate) fn judge(&self) {
        let mut units = BTreeSet::new();
        let mut slots = BTreeSet::new();
        for item in self.live() {
            for (slot, unit) in &item.units {
                assert!(units.insert(*unit), "unit {unit} is sold twice");
                assert!(slots.insert((item.user, *slot)), "a slot is held twice");
            }
        }
        assert!(units.len() as i64 <= self.units, "oversold");
    }
}
