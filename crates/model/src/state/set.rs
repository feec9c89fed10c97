//! Small sets and tables, by small numbers.

use std::ops::{Index, IndexMut};

/// Up to eight small numbers.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub(crate) struct Set(u8);

impl Set {
    pub(crate) fn has(self, item: u8) -> bool {
        self.0 & (1 << item) != 0
    }

    pub(crate) fn insert(&mut self, item: u8) {
        self.0 |= 1 << item;
    }

    pub(crate) fn remove(&mut self, item: u8) {
        self.0 &= !(1 << item);
    }

    pub(crate) fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub(crate) fn len(self) -> u8 {
        self.0.count_ones() as u8
    }

    pub(crate) fn first(self) -> Option<u8> {
        (!self.is_empty()).then_some(self.0.trailing_zeros() as u8)
    }

    pub(crate) fn highest(self) -> Option<u8> {
        self.iter().last()
    }

    pub(crate) fn iter(self) -> impl Iterator<Item = u8> {
        (0..8).filter(move |item| self.has(*item))
    }

    pub(crate) fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    pub(crate) fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// 0 … `count` − 1.
    pub(crate) fn up_to(count: u8) -> Self {
        (0..count).collect()
    }
}

impl FromIterator<u8> for Set {
    fn from_iter<I: IntoIterator<Item = u8>>(items: I) -> Self {
        let mut set = Self::default();
        items.into_iter().for_each(|item| set.insert(item));
        set
    }
}

/// One entry for each of `N` small numbers.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub(crate) struct Table<T, const N: usize>([T; N]);

impl<T, const N: usize> Table<T, N> {
    pub(crate) fn iter(&self) -> std::slice::Iter<'_, T> {
        self.0.iter()
    }
}

impl<T: Ord, const N: usize> Table<T, N> {
    pub(crate) fn sort(&mut self) {
        self.0.sort_unstable();
    }
}

impl<T: Copy + Default, const N: usize> Default for Table<T, N> {
    fn default() -> Self {
        Self([T::default(); N])
    }
}

impl<T, const N: usize> Index<u8> for Table<T, N> {
    type Output = T;

    fn index(&self, index: u8) -> &T {
        &self.0[usize::from(index)]
    }
}

impl<T, const N: usize> IndexMut<u8> for Table<T, N> {
    fn index_mut(&mut self, index: u8) -> &mut T {
        &mut self.0[usize::from(index)]
    }
}

impl<T, const N: usize> IntoIterator for Table<T, N> {
    type Item = T;
    type IntoIter = std::array::IntoIter<T, N>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}
