use std::collections::{HashMap, VecDeque};

/// A map that forgets its oldest entry when it is full: a demo may run for weeks.
#[derive(Debug)]
pub(super) struct Bounded<V> {
    max: usize,
    entries: HashMap<String, V>,
    /// Every key once, the oldest first.
    ages: VecDeque<String>,
}

impl<V> Bounded<V> {
    pub(super) fn new(max: usize) -> Self {
        Self {
            max,
            entries: HashMap::new(),
            ages: VecDeque::new(),
        }
    }

    pub(super) fn get(&self, key: &str) -> Option<&V> {
        self.entries.get(key)
    }

    pub(super) fn get_mut(&mut self, key: &str) -> Option<&mut V> {
        self.entries.get_mut(key)
    }

    pub(super) fn insert(&mut self, key: &str, value: V) {
        if self.entries.insert(key.to_owned(), value).is_some() {
            return;
        }
        self.ages.push_back(key.to_owned());
        if self.ages.len() > self.max
            && let Some(oldest) = self.ages.pop_front()
        {
            self.entries.remove(&oldest);
        }
    }

    pub(super) fn newest(&self) -> impl Iterator<Item = &V> {
        self.ages.iter().rev().filter_map(|key| self.get(key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_goes_first_and_a_new_value_makes_nothing_younger() {
        let mut map = Bounded::new(2);
        map.insert("a", 1);
        map.insert("b", 2);
        map.insert("a", 3);
        assert_eq!(map.newest().copied().collect::<Vec<_>>(), [2, 3]);
        map.insert("c", 4);
        assert_eq!(
            (map.get("a"), map.get("b"), map.get("c")),
            (None, Some(&2), Some(&4))
        );
    }
}
