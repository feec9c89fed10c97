//! A list that grows without moving: a vector that doubles holds three times its content for a
//! moment, and on average half as much again for good.

const CHUNK: usize = 4096;

pub(super) struct Chunks<T> {
    chunks: Vec<Vec<T>>,
}

impl<T: Copy> Chunks<T> {
    pub(super) fn new() -> Self {
        Self { chunks: Vec::new() }
    }

    pub(super) fn push(&mut self, item: T) {
        match self.chunks.last_mut() {
            Some(last) if last.len() < CHUNK => last.push(item),
            _ => {
                let mut chunk = Vec::with_capacity(CHUNK);
                chunk.push(item);
                self.chunks.push(chunk);
            }
        }
    }

    /// The item with this number, which must be there.
    pub(super) fn at(&self, index: u32) -> T {
        let index = index as usize;
        self.chunks[index / CHUNK][index % CHUNK]
    }

    pub(super) fn len(&self) -> usize {
        let last = self.chunks.last().map_or(CHUNK, Vec::len);
        self.chunks.len() * CHUNK + last - CHUNK
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_pushed_is_there() {
        let mut chunks = Chunks::new();
        for item in 0..10_000_u32 {
            assert_eq!(chunks.len(), item as usize);
            chunks.push(item);
        }
        assert!((0..10_000).all(|item| chunks.at(item) == item));
    }
}
