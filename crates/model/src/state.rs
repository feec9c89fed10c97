//! One activity, and everything that knows of it: Redis, RabbitMQ, order's and seckill's schemas,
//! the product's stock, and what processes hold in memory.

mod set;

pub(crate) use set::{Set, Table};

use crate::scopes::EVENTS;

pub(crate) const ORDERS: usize = 4;
pub(crate) const UNITS: usize = 3;
pub(crate) const BUYERS: usize = 3;
/// The most that one buyer may hold.
pub(crate) const SLOTS: usize = 2;
pub(crate) const PAYMENTS: usize = 2;
/// Of the terms: 1 is the publication's; each edit and the end count on.
pub(crate) const VERSIONS: usize = 4;
/// Keys of stock returns: one per order, one per edit's version, one for the end.
pub(crate) const RETURNS: usize = ORDERS + VERSIONS + 1;
const WORKERS: usize = 2;

/// What a buyer's click became: minted once, carried unchanged by slot, entry, message and row.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Reservation {
    pub(crate) user: u8,
    pub(crate) key: u8,
    /// Of the meta that the script read.
    pub(crate) epoch: u8,
    /// By slot, the unit that it took.
    pub(crate) units: Table<Option<u8>, SLOTS>,
}

impl Reservation {
    /// Slot and unit of each unit taken.
    pub(crate) fn taken(self) -> impl Iterator<Item = (u8, u8)> + use<> {
        let units = self.units;
        (0..SLOTS as u8).filter_map(move |slot| Some((slot, units[slot]?)))
    }

    pub(crate) fn quantity(self) -> u8 {
        self.taken().count() as u8
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Meta {
    pub(crate) epoch: u8,
    pub(crate) open: bool,
    pub(crate) units: u8,
    /// How many units were handed out that had never been.
    pub(crate) next: u8,
    /// The server that answers has the run id that it was installed on.
    pub(crate) same_server: bool,
}

/// The keys of `{sale:<activity>}`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub(crate) struct Redis {
    pub(crate) meta: Option<Meta>,
    /// Units that are handed out first.
    pub(crate) returned: Set,
    /// By user and slot, the order that holds it.
    pub(crate) buyers: Table<Table<Option<u8>, SLOTS>, BUYERS>,
    /// The hand-off list.
    pub(crate) unsent: Set,
}

impl Redis {
    /// Every slot that is held: user, slot, order.
    pub(crate) fn held(&self) -> impl Iterator<Item = (u8, u8, u8)> + use<> {
        let buyers = self.buyers;
        let places = (0..BUYERS as u8).flat_map(|user| (0..SLOTS as u8).map(move |s| (user, s)));
        places.filter_map(move |(user, slot)| Some((user, slot, buyers[user][slot]?)))
    }

    /// A key was lost: `HLEN(buyers) + LLEN(returned) ≠ next`.
    pub(crate) fn is_torn(&self) -> bool {
        let whole = self.held().count() as u8 + self.returned.len();
        self.meta.is_some_and(|meta| whole != meta.next)
    }

    /// Units that it would hand out.
    pub(crate) fn free(&self) -> Set {
        let mut free = self.returned;
        if let Some(meta) = self.meta {
            (meta.next..meta.units).for_each(|unit| free.insert(unit));
        }
        free
    }
}

/// The row in order's schema that fences, with those terms that an edit changes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Sale {
    pub(crate) epoch: u8,
    pub(crate) version: u8,
    /// Whether that version was refused when it came.
    pub(crate) refused: bool,
    pub(crate) ended: bool,
    pub(crate) units: u8,
    /// The newest epoch in which landing met a duplicate.
    pub(crate) suspect: Option<u8>,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub(crate) enum Row {
    #[default]
    None,
    Pending,
    Closing,
    Paid,
    Closed,
    Refused,
    Refunded,
}

impl Row {
    pub(crate) fn is_live(self) -> bool {
        matches!(self, Self::Pending | Self::Closing | Self::Paid)
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub(crate) enum Payment {
    #[default]
    None,
    /// Paid by the buyer; the message is under way.
    Arriving(u8),
    Kept(u8),
    Refunded(u8),
}

/// What is read outside the transaction that uses it: only while a guard is off.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Early {
    pub(crate) order: u8,
    pub(crate) epoch: u8,
    pub(crate) ended: bool,
}

/// A ticket that is being asked about: the first of its two reads.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Query {
    pub(crate) order: u8,
    pub(crate) epoch: Option<u8>,
}

/// Seckill's own row.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Activity {
    pub(crate) intent: Option<Intent>,
    pub(crate) version: u8,
    pub(crate) units: u8,
    pub(crate) over: bool,
}

/// What was recorded before anything moved.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub(crate) struct Intent {
    pub(crate) kind: Kind,
    pub(crate) version: u8,
    /// The activity's units when it was recorded, and those that it asks for.
    pub(crate) from: u8,
    pub(crate) to: u8,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub(crate) enum Kind {
    Publish,
    Edit,
    End,
}

/// A process at work on a rebuild (no intent) or on an intent.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub(crate) struct Worker {
    pub(crate) intent: Option<Intent>,
    pub(crate) at: At,
    /// The epoch that it wants to fence.
    pub(crate) epoch: u8,
    pub(crate) snapshot: Snapshot,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub(crate) enum At {
    TakeStock,
    OpenSale,
    Pause,
    Fence,
    Install,
    /// What a guard moved out of the fence's transaction: only while it is off.
    AfterFence,
    Finish,
}

impl At {
    /// Runs under the rebuild lease.
    pub(crate) fn is_leased(self) -> bool {
        matches!(self, Self::Fence | Self::Install)
    }
}

/// Terms and live units as one fence read them.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord, Default)]
pub(crate) struct Snapshot {
    pub(crate) epoch: u8,
    pub(crate) units: u8,
    pub(crate) live: Table<Option<u8>, UNITS>,
}

/// The product's side: its stock, and what it has answered under each key.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Product {
    pub(crate) stock: i8,
    pub(crate) moves: Table<Move, VERSIONS>,
    pub(crate) returns: Table<Return, RETURNS>,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub(crate) enum Move {
    #[default]
    None,
    Taken,
    Refused,
    /// Taken, and given back when its edit was refused.
    Undone,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub(crate) enum Return {
    #[default]
    None,
    /// In an outbox or a queue.
    UnderWay(u8),
    Done(u8),
    /// Delivered once more.
    Again(u8),
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct State {
    pub(crate) redis: Redis,
    /// What a rollback goes back to.
    pub(crate) copy: Option<Redis>,
    pub(crate) reserved: Table<Option<Reservation>, ORDERS>,
    /// Orders in the hands of a seckill process that is about to publish them.
    pub(crate) publishing: Set,
    /// Published; the publisher waits for the confirm.
    pub(crate) confirming: Set,
    /// Orders whose buyers were told 202.
    pub(crate) told: Set,
    pub(crate) queue: Table<u8, ORDERS>,
    /// Orders whose message was in the broker once, and may come again.
    pub(crate) published: Set,
    pub(crate) sale: Option<Sale>,
    pub(crate) rows: Table<Row, ORDERS>,
    /// `sale_units`: by unit, the order that it belongs to.
    pub(crate) units: Table<Option<u8>, UNITS>,
    pub(crate) landing: Option<Early>,
    pub(crate) closing: Option<Early>,
    /// Orders about which payment has been asked whether they can close.
    pub(crate) asked: Set,
    /// By order, the epoch of a release under way.
    pub(crate) releases: Table<Option<u8>, ORDERS>,
    /// By order, the epoch of a release that was delivered, and may come again.
    pub(crate) released: Table<Option<u8>, ORDERS>,
    pub(crate) payments: Table<Payment, PAYMENTS>,
    pub(crate) query: Option<Query>,
    /// Orders whose ticket was answered with "failed" without a row.
    pub(crate) failed: Set,
    pub(crate) activity: Activity,
    pub(crate) workers: Table<Option<Worker>, WORKERS>,
    pub(crate) product: Product,
    /// For the invariants: epochs into which Redis went back, and those in which landing met a
    /// unit, slot or key that was taken.
    pub(crate) went_back: Set,
    pub(crate) conflicts: Set,
    /// How often each event may still strike.
    pub(crate) budget: Table<u8, EVENTS>,
}

impl State {
    pub(crate) fn orders(&self) -> impl Iterator<Item = (u8, Reservation)> + use<> {
        let reserved = self.reserved;
        (0..ORDERS as u8).filter_map(move |order| Some((order, reserved[order]?)))
    }

    pub(crate) fn epoch(&self) -> u8 {
        self.sale.map_or(0, |sale| sale.epoch)
    }

    pub(crate) fn is_ended(&self) -> bool {
        self.sale.is_some_and(|sale| sale.ended)
    }

    /// The numbers of live units.
    pub(crate) fn live(&self) -> Set {
        (0..UNITS as u8)
            .filter(|unit| self.units[*unit].is_some())
            .collect()
    }

    /// Units that are in MySQL for an order.
    pub(crate) fn units_of(&self, order: u8) -> u8 {
        let own = |unit: &u8| self.units[*unit] == Some(order);
        (0..UNITS as u8).filter(own).count() as u8
    }

    /// The slots as MySQL knows them.
    pub(crate) fn buyers(&self) -> Table<Table<Option<u8>, SLOTS>, BUYERS> {
        let mut buyers: Table<Table<Option<u8>, SLOTS>, BUYERS> = Table::default();
        for unit in self.live().iter() {
            let order = self.units[unit].unwrap_or_default();
            if let Some(reservation) = self.reserved[order] {
                let slots = reservation.taken().filter(|(_, taken)| *taken == unit);
                slots.for_each(|(slot, _)| buyers[reservation.user][slot] = Some(order));
            }
        }
        buyers
    }

    /// A consumer holds its message, or the broker does.
    pub(crate) fn is_under_way(&self, order: u8) -> bool {
        let landing = self.landing.is_some_and(|early| early.order == order);
        let hands = self.publishing.has(order) || self.confirming.has(order);
        landing || hands || self.queue[order] > 0
    }
}

impl std::fmt::Display for Intent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            version, from, to, ..
        } = self;
        match self.kind {
            Kind::Publish => write!(f, "the publication of {to} units"),
            Kind::Edit => write!(f, "edit {version} from {from} to {to} units"),
            Kind::End => write!(f, "the end"),
        }
    }
}

impl Worker {
    pub(crate) fn purpose(&self) -> String {
        self.intent
            .map_or_else(|| "rebuild".to_owned(), |intent| intent.to_string())
    }
}
