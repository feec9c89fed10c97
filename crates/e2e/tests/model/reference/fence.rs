//! Pause, fence, install.

use std::collections::BTreeSet;

use super::{Redis, Reference, Slot};

impl Reference {
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
}
