use std::collections::HashSet;

use crate::support::world;

#[tokio::test]
async fn blocks_never_overlap() {
    let world = world().await;
    let leases = (0..32).map(|_| world.app.lease_ids());
    let blocks = futures_util::future::join_all(leases).await;
    let firsts: HashSet<_> = blocks
        .into_iter()
        .map(|block| {
            let block = block.unwrap();
            assert_eq!(block.count, 100_000);
            assert_eq!((block.first - 1) % block.count, 0);
            block.first
        })
        .collect();
    assert_eq!(firsts.len(), 32);
    assert_eq!(firsts.iter().min(), Some(&1));
}
