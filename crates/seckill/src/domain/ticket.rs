use std::fmt::Write;

use auth::Sealer;

const PURPOSE: &str = "ticket";

/// What a buyer holds between "won" and the order: enough to be answered with Redis gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ticket {
    pub(crate) activity_id: i64,
    pub(crate) user_id: i64,
    pub(crate) order_id: i64,
    pub(crate) at_ms: i64,
    pub(crate) epoch: i64,
    pub(crate) slots: Vec<i32>,
}

impl Ticket {
    pub(crate) fn seal(&self, sealer: &Sealer) -> String {
        let mut text = format!(
            "{}|{}|{}|{}|{}|",
            self.activity_id, self.user_id, self.order_id, self.at_ms, self.epoch
        );
        for (place, slot) in self.slots.iter().enumerate() {
            let comma = if place > 0 { "," } else { "" };
            // Writing to a string cannot fail.
            let _ = write!(text, "{comma}{slot}");
        }
        sealer.seal(PURPOSE, text.as_bytes())
    }

    pub(crate) fn open(sealer: &Sealer, text: &str) -> Option<Self> {
        let payload = String::from_utf8(sealer.open(PURPOSE, text)?).ok()?;
        let parts: Vec<&str> = payload.split('|').collect();
        let [activity, user, order, at, epoch, slots] = parts.as_slice() else {
            return None;
        };
        Some(Self {
            activity_id: activity.parse().ok()?,
            user_id: user.parse().ok()?,
            order_id: order.parse().ok()?,
            at_ms: at.parse().ok()?,
            epoch: epoch.parse().ok()?,
            slots: slots
                .split(',')
                .map(str::parse)
                .collect::<Result<_, _>>()
                .ok()?,
        })
    }
}
