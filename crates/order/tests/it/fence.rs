use order::{FenceVerdict, Intent, model::Epoch};

use crate::support::{edit, end, in_epoch, item, open, released, returned, world};

fn units(fenced: &order::Fenced) -> Vec<(i64, i64)> {
    fenced
        .live
        .iter()
        .map(|unit| (unit.unit_no, unit.order_id))
        .collect()
}

#[tokio::test]
async fn a_rebuild_answers_the_terms_and_what_lives() {
    let world = open(10).await;
    let keyed = crate::support::with_key(item(8, 2, "0:5,1:2"), "abc");
    world.land(&[item(7, 1, "0:3"), keyed]).await;
    let fenced = world.fence(1, Intent::Rebuild).await;
    assert_eq!(fenced.verdict, FenceVerdict::Fenced);
    let sale = fenced.sale.as_ref().unwrap();
    assert_eq!((sale.epoch, sale.terms.units), (Epoch(2), 10));
    assert_eq!(units(&fenced), [(2, 8), (3, 7), (5, 8)]);
    assert_eq!(fenced.live[0].slot, 1);
    assert_eq!(fenced.live[0].at_ms, 1_790_000_000_000);
    assert_eq!(fenced.live[0].request_key, "abc");
    assert_eq!(fenced.live[1].request_key, "", "no key is no key");
}

#[tokio::test]
async fn only_the_rows_own_epoch_is_fenced() {
    let world = open(10).await;
    for epoch in [0, 2] {
        let fenced = world.fence(epoch, Intent::Rebuild).await;
        assert_eq!(fenced.verdict, FenceVerdict::OtherEpoch);
        assert_eq!(fenced.sale.unwrap().epoch, Epoch(1));
        assert!(fenced.live.is_empty());
    }
    let nothing = world.fence_of(2, 0, Intent::Rebuild).await;
    assert_eq!(nothing.verdict, FenceVerdict::NoSale);
}

#[tokio::test]
async fn of_concurrent_fences_one_wins() {
    let world = open(10).await;
    let fences = (0..8).map(|_| world.fence(1, Intent::Rebuild));
    let fenced = futures_util::future::join_all(fences).await;
    let won = fenced
        .iter()
        .filter(|fenced| fenced.verdict == FenceVerdict::Fenced)
        .count();
    assert_eq!(won, 1);
    let lost = fenced
        .iter()
        .filter(|fenced| fenced.verdict == FenceVerdict::OtherEpoch)
        .count();
    assert_eq!(lost, 7);
    assert_eq!(world.app.epochs().await.unwrap()[0].epoch, 2);
}

#[tokio::test]
async fn raising_units_returns_nothing() {
    let world = open(10).await;
    world.land_one(item(7, 1, "0:3")).await;
    let fenced = world.fence(1, edit(2, 15)).await;
    assert_eq!(fenced.verdict, FenceVerdict::Fenced);
    assert_eq!(units(&fenced), [(3, 7)]);
    let sale = fenced.sale.unwrap();
    assert_eq!((sale.epoch.0, sale.version.0, sale.terms.units), (2, 2, 15));
    assert!(world.events().await.is_empty());
}

#[tokio::test]
async fn lowering_units_returns_the_difference_in_the_fence() {
    let world = open(10).await;
    world.land_one(item(7, 1, "0:3")).await;
    let fenced = world.fence(1, edit(2, 3)).await;
    assert_eq!(fenced.verdict, FenceVerdict::Fenced);
    assert_eq!(fenced.sale.unwrap().terms.units, 3);
    assert_eq!(world.events().await, [returned("sale/1/2", 7)]);
}

#[tokio::test]
async fn units_cannot_go_below_the_highest_live_one() {
    let world = open(10).await;
    world.land_one(item(7, 1, "0:5")).await;
    let refused = world.fence(1, edit(2, 4)).await;
    assert_eq!(refused.verdict, FenceVerdict::UnitsBelowSold);
    let sale = refused.sale.unwrap();
    assert_eq!((sale.epoch.0, sale.version.0, sale.terms.units), (1, 2, 10));
    assert!(sale.refused && refused.live.is_empty());
    assert!(world.events().await.is_empty());
    // The sale goes on in its epoch.
    assert_eq!(
        world.land_one(item(8, 2, "0:6")).await,
        order::LandOutcome::Landed
    );

    // The unit is freed; a late repeat of the refused edit must still not apply.
    world.lapse().await;
    world.events().await;
    let late = world.fence(1, edit(2, 4)).await;
    assert_eq!(late.verdict, FenceVerdict::OldVersion);
    assert!(late.sale.unwrap().refused);
    let next = world.fence(1, edit(3, 4)).await;
    assert_eq!(next.verdict, FenceVerdict::Fenced);
    assert!(!next.sale.unwrap().refused);
    assert_eq!(world.events().await, [returned("sale/1/3", 6)]);
}

#[tokio::test]
async fn a_late_repeat_of_an_edit_does_nothing() {
    let world = open(10).await;
    world.fence(1, edit(2, 5)).await;
    world.fence(2, edit(3, 8)).await;
    world.events().await;
    for epoch in [1, 2, 3] {
        let late = world.fence(epoch, edit(2, 5)).await;
        assert_eq!(late.verdict, FenceVerdict::OldVersion);
        let sale = late.sale.unwrap();
        assert_eq!(
            (sale.epoch.0, sale.terms.units, sale.refused),
            (3, 8, false)
        );
    }
    assert!(world.events().await.is_empty());
}

#[tokio::test]
async fn an_edit_of_another_epoch_starts_again() {
    let world = open(10).await;
    let fenced = world.fence(0, edit(2, 5)).await;
    assert_eq!(fenced.verdict, FenceVerdict::OtherEpoch);
    assert_eq!(fenced.sale.unwrap().version.0, 1);
}

#[tokio::test]
async fn the_end_returns_what_is_not_live_exactly_once() {
    let world = open(10).await;
    world
        .land(&[item(7, 1, "0:3,1:4"), item(8, 2, "0:9")])
        .await;
    let ended = world.fence(1, end(2)).await;
    assert_eq!(ended.verdict, FenceVerdict::Fenced);
    let sale = ended.sale.unwrap();
    assert!(sale.ended);
    assert_eq!((sale.epoch.0, sale.version.0), (2, 2));
    assert_eq!(world.events().await, [returned("sale/1/end", 7)]);
    // Repeats, late or not, and rebuilders that have not heard of it.
    for epoch in [1, 2] {
        assert_eq!(
            world.fence(epoch, end(2)).await.verdict,
            FenceVerdict::Ended
        );
        assert_eq!(
            world.fence(epoch, Intent::Rebuild).await.verdict,
            FenceVerdict::Ended
        );
        assert_eq!(
            world.fence(epoch, edit(3, 20)).await.verdict,
            FenceVerdict::Ended
        );
    }
    assert!(world.events().await.is_empty());
    assert!(world.app.epochs().await.unwrap().is_empty());
}

#[tokio::test]
async fn orders_that_close_after_the_end_return_their_units_one_by_one() {
    let world = open(10).await;
    world
        .land(&[item(7, 1, "0:3,1:4"), item(8, 2, "0:9")])
        .await;
    world.fence(1, end(2)).await;
    world.events().await;
    world.lapse().await;
    let mut events = world.events().await;
    events.sort_by_key(|event| format!("{event:?}"));
    assert_eq!(events, [returned("order/7", 2), returned("order/8", 1)]);
    assert!(world.live().await.is_empty());
}

#[tokio::test]
async fn nothing_lands_after_the_end() {
    let world = open(10).await;
    world.fence(1, end(2)).await;
    assert_eq!(
        world.land_one(item(7, 1, "0:3")).await,
        order::LandOutcome::Interrupted
    );
    let even = in_epoch(item(8, 2, "0:3"), 2);
    assert_eq!(world.land_one(even).await, order::LandOutcome::Interrupted);
}

#[tokio::test]
async fn a_sold_out_sale_ends_without_a_stock_return() {
    let world = open(1).await;
    world.land_one(item(7, 1, "0:1")).await;
    world.fence(1, end(2)).await;
    assert!(world.events().await.is_empty());
}

/// An order that lived through a rebuild must be released in the epoch that knows it.
#[tokio::test]
async fn a_close_after_a_rebuild_releases_in_the_new_epoch() {
    let world = open(10).await;
    world.land_one(item(7, 1, "0:3,1:4")).await;
    world.fence(1, Intent::Rebuild).await;
    world.fence(2, Intent::Rebuild).await;
    world.lapse().await;
    assert_eq!(world.events().await, [released(7, 1, &[0, 1], 3)]);
}

#[tokio::test]
async fn a_snapshot_may_be_larger_than_one_answer() {
    let world = open(12_000).await;
    for thousand in 0..11_i64 {
        let items: Vec<_> = (1..=1_000)
            .map(|n| thousand * 1_000 + n)
            .map(|n| item(n, n, &format!("0:{n}")))
            .collect();
        world.land(&items).await;
    }
    let fenced = world.fence(1, Intent::Rebuild).await;
    assert_eq!(fenced.live.len(), 11_000);
    assert!(
        fenced
            .live
            .windows(2)
            .all(|pair| pair[0].unit_no < pair[1].unit_no)
    );
}

#[tokio::test]
async fn terms_are_refused_before_anything_is_touched() {
    let world = world().await;
    let bad = world
        .app
        .fence(crate::support::activity(1), Epoch(0), edit(1, 0))
        .await;
    assert!(matches!(bad, Err(order::Error::Terms(_))));
}
