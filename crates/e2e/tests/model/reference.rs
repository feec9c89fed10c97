//! The protocol of one sale, as short as it can be said: what Redis, the broker and order's schema
//! hold, and what each step makes of it. No I/O, no retries, no time of its own.

mod fence;
mod orders;

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
pub(crate) enum Reply {
    Won,
    Repeated,
    Limit,
    SoldOut,
    Paused,
    /// Reserved, and the broker may have it or not.
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
    pub(crate) fn reserve(&mut self, ask: &Ask, reach: Reach) -> (Reply, Option<Item>) {
        match self.serve(ask, reach) {
            // A paused sale is answered at once.
            (Reply::Paused, _) => (Reply::Paused, None),
            (_, published) if reach == Reach::Script => (Reply::Unknown, published),
            served => served,
        }
    }

    fn serve(&mut self, ask: &Ask, reach: Reach) -> (Reply, Option<Item>) {
        self.forget_confirmed();
        let Some(redis) = self.redis.as_mut() else {
            return (Reply::Paused, None);
        };
        if !redis.open || redis.is_torn() {
            return (Reply::Paused, None);
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
            return (Reply::Limit, None);
        }
        if redis.units - redis.next + (redis.returned.len() as i64) < quantity as i64 {
            return (Reply::SoldOut, None);
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
        self.hand_off(ask.order, reach, Reply::Won)
    }

    fn repeat(&mut self, order: i64, reach: Reach) -> (Reply, Option<Item>) {
        if self.unsent.contains_key(&order) {
            self.hand_off(order, reach, Reply::Repeated)
        } else {
            (Reply::Repeated, None)
        }
    }

    fn hand_off(&mut self, order: i64, reach: Reach, reply: Reply) -> (Reply, Option<Item>) {
        let item = self.unsent[&order].clone();
        if reach == Reach::Script {
            return (Reply::Unknown, None);
        }
        self.mirrored.entry(order).or_insert_with(|| item.clone());
        if reach == Reach::Broker {
            return (Reply::Unknown, Some(item));
        }
        self.confirmed.insert(order);
        (reply, Some(item))
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
