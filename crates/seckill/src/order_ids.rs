//! Order ids for candidates: leased from order in blocks; what a loser did not use is used again.

use std::sync::{Mutex, PoisonError};

use ids::{Block, BlockSource};

#[derive(Debug, Default)]
pub(crate) struct OrderIds {
    source: BlockSource,
    /// Handed to a script that used none of them.
    spare: Mutex<Vec<i64>>,
}

impl OrderIds {
    /// `None` until a block is leased.
    pub(crate) fn take(&self, count: usize) -> Option<Vec<i64>> {
        let mut spare = self.spare.lock().unwrap_or_else(PoisonError::into_inner);
        let from = spare.len() - spare.len().min(count);
        let mut ids = spare.split_off(from);
        drop(spare);
        let missing = count - ids.len();
        if missing > 0 {
            match self.source.take_many(missing as i64) {
                Some(block) => ids.extend(block.first..block.first + block.count),
                None => {
                    self.give_back(ids);
                    return None;
                }
            }
        }
        Some(ids)
    }

    /// Only ids that certainly name no order.
    pub(crate) fn give_back(&self, ids: impl IntoIterator<Item = i64>) {
        self.spare
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend(ids);
    }

    pub(crate) fn add(&self, block: Block) {
        self.source.add(block);
    }

    pub(crate) fn wants_block(&self, block_size: i64) -> bool {
        self.source.wants_block(block_size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unused_ids_are_used_again_and_none_twice() {
        let ids = OrderIds::default();
        assert_eq!(ids.take(1), None);
        ids.add(Block {
            first: 10,
            count: 3,
        });
        let first = ids.take(2).unwrap();
        assert_eq!(first, [10, 11]);
        ids.give_back([11]);
        let mut rest = ids.take(2).unwrap();
        rest.sort_unstable();
        assert_eq!(rest, [11, 12]);
        assert_eq!(ids.take(1), None);
    }
}
