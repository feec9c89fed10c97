use super::App;
use crate::{
    Error,
    domain::{Activity, Intent, Invalid, Patch, window},
};

impl App {
    /// Texts change at once; units and window by an edit that fences; the other terms were promised to buyers.
    pub(crate) async fn update_activity(&self, id: i64, patch: Patch) -> Result<Activity, Error> {
        patch.check_texts()?;
        patch.check_units()?;
        let activity = self.store.get(id).await?;
        if changes_promises(&activity, &patch) {
            return Err(Invalid::Terms.into());
        }
        let name = patch.name.as_deref().unwrap_or(&activity.name);
        let description = patch
            .description
            .as_deref()
            .unwrap_or(&activity.description);
        if name != activity.name || description != activity.description {
            self.store
                .set_texts(id, name, description, self.now_ms())
                .await?;
        }
        let units = patch.units.unwrap_or(activity.units);
        let start_ms = patch.start_ms.unwrap_or(activity.start_ms);
        let end_ms = patch.end_ms.unwrap_or(activity.end_ms);
        if (units, start_ms, end_ms) == (activity.units, activity.start_ms, activity.end_ms) {
            return self.store.get(id).await;
        }
        window(start_ms, end_ms, self.now_ms())?;
        if !activity.is_live() {
            return Err(Error::Over(activity.id));
        }
        let intent = Intent::Edit {
            units,
            start_ms,
            end_ms,
        };
        self.intend(&activity, intent).await?;
        self.finish_intent(id).await
    }

    /// Records an intent; refused while another is being carried out.
    pub(crate) async fn intend(&self, activity: &Activity, intent: Intent) -> Result<(), Error> {
        let (id, version) = (activity.id.get(), activity.version);
        let until_ms = self.intent_until_ms();
        let recorded = self
            .store
            .intend(id, version, intent, self.now_ms(), until_ms)
            .await?;
        if recorded {
            Ok(())
        } else {
            Err(Error::Changing(activity.id))
        }
    }
}

fn changes_promises(activity: &Activity, patch: &Patch) -> bool {
    patch.price_fen.is_some_and(|fen| fen != activity.price_fen)
        || patch
            .limit_per_user
            .is_some_and(|limit| limit != activity.limit_per_user)
        || patch
            .payment_window_s
            .is_some_and(|window| window != activity.payment_window_s)
        || patch
            .product_id
            .is_some_and(|product| product != activity.product.get())
}
