use db::Tx;
use ids::Block;

use super::App;
use crate::{Error, store};

impl App {
    /// A block of order ids that is leased once.
    pub async fn lease_ids(&self) -> Result<Block, Error> {
        db::transact!(&self.pool, "order.lease_ids", async |tx: &mut Tx<'_>| {
            store::ids::lease(tx).await
        })
        .await
    }
}
