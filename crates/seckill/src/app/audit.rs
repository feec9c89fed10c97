//! Whether both sides hold the same units and buyers.

use std::collections::{BTreeSet, HashMap, HashSet};

use proto::order::{LiveUnit, LiveUnitsRequest};

use super::App;
use crate::{Error, stock::Holdings};

/// Units that one page brings.
const PAGE: u32 = 5_000;

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

/// One look at both sides; `None` while work is under way.
#[derive(Debug)]
pub(crate) struct Audited {
    pub(crate) findings: Findings,
    /// Orphans with what settling them needs: user, slots, at, key.
    pub(crate) orphans: HashMap<i64, (i64, Vec<i32>, i64, String)>,
    pub(crate) epoch: i64,
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
    /// Compares both sides; `None` while reservations, landings or releases are under way.
    pub(crate) async fn audit(&self, activity: i64) -> Result<Option<Audited>, Error> {
        let Some(look) = self.stock.look(activity).await? else {
            return Ok(None);
        };
        if !look.open || !self.is_quiet(activity).await? {
            return Ok(None);
        }
        let holdings = self.stock.holdings(activity).await?;
        let (live, releasing, epoch) = self.live_units(activity).await?;
        if epoch != look.epoch {
            return Ok(None);
        }
        let before_ms = self.now_ms() - self.config.audit_after_ms;
        Ok(Some(compare(
            look.units, look.next, epoch, &holdings, &live, &releasing, before_ms,
        )))
    }

    async fn is_quiet(&self, activity: i64) -> Result<bool, Error> {
        let before_ms = self.now_ms() - self.config.relay_after_ms;
        let unsent = self.stock.unsent(activity).await?;
        let landing = self
            .broker
            .depth(<proto::order::Reserved as mq::Message>::QUEUE)
            .await?;
        let releases = self
            .broker
            .depth(<proto::seckill::Released as mq::Message>::QUEUE)
            .await?;
        let handed_off = unsent.iter().all(|entry| entry.0.at_ms > before_ms);
        Ok(handed_off && landing.ready == 0 && releases.ready == 0)
    }

    async fn live_units(
        &self,
        activity_id: i64,
    ) -> Result<(Vec<LiveUnit>, HashSet<i64>, i64), Error> {
        let (mut live, mut releasing, mut after_unit) = (Vec::new(), HashSet::new(), 0);
        loop {
            let asked = LiveUnitsRequest {
                activity_id,
                after_unit,
                limit: PAGE,
            };
            let page = self.order.clone().live_units(asked).await?.into_inner();
            releasing.extend(page.releasing_order_ids);
            after_unit = page.units.last().map_or(after_unit, |unit| unit.unit_no);
            live.extend(page.units);
            if !page.more {
                return Ok((live, releasing, page.epoch));
            }
        }
    }
}

fn compare(
    units: i64,
    next: i64,
    epoch: i64,
    holdings: &Holdings,
    live: &[LiveUnit],
    releasing: &HashSet<i64>,
    before_ms: i64,
) -> Audited {
    let live_units: HashSet<i64> = live.iter().map(|unit| unit.unit_no).collect();
    let live_orders: HashSet<i64> = live.iter().map(|unit| unit.order_id).collect();
    let held_units: HashSet<i64> = holdings
        .slots
        .iter()
        .map(|(_, _, held)| held.unit_no)
        .collect();
    let held_slots: HashSet<(i64, i32, i64)> = holdings
        .slots
        .iter()
        .map(|(user, slot, held)| (*user, *slot, held.order_id))
        .collect();
    let free: HashSet<i64> = (next + 1..=units)
        .chain(holdings.returned.iter().copied())
        .collect();
    let mut findings = Findings::default();
    let known =
        |unit: &i64| free.contains(unit) || held_units.contains(unit) || live_units.contains(unit);
    findings
        .lost_units
        .extend((1..=units).filter(|unit| !known(unit)));
    findings
        .doubled_units
        .extend(free.intersection(&live_units));
    let mut orphans: HashMap<i64, (i64, Vec<i32>, i64, String)> = HashMap::new();
    for (user, slot, held) in &holdings.slots {
        let settled = live_orders.contains(&held.order_id) || releasing.contains(&held.order_id);
        if !settled && held.at_ms < before_ms {
            findings.orphans.insert(held.order_id);
            let entry = orphans.entry(held.order_id);
            let new = || (*user, Vec::new(), held.at_ms, held.request_key.clone());
            entry.or_insert_with(new).1.push(*slot);
        }
    }
    let missing = live
        .iter()
        .filter(|unit| unit.at_ms < before_ms)
        .filter(|unit| !held_slots.contains(&(unit.user_id, unit.slot, unit.order_id)));
    findings.missing.extend(missing.map(|unit| unit.order_id));
    Audited {
        findings,
        orphans,
        epoch,
    }
}
