//! A crash at the points where it hurts most: whatever was not committed is as if it never was, and what was is found.
//!
//! Fail points belong to the whole process, so this is one test in a binary of its own:
//! `cargo test -p order --features failpoints --test crash`.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail their test")]

#[path = "../it/support.rs"]
#[expect(dead_code, reason = "made for the other binary")]
mod support;

use order::{Intent, LandOutcome, model::State};

use crate::support::{item, open, released};

#[tokio::test]
async fn crashes_lose_nothing() {
    let world = open(10).await;
    let order = item(7, 1, "0:3");
    for point in ["land.after_begin", "land.after_insert"] {
        fail::cfg(point, "return").unwrap();
        assert!(world.app.land(std::slice::from_ref(&order)).await.is_err());
        fail::remove(point);
        assert!(world.order(7).await.is_none() && world.live().await.is_empty());
    }
    // Committed, not acknowledged: the message comes again.
    fail::cfg("land.after_commit", "return").unwrap();
    assert!(world.app.land(std::slice::from_ref(&order)).await.is_err());
    fail::remove("land.after_commit");
    assert_eq!(world.land_one(order).await, LandOutcome::AlreadyLanded);
    assert_eq!(world.live().await, [3]);

    fail::cfg("fence.after_update", "return").unwrap();
    for intent in [
        Intent::Rebuild,
        crate::support::edit(2, 5),
        crate::support::end(2),
    ] {
        let fenced = world
            .app
            .fence(crate::support::activity(1), order::model::Epoch(1), intent);
        assert!(fenced.await.is_err());
    }
    fail::remove("fence.after_update");
    let sale = world.fence(1, Intent::Rebuild).await.sale.unwrap();
    assert_eq!((sale.epoch.0, sale.version.0, sale.ended), (2, 1, false));
    assert!(world.events().await.is_empty());

    world.clock.advance_ms(900_000);
    fail::cfg("close.after_cas", "return").unwrap();
    assert!(world.app.sweep().await.is_err());
    fail::remove("close.after_cas");
    assert!(matches!(world.state(7).await, State::Pending { .. }));
    assert_eq!(world.live().await, [3]);
    world
        .clock
        .advance_ms(crate::support::CLOSING.lease_ms as i64);
    world.app.sweep().await.unwrap();
    assert_eq!(world.events().await, [released(7, 1, &[0], 2)]);
}
