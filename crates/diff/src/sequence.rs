//! Rows without a key, matched by their order: equal rows that are unique on both sides are fixed
//! points, between them the longest common sequence, between those whatever is alike.

use std::collections::HashMap;

use super::{Failure, pairing::NONE, value::Digest};

/// Work on one gap, in cells of the table that finds a longest common sequence.
const GAP_CELLS_MAX: usize = 4_000_000;
/// Pairs of unlike rows that are compared cell by cell, per gap.
const ALIKE_PAIRS_MAX: usize = 10_000;
const ALIKE: f64 = 0.5;

/// How much two rows have in common, 0 to 1.
pub(crate) type Alike<'a> = &'a mut dyn FnMut(u32, u32) -> Result<f64, Failure>;

/// The left row of every right row, ascending where it is not [`NONE`]; and whether some gap was
/// too large and was matched by place.
pub(crate) fn align(
    left: &[Digest],
    right: &[Digest],
    alike: Alike<'_>,
) -> Result<(Vec<u32>, bool), Failure> {
    let mut aligned = Aligned {
        left,
        right,
        left_of: vec![NONE; right.len()],
        bounded: false,
    };
    aligned.between((0, 0), (left.len(), right.len()), true, alike)?;
    Ok((aligned.left_of, aligned.bounded))
}

struct Aligned<'a> {
    left: &'a [Digest],
    right: &'a [Digest],
    left_of: Vec<u32>,
    bounded: bool,
}

type Point = (usize, usize);

impl Aligned<'_> {
    fn between(
        &mut self,
        mut from: Point,
        mut to: Point,
        anchors: bool,
        alike: Alike<'_>,
    ) -> Result<(), Failure> {
        while from.0 < to.0 && from.1 < to.1 && self.left[from.0] == self.right[from.1] {
            self.left_of[from.1] = from.0 as u32;
            from = (from.0 + 1, from.1 + 1);
        }
        while from.0 < to.0 && from.1 < to.1 && self.left[to.0 - 1] == self.right[to.1 - 1] {
            to = (to.0 - 1, to.1 - 1);
            self.left_of[to.1] = to.0 as u32;
        }
        if from.0 == to.0 || from.1 == to.1 {
            return Ok(());
        }
        if anchors {
            let fixed = self.anchors(from, to);
            if !fixed.is_empty() {
                let mut start = from;
                for &(i, j) in fixed.iter().chain(&[to]) {
                    self.between(start, (i, j), false, alike)?;
                    if (i, j) != to {
                        self.left_of[j] = i as u32;
                    }
                    start = (i + 1, j + 1);
                }
                return Ok(());
            }
        }
        self.gap(from, to, alike)
    }

    /// Rows that occur once on each side, in ascending order on both.
    fn anchors(&self, from: Point, to: Point) -> Vec<Point> {
        let mut seen: HashMap<Digest, (u32, usize, u32, usize)> = HashMap::new();
        for i in from.0..to.0 {
            let entry = seen.entry(self.left[i]).or_default();
            (entry.0, entry.1) = (entry.0 + 1, i);
        }
        for j in from.1..to.1 {
            if let Some(entry) = seen.get_mut(&self.right[j]) {
                (entry.2, entry.3) = (entry.2 + 1, j);
            }
        }
        let once = seen
            .into_values()
            .filter(|entry| entry.0 == 1 && entry.2 == 1);
        let mut points: Vec<Point> = once.map(|entry| (entry.1, entry.3)).collect();
        points.sort_unstable();
        longest_ascending(&points)
    }

    fn gap(&mut self, from: Point, to: Point, alike: Alike<'_>) -> Result<(), Failure> {
        let (height, width) = (to.0 - from.0, to.1 - from.1);
        if (height + 1).saturating_mul(width + 1) > GAP_CELLS_MAX {
            self.bounded = true;
            for (i, j) in (from.0..to.0).zip(from.1..to.1) {
                self.left_of[j] = i as u32;
            }
            return Ok(());
        }
        let common = self.common(from, to);
        let mut start = from;
        for &(i, j) in common.iter().chain(&[to]) {
            self.unlike(start, (i, j), alike)?;
            if (i, j) != to {
                self.left_of[j] = i as u32;
            }
            start = (i + 1, j + 1);
        }
        Ok(())
    }

    /// A longest common sequence of equal rows.
    fn common(&self, from: Point, to: Point) -> Vec<Point> {
        let (height, width) = (to.0 - from.0, to.1 - from.1);
        let mut lengths = vec![0_u16; (height + 1) * (width + 1)];
        let at = |i: usize, j: usize| i * (width + 1) + j;
        for i in (0..height).rev() {
            for j in (0..width).rev() {
                lengths[at(i, j)] = if self.left[from.0 + i] == self.right[from.1 + j] {
                    lengths[at(i + 1, j + 1)].saturating_add(1)
                } else {
                    lengths[at(i + 1, j)].max(lengths[at(i, j + 1)])
                };
            }
        }
        let (mut i, mut j) = (0, 0);
        let mut points = Vec::new();
        while i < height && j < width {
            if self.left[from.0 + i] == self.right[from.1 + j] {
                points.push((from.0 + i, from.1 + j));
                (i, j) = (i + 1, j + 1);
            } else if lengths[at(i + 1, j)] >= lengths[at(i, j + 1)] {
                i += 1;
            } else {
                j += 1;
            }
        }
        points
    }

    /// Rows between two fixed points that have no equal: those that are alike are one row, changed.
    fn unlike(&mut self, from: Point, to: Point, alike: Alike<'_>) -> Result<(), Failure> {
        if (to.0 - from.0).saturating_mul(to.1 - from.1) > ALIKE_PAIRS_MAX {
            return Ok(());
        }
        let mut next = from.0;
        for j in from.1..to.1 {
            let mut best = (ALIKE, None);
            for i in next..to.0 {
                let share = alike(i as u32, j as u32)?;
                if share >= best.0 && (best.1.is_none() || share > best.0) {
                    best = (share, Some(i));
                }
            }
            if let Some(i) = best.1 {
                self.left_of[j] = i as u32;
                next = i + 1;
            }
        }
        Ok(())
    }
}

/// The longest run of points that ascends in both coordinates; they ascend in the first already.
fn longest_ascending(points: &[Point]) -> Vec<Point> {
    let mut ends: Vec<usize> = Vec::new();
    let mut before: Vec<Option<usize>> = vec![None; points.len()];
    for (at, point) in points.iter().enumerate() {
        let place = ends.partition_point(|&end| points[end].1 < point.1);
        before[at] = place.checked_sub(1).map(|previous| ends[previous]);
        if place == ends.len() {
            ends.push(at);
        } else {
            ends[place] = at;
        }
    }
    let mut run = Vec::new();
    let mut at = ends.last().copied();
    while let Some(index) = at {
        run.push(points[index]);
        at = before[index];
    }
    run.reverse();
    run
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn aligned(left: &[Digest], right: &[Digest]) -> Vec<u32> {
        let mut alike = |i: u32, j: u32| {
            Ok(f64::from(u8::from(
                left[i as usize] / 10 == right[j as usize] / 10,
            )))
        };
        align(left, right, &mut alike).unwrap().0
    }

    #[test]
    fn an_inserted_row_moves_nothing() {
        assert_eq!(aligned(&[10, 20, 30], &[10, 15, 20, 30]), [0, NONE, 1, 2]);
        assert_eq!(aligned(&[10, 20, 30], &[10, 30]), [0, 2]);
        assert_eq!(aligned(&[10, 20, 30], &[10, 25, 30]), [0, 1, 2]);
    }

    proptest! {
        #[test]
        fn pairs_ascend_and_nothing_is_used_twice(
            left in prop::collection::vec(0..40_u128, 0..40),
            right in prop::collection::vec(0..40_u128, 0..40),
        ) {
            let mut pairs = aligned(&left, &right);
            pairs.retain(|row| *row != NONE);
            prop_assert!(pairs.windows(2).all(|pair| pair[0] < pair[1]));
            let itself: Vec<u32> = (0..left.len() as u32).collect();
            prop_assert_eq!(aligned(&left, &left), itself);
        }
    }
}
