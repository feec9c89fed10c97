//! Blocks of ids leased in MySQL: no clock, no worker number, so nothing repeats after a clock jump.

use std::{collections::VecDeque, sync::Mutex};

/// A leased run of ids: `first` … `first + count - 1`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Block {
    pub first: i64,
    pub count: i64,
}

/// Hands out the ids of leased blocks. Its owner leases the next block when
/// [`wants_block`](Self::wants_block) says that half of the last one is used.
#[derive(Debug, Default)]
pub struct BlockSource {
    blocks: Mutex<VecDeque<Block>>,
}

impl BlockSource {
    /// The next id; `None` until a block is added.
    pub fn take(&self) -> Option<i64> {
        self.take_many(1).map(|ids| ids.first)
    }

    /// The next `count` ids in a row, from one block; `None` when no block holds that many.
    pub fn take_many(&self, count: i64) -> Option<Block> {
        let mut blocks = self.lock();
        while let Some(block) = blocks.front_mut() {
            if block.count >= count {
                let taken = Block {
                    first: block.first,
                    count,
                };
                block.first += count;
                block.count -= count;
                return Some(taken);
            }
            // A remainder too short for the request is left unused: ids are plentiful.
            blocks.pop_front();
        }
        None
    }

    pub fn add(&self, block: Block) {
        self.lock().push_back(block);
    }

    /// Whether fewer than half of `block_size` ids are left.
    pub fn wants_block(&self, block_size: i64) -> bool {
        self.lock().iter().map(|block| block.count).sum::<i64>() * 2 < block_size
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, VecDeque<Block>> {
        self.blocks
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_come_once_each_and_then_stop() {
        let source = BlockSource::default();
        assert_eq!(source.take(), None);
        source.add(Block {
            first: 10,
            count: 2,
        });
        source.add(Block {
            first: 100,
            count: 1,
        });
        let ids: Vec<_> = std::iter::from_fn(|| source.take()).collect();
        assert_eq!(ids, [10, 11, 100]);
    }

    #[test]
    fn the_next_block_is_wanted_when_half_is_used() {
        let source = BlockSource::default();
        assert!(source.wants_block(10));
        source.add(Block {
            first: 1,
            count: 10,
        });
        source.take_many(5);
        assert!(!source.wants_block(10));
        source.take();
        assert!(source.wants_block(10));
    }
}
