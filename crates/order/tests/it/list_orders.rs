use order::{Face, Intent, Wanted, model::Item};

use crate::support::{World, accepted, buyer, id, in_epoch, item, open};

fn at(item: Item, at_ms: i64) -> Item {
    Item { at_ms, ..item }
}

async fn list(world: &World, wanted: Wanted, page: u32, size: u32) -> (Vec<String>, u64) {
    let page = world
        .app
        .list_orders(&buyer(1), wanted, page, size)
        .await
        .unwrap();
    let name = |face: &Face| match face {
        Face::Landed(order) => order.id.to_string(),
        Face::Retail(order) => format!("+{}", order.id),
        Face::Processing(accepted) => format!("?{}", accepted.order_id),
        Face::Interrupted(accepted) => format!("!{}", accepted.order_id),
    };
    (page.orders.iter().map(name).collect(), page.total)
}

#[tokio::test]
async fn newest_first_and_only_ones_own() {
    let world = open(10).await;
    world
        .land(&[
            at(item(7, 1, "0:3"), 300),
            at(item(8, 1, "1:4"), 100),
            at(item(9, 1, "2:5"), 200),
            at(item(10, 2, "0:6"), 400),
        ])
        .await;
    assert_eq!(
        list(&world, Wanted::All, 1, 2).await,
        (vec!["7".into(), "9".into()], 3)
    );
    assert_eq!(list(&world, Wanted::All, 2, 2).await, (vec!["8".into()], 3));
    assert_eq!(list(&world, Wanted::All, 3, 2).await, (vec![], 3));
    assert_eq!(list(&world, Wanted::State("pending"), 1, 10).await.1, 3);
    assert_eq!(
        list(&world, Wanted::State("paid"), 1, 10).await,
        (vec![], 0)
    );
}

#[tokio::test]
async fn what_has_not_landed_shows_first_and_a_row_wins() {
    let world = open(10).await;
    world.open(2, 10).await;
    let waiting = at(item(9, 1, "2:5"), 900);
    let old = at(item(11, 1, "4:7"), 50);
    let interrupted = in_epoch(at(item(10, 1, "3:6"), 950), 0);
    let landed = at(item(7, 1, "0:3"), 300);
    world
        .land(&[landed.clone(), at(item(8, 1, "1:4"), 100)])
        .await;
    *world.accepted.lock().unwrap() = [&waiting, &landed, &interrupted, &old]
        .map(accepted)
        .to_vec();
    let names = |names: &[&str]| {
        names
            .iter()
            .map(|name| (*name).to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        list(&world, Wanted::All, 1, 10).await,
        (names(&["!10", "?9", "?11", "7", "8"]), 5)
    );
    assert_eq!(
        list(&world, Wanted::All, 1, 2).await,
        (names(&["!10", "?9"]), 5)
    );
    assert_eq!(
        list(&world, Wanted::All, 2, 2).await,
        (names(&["?11", "7"]), 5)
    );
    assert_eq!(list(&world, Wanted::All, 3, 2).await, (names(&["8"]), 5));
    assert_eq!(
        list(&world, Wanted::Processing, 1, 10).await,
        (names(&["?9", "?11"]), 2)
    );
    assert_eq!(
        list(&world, Wanted::State("refused"), 1, 10).await,
        (names(&["!10"]), 1)
    );
    assert_eq!(list(&world, Wanted::State("pending"), 1, 10).await.1, 2);
    world.fence(1, Intent::Rebuild).await;
    assert_eq!(list(&world, Wanted::Processing, 1, 10).await.1, 0);
}

#[tokio::test]
async fn without_seckill_rows_are_listed_and_single_questions_stay_open() {
    let world = open(10).await;
    world.land_one(item(7, 1, "0:3")).await;
    world.ctx.stop().cancel();
    world.ctx.tracker().close();
    world.ctx.tracker().wait().await;
    assert_eq!(
        list(&world, Wanted::All, 1, 10).await,
        (vec!["7".into()], 1)
    );
    assert!(world.app.get_order(&buyer(1), id(7)).await.is_ok());
    let open = world.app.get_order(&buyer(1), id(8)).await;
    assert!(matches!(open, Err(order::Error::Seckill(_))));
}

#[tokio::test]
async fn one_order_is_its_buyers_or_an_admins() {
    let world = open(10).await;
    world.land_one(item(7, 1, "0:3")).await;
    let waiting = item(9, 1, "1:5");
    world.accepted.lock().unwrap().push(accepted(&waiting));
    let get = async |who: &auth::Principal, order| world.app.get_order(who, id(order)).await;
    assert!(matches!(get(&buyer(1), 7).await, Ok(Face::Landed(_))));
    assert!(matches!(
        get(&buyer(2), 7).await,
        Err(order::Error::NoOrder(_))
    ));
    assert!(matches!(
        get(&crate::support::admin(), 7).await,
        Ok(Face::Landed(_))
    ));
    assert!(matches!(get(&buyer(1), 9).await, Ok(Face::Processing(_))));
    assert!(matches!(
        get(&buyer(1), 10).await,
        Err(order::Error::NoOrder(_))
    ));
}
