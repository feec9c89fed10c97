//! Coupons without an order: templates and claims. What they take off is in e2e's `shop`.

use std::collections::BTreeSet;

use fault::{Fault, Reason};
use order::{
    CouponState, TemplateEdit,
    model::{Rule, Scope, Template, TemplateTerms},
};

use crate::support::{World, admin, buyer, user, world};

const DAY_MS: i64 = 24 * 3_600 * 1_000;

fn terms(world: &World, total: i64, per_user_limit: i32) -> TemplateTerms {
    TemplateTerms {
        name: "满百减十".into(),
        rule: Rule::FullReduction {
            amount_fen: 1_000,
            threshold_fen: 10_000,
        },
        scope: Scope::Categories(vec!["家居".into(), "图书".into()]),
        total,
        per_user_limit,
        valid_days: 0,
        start_ms: world.now_ms(),
        end_ms: world.now_ms() + DAY_MS,
    }
}

async fn make(world: &World, total: i64, per_user_limit: i32) -> Template {
    let terms = terms(world, total, per_user_limit);
    let made = world.app.create_coupon(&admin(), &terms, false).await;
    made.unwrap()
}

async fn claim(world: &World, by: i64, coupon: i64, key: &str) -> Result<i64, Reason> {
    let owned = world.app.claim_coupon(&buyer(by), coupon, key).await;
    owned
        .map(|owned| owned.claimed.id)
        .map_err(|error| error.reason())
}

#[tokio::test]
async fn a_template_reads_back_as_it_was_made() {
    let world = world().await;
    let made = make(&world, 5, 1).await;
    assert_eq!(made.terms, terms(&world, 5, 1));
    assert_eq!((made.claimed, made.active), (0, true));
    let (listed, total) = world.app.list_coupons(false, 1, 20).await.unwrap();
    assert_eq!((listed, total), (vec![made], 1));
}

/// A thousand users, five at once for each of them, and a hundred coupons: a hundred are claimed, with the numbers
/// 1 to 100, one for each of a hundred users.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_claims_on_a_hundred_coupons() {
    let world = world().await;
    let coupon = make(&world, 100, 1).await.id;
    let claims: Vec<_> = (0..1_000)
        .map(|n| {
            let app = world.app.clone();
            let by = buyer(1 + n % 200);
            tokio::spawn(async move { app.claim_coupon(&by, coupon, "").await })
        })
        .collect();
    let mut claimed = 0;
    for claim in claims {
        match claim.await.unwrap() {
            Ok(_) => claimed += 1,
            Err(error) => assert!(
                matches!(error.reason(), Reason::CouponsGone | Reason::CouponLimit),
                "{error}"
            ),
        }
    }
    assert_eq!(claimed, 100);
    let rows: Vec<(i64, i64)> = sqlx::query_as("SELECT number, user_id FROM user_coupons")
        .fetch_all(&world.pool)
        .await
        .unwrap();
    let numbers: BTreeSet<_> = rows.iter().map(|(number, _)| *number).collect();
    let users: BTreeSet<_> = rows.iter().map(|(_, user)| *user).collect();
    assert!(numbers.iter().copied().eq(1..=100));
    assert_eq!(users.len(), 100);
    let (found, _) = world.app.list_coupons(true, 1, 20).await.unwrap();
    assert_eq!(found[0].claimed, 100);
}

#[tokio::test]
async fn a_user_has_as_many_as_a_user_may() {
    let world = world().await;
    let coupon = make(&world, -1, 2).await.id;
    let first = claim(&world, 1, coupon, "a").await.unwrap();
    assert_eq!(claim(&world, 1, coupon, "a").await, Ok(first));
    assert_ne!(claim(&world, 1, coupon, "b").await, Ok(first));
    assert_eq!(
        claim(&world, 1, coupon, "c").await,
        Err(Reason::CouponLimit)
    );
    assert_eq!(claim(&world, 1, coupon, "a").await, Ok(first));
    assert!(claim(&world, 2, coupon, "a").await.is_ok());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_key_at_once_claims_once() {
    let world = world().await;
    let coupon = make(&world, 10, 5).await.id;
    let claims: Vec<_> = (0..16)
        .map(|_| {
            let app = world.app.clone();
            tokio::spawn(async move { app.claim_coupon(&buyer(1), coupon, "k").await })
        })
        .collect();
    let mut ids = BTreeSet::new();
    for claim in claims {
        ids.insert(claim.await.unwrap().unwrap().claimed.id);
    }
    assert_eq!(ids.len(), 1);
}

#[tokio::test]
async fn a_code_is_the_only_way_to_its_coupon() {
    let world = world().await;
    let terms = terms(&world, 1, 1);
    let made = world.app.create_coupon(&admin(), &terms, true).await;
    let made = made.unwrap();
    let code = made.code.clone().unwrap();
    assert_eq!(code.len(), 16);
    assert_eq!(
        claim(&world, 1, made.id, "").await,
        Err(Reason::CouponNotFound)
    );
    let (public, _) = world.app.list_coupons(false, 1, 20).await.unwrap();
    assert!(public.is_empty());
    for wrong in ["", "0123456789abcdef", &code[..15], "' OR 1 = 1 -- ab"] {
        let refused = world.app.redeem_coupon(&buyer(1), wrong, "").await;
        assert_eq!(refused.unwrap_err().reason(), Reason::CouponNotFound);
    }
    let owned = world.app.redeem_coupon(&buyer(1), &code, "").await;
    assert_eq!(owned.unwrap().claimed.number, 1);
    let late = world.app.redeem_coupon(&buyer(2), &code, "").await;
    assert_eq!(late.unwrap_err().reason(), Reason::CouponsGone);
}

#[tokio::test]
async fn claims_keep_to_the_window_and_to_the_switch() {
    let world = world().await;
    let coupon = make(&world, 10, 5).await.id;
    let off = TemplateEdit {
        active: Some(false),
        ..TemplateEdit::default()
    };
    world
        .app
        .update_coupon(&admin(), coupon, &off)
        .await
        .unwrap();
    assert_eq!(
        claim(&world, 1, coupon, "").await,
        Err(Reason::CouponNotValid)
    );
    let on = TemplateEdit {
        active: Some(true),
        ..TemplateEdit::default()
    };
    world
        .app
        .update_coupon(&admin(), coupon, &on)
        .await
        .unwrap();
    claim(&world, 1, coupon, "").await.unwrap();
    let below = TemplateEdit {
        total: Some(0),
        ..TemplateEdit::default()
    };
    let refused = world.app.update_coupon(&admin(), coupon, &below).await;
    assert_eq!(refused.unwrap_err().reason(), Reason::OrderParameter);
    world.clock.advance_ms(DAY_MS);
    assert_eq!(
        claim(&world, 1, coupon, "").await,
        Err(Reason::CouponNotValid)
    );
    let (over, total) = world
        .app
        .list_user_coupons(&buyer(1), CouponState::Expired, 1, 20)
        .await
        .unwrap();
    assert_eq!((over.len(), total), (1, 1));
}

#[tokio::test]
async fn issuing_leaves_out_who_has_enough() {
    let world = world().await;
    let coupon = make(&world, 3, 1).await.id;
    claim(&world, 2, coupon, "").await.unwrap();
    let users = [user(1), user(2), user(3)];
    let done = world.app.issue_coupon(&admin(), coupon, &users).await;
    assert_eq!(done.unwrap(), (2, 1));
    let more = world.app.issue_coupon(&admin(), coupon, &[user(9)]).await;
    assert_eq!(more.unwrap_err().reason(), Reason::CouponsGone);
    let (theirs, _) = world
        .app
        .list_user_coupons(&buyer(3), CouponState::Unused, 1, 20)
        .await
        .unwrap();
    assert_eq!(theirs[0].template.id, coupon);
}
