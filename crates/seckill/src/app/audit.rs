//! Whether both sides hold the same units and buyers.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    time::Instant,
};

use proto::{
    order::{LiveUnit, LiveUnitsRequest, Reserved, ReservedItem, reserved_item::Unit},
    seckill::Released,
};

use super::App;
use crate::{
    Error,
    stock::{Holdings, Look, rest},
};

/// Units that one page brings: no buyer waits for more.
const PAGE: u32 = 1_000;

/// What the two sides disagree on. Empty: nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Findings {
    /// Neither free, nor held by a slot, nor live.
    pub(crate) lost_units: BTreeSet<i64>,
    /// Free and live.
    pub(crate) doubled_units: BTreeSet<i64>,
    /// Hold a slot, and are neither live nor about to be released.
    pub(crate) orphans: BTreeSet<i64>,
    /// Live without their slot.
    pub(crate) missing: BTreeSet<i64>,
}

/// One look at both sides.
#[derive(Debug)]
pub(crate) struct Audited {
    pub(crate) findings: Findings,
    /// As their slots tell it: all that landing needs.
    pub(crate) orphans: HashMap<i64, ReservedItem>,
}

/// What order says lives.
#[derive(Debug, Default)]
struct Live {
    epoch: i64,
    units: Vec<LiveUnit>,
    releasing: HashSet<i64>,
}

impl Findings {
    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// What both looks found.
    pub(crate) fn again(&self, other: &Self) -> Self {
        let both = |a: &BTreeSet<i64>, b: &BTreeSet<i64>| a.intersection(b).copied().collect();
        Self {
            lost_units: both(&self.lost_units, &other.lost_units),
            doubled_units: both(&self.doubled_units, &other.doubled_units),
            orphans: both(&self.orphans, &other.orphans),
            missing: both(&self.missing, &other.missing),
        }
    }
}

impl App {
    /// Compares both sides; `None` while reservations or releases are under way, or the sale is not
    /// open.
    pub(crate) async fn audit(&self, activity: i64) -> Result<Option<Audited>, Error> {
        let Some(look) = self.stock.look(activity).await? else {
            return Ok(None);
        };
        let Some(now_ms) = self.quiet_at(activity).await? else {
            return Ok(None);
        };
        if !look.open || look.is_torn() {
            return Ok(None);
        }
        let holdings = self.stock.holdings(activity).await?;
        let Some(live) = self.live(activity).await? else {
            return Ok(None);
        };
        if live.epoch != look.epoch {
            return Ok(None);
        }
        let before_ms = now_ms - self.config.audit_after_ms;
        // A million units take a good part of a second, and no buyer waits for that.
        let compared = tokio::task::spawn_blocking(move || {
            compare(activity, &look, holdings, &live, before_ms)
        });
        let compared = compared.await;
        compared
            .map(Some)
            .map_err(|_| Error::Unexpected("an audit that panicked"))
    }

    /// The time, by the clock of the reservations; `None` while any of them waits to land or to be
    /// released. While MySQL is away that is on the retry ladder.
    async fn quiet_at(&self, activity: i64) -> Result<Option<i64>, Error> {
        let list = self.stock.unsent(activity, self.script_now_ms()).await?;
        let landing = self.broker.waiting::<Reserved>().await?;
        let releases = self.broker.waiting::<Released>().await?;
        let handed_off = list.oldest_ms() <= self.config.relay_after_ms;
        let quiet = handed_off && landing == 0 && releases == 0;
        Ok(quiet.then_some(list.now_ms))
    }

    /// `None`: the sale was fenced between two pages.
    async fn live(&self, activity_id: i64) -> Result<Option<Live>, Error> {
        let (mut live, mut after_unit) = (Live::default(), 0);
        loop {
            let asked_at = Instant::now();
            let asked = LiveUnitsRequest {
                activity_id,
                after_unit,
                limit: PAGE,
            };
            let page = self.order.clone().live_units(asked).await?.into_inner();
            if after_unit == 0 {
                live.epoch = page.epoch;
            } else if page.epoch != live.epoch {
                return Ok(None);
            }
            live.releasing.extend(page.releasing_order_ids);
            let last = page.units.last().map(|unit| unit.unit_no);
            live.units.extend(page.units);
            match last {
                Some(last) if page.more => {
                    after_unit = last;
                    rest(asked_at).await;
                }
                _ => return Ok(Some(live)),
            }
        }
    }
}

fn compare(
    activity_id: i64,
    look: &Look,
    mut holdings: Holdings,
    live: &Live,
    before_ms: i64,
) -> Audited {
    holdings.sort();
    let places = Places::of(look, &holdings, live);
    let mut findings = Findings {
        lost_units: places.lost().collect(),
        ..Findings::default()
    };
    for unit in live.units.iter().filter(|unit| unit.at_ms < before_ms) {
        if places.is_free(unit.unit_no) {
            findings.doubled_units.insert(unit.unit_no);
        }
        if holdings.order(unit.user_id, unit.slot) != Some(unit.order_id) {
            findings.missing.insert(unit.order_id);
        }
    }
    let mut live_orders: Vec<i64> = live.units.iter().map(|unit| unit.order_id).collect();
    live_orders.sort_unstable();
    let mut orphans: HashMap<i64, ReservedItem> = HashMap::new();
    let old = holdings.slots.iter();
    for (user_id, slot, held) in old.filter(|(_, _, held)| held.at_ms < before_ms) {
        let is_live = live_orders.binary_search(&held.order_id).is_ok();
        if is_live || live.releasing.contains(&held.order_id) {
            continue;
        }
        findings.orphans.insert(held.order_id);
        // Without a row it was reserved in this epoch: a rebuild installs only what is live.
        let orphan = orphans
            .entry(held.order_id)
            .or_insert_with(|| ReservedItem {
                activity_id,
                order_id: held.order_id,
                user_id: *user_id,
                at_ms: held.at_ms,
                request_key: held.request_key.clone(),
                epoch: live.epoch,
                ..ReservedItem::default()
            });
        orphan.units.push(Unit {
            slot: *slot,
            unit_no: held.unit_no,
        });
    }
    Audited { findings, orphans }
}

/// Where each unit of a sale is.
struct Places {
    /// By unit number, from 1.
    units: Vec<Place>,
}

#[derive(Clone, Copy, Default)]
struct Place {
    free: bool,
    /// By a slot, or live.
    taken: bool,
}

impl Places {
    fn of(look: &Look, holdings: &Holdings, live: &Live) -> Self {
        let count = usize::try_from(look.units).unwrap_or_default();
        let handed_out = usize::try_from(look.next).unwrap_or_default();
        let mut units = vec![Place::default(); count];
        for place in units.iter_mut().skip(handed_out) {
            place.free = true;
        }
        for unit_no in &holdings.returned {
            if let Some(place) = index(*unit_no).and_then(|i| units.get_mut(i)) {
                place.free = true;
            }
        }
        let held = holdings.slots.iter().map(|(_, _, held)| held.unit_no);
        for unit_no in held.chain(live.units.iter().map(|unit| unit.unit_no)) {
            if let Some(place) = index(unit_no).and_then(|i| units.get_mut(i)) {
                place.taken = true;
            }
        }
        Self { units }
    }

    fn is_free(&self, unit_no: i64) -> bool {
        let place = index(unit_no).and_then(|i| self.units.get(i));
        place.is_some_and(|place| place.free)
    }

    fn lost(&self) -> impl Iterator<Item = i64> + '_ {
        let numbered = (1..).zip(&self.units);
        numbered
            .filter(|(_, place)| !place.free && !place.taken)
            .map(|(unit_no, _)| unit_no)
    }
}

fn index(unit_no: i64) -> Option<usize> {
    usize::try_from(unit_no).ok()?.checked_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Holding;

    const BEFORE_MS: i64 = 1_000;

    fn look(units: i64, next: i64) -> Look {
        Look {
            epoch: 1,
            open: true,
            units,
            next,
            returned: 0,
            held: 0,
            unsent: 0,
            server: kv::ServerIdentity {
                run_id: String::new(),
                replication_id: String::new(),
            },
        }
    }

    fn slot(user: i64, order_id: i64, unit_no: i64, at_ms: i64) -> (i64, i32, Holding) {
        let holding = Holding {
            order_id,
            unit_no,
            at_ms,
            request_key: String::new(),
        };
        (user, 1, holding)
    }

    fn unit(user_id: i64, order_id: i64, unit_no: i64) -> LiveUnit {
        LiveUnit {
            unit_no,
            user_id,
            slot: 1,
            order_id,
            at_ms: 0,
            request_key: String::new(),
        }
    }

    fn found(slots: Vec<(i64, i32, Holding)>, returned: Vec<i64>, live: Vec<LiveUnit>) -> Findings {
        let holdings = Holdings { slots, returned };
        let live = Live {
            epoch: 1,
            units: live,
            releasing: HashSet::from([99]),
        };
        compare(1, &look(3, 2), holdings, &live, BEFORE_MS).findings
    }

    #[test]
    fn the_same_on_both_sides_is_nothing_to_say() {
        let same = found(vec![slot(7, 1, 1, 0)], vec![2], vec![unit(7, 1, 1)]);
        assert!(same.is_empty());
        let releasing = found(vec![slot(7, 99, 1, 0)], vec![2], vec![]);
        assert!(releasing.is_empty(), "its release is on the way");
        let young = found(vec![slot(7, 1, 1, BEFORE_MS)], vec![2], vec![]);
        assert!(young.is_empty(), "it may land yet");
    }

    #[test]
    fn each_difference_has_its_name() {
        let lost = found(vec![slot(7, 1, 1, 0)], vec![], vec![unit(7, 1, 1)]);
        assert_eq!(lost.lost_units, BTreeSet::from([2]));
        let both = found(vec![slot(7, 1, 1, 0)], vec![1, 2], vec![unit(7, 1, 1)]);
        assert_eq!(both.doubled_units, BTreeSet::from([1]));
        let orphan = found(vec![slot(7, 1, 1, 0)], vec![2], vec![]);
        assert_eq!(orphan.orphans, BTreeSet::from([1]));
        let missing = found(vec![], vec![2], vec![unit(7, 1, 1)]);
        assert_eq!(missing.missing, BTreeSet::from([1]));
        assert!(missing.again(&orphan).is_empty());
    }
}
