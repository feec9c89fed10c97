use uuid::Uuid;

use crate::support::World;

#[tokio::test]
async fn a_receipt_commits_or_rolls_back_with_its_effect() {
    let world = World::new().await;
    let id = Uuid::from_u128(7);
    let mut tx = world.pool.begin().await.unwrap();
    assert!(
        outbox::first_time(&mut tx, "land", id, 1_000)
            .await
            .unwrap()
    );
    tx.rollback().await.unwrap();

    let mut tx = world.pool.begin().await.unwrap();
    assert!(
        outbox::first_time(&mut tx, "land", id, 2_000)
            .await
            .unwrap()
    );
    assert!(
        outbox::first_time(&mut tx, "notify", id, 2_000)
            .await
            .unwrap(),
        "another consumer"
    );
    tx.commit().await.unwrap();

    let mut tx = world.pool.begin().await.unwrap();
    assert!(
        !outbox::first_time(&mut tx, "land", id, 3_000)
            .await
            .unwrap()
    );
    tx.commit().await.unwrap();

    assert_eq!(
        outbox::prune_inbox(&world.pool, 2_000, 10).await.unwrap(),
        0
    );
    assert_eq!(outbox::prune_inbox(&world.pool, 2_001, 1).await.unwrap(), 1);
    assert_eq!(
        outbox::prune_inbox(&world.pool, 2_001, 10).await.unwrap(),
        1
    );
    world.end().await;
}

#[tokio::test]
async fn of_two_at_once_one_is_first() {
    let world = World::new().await;
    let id = Uuid::from_u128(8);
    let mut firsts = 0;
    let tries: Vec<_> = (0..8)
        .map(|_| {
            let pool = world.pool.clone();
            tokio::spawn(async move {
                let mut tx = pool.begin().await.unwrap();
                let is_first = outbox::first_time(&mut tx, "land", id, 1_000)
                    .await
                    .unwrap();
                tx.commit().await.unwrap();
                is_first
            })
        })
        .collect();
    for is_first in tries {
        firsts += u32::from(is_first.await.unwrap());
    }
    assert_eq!(firsts, 1);
    world.end().await;
}
