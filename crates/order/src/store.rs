//! Every statement of order's schema. READ COMMITTED throughout.

pub(crate) mod carts;
pub(crate) mod coupons;
pub(crate) mod due;
pub(crate) mod ids;
pub(crate) mod listing;
pub(crate) mod order_row;
pub(crate) mod orders;
pub(crate) mod payments;
pub(crate) mod releases;
pub(crate) mod retail_orders;
pub(crate) mod sales;
pub(crate) mod shipments;
pub(crate) mod units;
pub(crate) mod user_coupons;

use sqlx::{MySql, QueryBuilder};

/// A row that our own code cannot have written.
#[derive(Debug, thiserror::Error)]
#[error("{table} {id}: {what} cannot be read")]
pub struct Corrupt {
    pub table: &'static str,
    pub id: i64,
    pub what: &'static str,
}

/// The most rows in one statement. Statement texts come in the powers of two up to this only, because each text
/// is prepared and cached.
const ROWS_MAX: usize = 256;

/// Cuts `rows` into pieces whose lengths are powers of two.
fn pieces<T>(mut rows: &[T]) -> impl Iterator<Item = &[T]> {
    std::iter::from_fn(move || {
        let len = match rows.len() {
            0 => return None,
            len if len >= ROWS_MAX => ROWS_MAX,
            len => 1 << len.ilog2(),
        };
        let (piece, rest) = rows.split_at(len);
        rows = rest;
        Some(piece)
    })
}

/// Appends `(?, ?, …)` with `ids`, the last one repeated up to a power of two. At most [`ROWS_MAX`] ids.
fn push_in(query: &mut QueryBuilder<MySql>, ids: &[i64]) {
    let len = ids.len().next_power_of_two();
    query.push("(");
    let mut list = query.separated(", ");
    for i in 0..len {
        list.push_bind(ids[i.min(ids.len() - 1)]);
    }
    query.push(")");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_cover_all_rows_in_a_few_lengths() {
        let rows: Vec<_> = (0..1_000).collect();
        let lengths: Vec<_> = pieces(&rows).map(<[_]>::len).collect();
        assert_eq!(lengths, [256, 256, 256, 128, 64, 32, 8]);
        assert_eq!(pieces(&rows).flatten().copied().collect::<Vec<i32>>(), rows);
        assert_eq!(pieces::<i32>(&[]).count(), 0);
    }

    #[test]
    fn a_list_is_padded_with_its_last_id() {
        let mut query = QueryBuilder::new("IN ");
        push_in(&mut query, &[7, 8, 9]);
        assert_eq!(query.sql().as_str(), "IN (?, ?, ?, ?)");
    }
}
