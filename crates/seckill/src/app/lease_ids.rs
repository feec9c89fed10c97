use ids::Block;
use proto::order::LeaseIdsRequest;

use super::App;
use crate::Error;

/// What order leases at once.
const BLOCK_SIZE: i64 = 100_000;

impl App {
    /// Leases the next block of order ids when half of the last is used.
    pub(crate) async fn lease_ids(&self) -> Result<(), Error> {
        if !self.order_ids.wants_block(BLOCK_SIZE) {
            return Ok(());
        }
        let block = self
            .order
            .clone()
            .lease_ids(LeaseIdsRequest {})
            .await?
            .into_inner();
        self.order_ids.add(Block {
            first: block.first,
            count: block.count,
        });
        Ok(())
    }
}
