//! What goes wrong, and what administrators do meanwhile.

use rand::{Rng, seq::IndexedRandom};

use crate::{Run, lay, lift, reference::Redis};

impl Run {
    pub(crate) async fn edit(&mut self) {
        let units = self.rng.random_range(1..14);
        if units == self.reference.units {
            return;
        }
        let edited = self.world.edit(units).await;
        self.note(format!("edit to {units} units: {edited}"));
        assert_eq!(edited, self.reference.edit(units), "{:#?}", self.trail);
    }

    pub(crate) async fn lose(&mut self) {
        let part = [
            None,
            Some("meta"),
            Some("returned"),
            Some("buyers"),
            Some("unsent"),
        ];
        let part = *part.choose(&mut self.rng).unwrap();
        self.world.lose(part).await;
        self.note(format!("Redis loses {part:?}"));
        let reference = &mut self.reference;
        match (part, reference.redis.as_mut()) {
            (Some("returned"), Some(redis)) => redis.returned.clear(),
            (Some("buyers"), Some(redis)) => redis.slots.clear(),
            (Some("returned" | "buyers"), None) => {}
            (Some("unsent"), _) => reference.unsent.clear(),
            (Some(_), _) => reference.redis = None,
            (None, _) => {
                reference.redis = None;
                reference.unsent.clear();
            }
        }
    }

    pub(crate) async fn snapshot(&mut self) {
        let bytes = self.world.shop.dump(self.world.activity).await;
        let (redis, unsent) = (self.reference.redis.clone(), self.reference.unsent.clone());
        // What is left of a sale whose meta is lost cannot be told from what a snapshot brings.
        if redis.is_some() {
            self.snapshots.push((bytes, redis, unsent));
            self.note("snapshot".to_owned());
        }
    }

    pub(crate) async fn roll_back(&mut self) {
        let Some((bytes, redis, unsent)) = self.snapshots.choose(&mut self.rng).cloned() else {
            return;
        };
        self.world.shop.roll_back(self.world.activity, &bytes).await;
        self.note(format!(
            "roll back to {redis:?}, unsent {:?}",
            unsent.keys()
        ));
        (self.reference.redis, self.reference.unsent) = (redis, unsent);
    }

    /// Its keys say that another server holds them.
    pub(crate) async fn restart_redis(&mut self) {
        if let Some(redis) = self.reference.redis.as_mut() {
            self.world
                .shop
                .forge(self.world.activity, "run_id", "another")
                .await;
            redis.foreign = true;
            self.note("Redis restarts".to_owned());
        }
    }

    pub(crate) async fn restart(&mut self) {
        self.world.restart().await;
        self.reference.confirmed.clear();
        self.note("the process restarts".to_owned());
    }

    /// Only what an administrator's rebuild looks at.
    pub(crate) async fn rebuild_dies(&mut self) {
        let epoch = self.reference.epoch;
        let open = |redis: &Redis| redis.open && redis.epoch == epoch;
        if self.reference.redis.as_ref().is_some_and(open) {
            return;
        }
        let points = [
            "rebuild.after_pause",
            "rebuild.after_fence",
            "rebuild.after_stage",
        ];
        let point = *points.choose(&mut self.rng).unwrap();
        lay(Some(point));
        let warm = self.world.warm_up().await;
        lift(Some(point));
        self.note(format!("a rebuild dies at {point}"));
        assert!(!warm, "{:#?}", self.trail);
        self.reference.pause();
        if point != "rebuild.after_pause" {
            self.reference.bump();
        }
    }

    pub(crate) async fn detect(&mut self) {
        if self.reference.is_ill() {
            self.reference.pause();
            self.reference.rebuild();
            self.note(format!("a rebuild at epoch {}", self.reference.epoch));
            self.world.detect(self.reference.epoch).await;
        } else {
            self.world.app.detect().await.unwrap();
            self.note("nothing to rebuild".to_owned());
        }
    }
}
