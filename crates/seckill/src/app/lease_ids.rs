use std::time::Duration;

use ids::Block;
use proto::order::LeaseIdsRequest;

use super::App;
use crate::Error;

/// What order leases at once.
const BLOCK_SIZE: i64 = 100_000;
/// Before an order service that does not answer is asked again.
const PAUSE: Duration = Duration::from_secs(1);

impl App {
    /// Leases the next block of order ids when half of the last is used.
    pub async fn lease_ids(&self) -> Result<(), Error> {
        if !self.order_ids.wants_block(BLOCK_SIZE) {
            return Ok(());
        }
        match self.order.clone().lease_ids(LeaseIdsRequest {}).await {
            Ok(block) => {
                let block = block.into_inner();
                self.order_ids.add(Block {
                    first: block.first,
                    count: block.count,
                });
                Ok(())
            }
            Err(status) => {
                tokio::select! {
                    () = tokio::time::sleep(PAUSE) => {}
                    () = self.stop.cancelled() => {}
                }
                Err(status.into())
            }
        }
    }
}
