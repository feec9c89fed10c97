//! What becomes of orders that have landed.

use super::{Reference, Release, State};

impl Reference {
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
        let is_due = |state: &State| match state {
            State::Pending { expires_ms, .. } => *expires_ms <= now_ms,
            _ => false,
        };
        let due = self.orders.values().filter(|order| is_due(&order.state));
        let due: Vec<i64> = due.map(|order| order.item.order).collect();
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
}
