//! Which sheets are compared with each other.

use super::header::{Head, choose_headers, overlap};
use crate::{Failure, FailureCode, Options, SheetMatch, side::Side, value::normal_name};

/// Indexes into the tables of both sides.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct SheetPairs {
    pub(crate) pairs: Vec<(usize, usize)>,
    pub(crate) only_left: Vec<usize>,
    pub(crate) only_right: Vec<usize>,
}

/// A single pair left over is one when its headers have so much in common.
const SIMILAR: f64 = 0.6;

pub(crate) fn pair_sheets(
    left: &Side,
    right: &Side,
    options: &Options,
    pairs_max: u32,
    heads: impl Fn(usize, usize) -> Result<(Head, Head), Failure>,
) -> Result<SheetPairs, Failure> {
    let pairs = match options.sheets.by {
        SheetMatch::Pairs => given(left, right, options),
        SheetMatch::Index => (0..left.tables.len().min(right.tables.len()))
            .map(|i| (i, i))
            .collect(),
        SheetMatch::Auto if left.tables.len() == 1 && right.tables.len() == 1 => vec![(0, 0)],
        SheetMatch::Auto | SheetMatch::Name => by_name(left, right),
    };
    let rest =
        |count: usize, used: &dyn Fn(usize) -> bool| (0..count).filter(|i| !used(*i)).collect();
    let mut found = SheetPairs {
        only_left: rest(left.tables.len(), &|i| pairs.iter().any(|pair| pair.0 == i)),
        only_right: rest(right.tables.len(), &|i| {
            pairs.iter().any(|pair| pair.1 == i)
        }),
        pairs,
    };
    if let (SheetMatch::Auto, [i], [j]) = (
        options.sheets.by,
        &found.only_left[..],
        &found.only_right[..],
    ) {
        let (i, j) = (*i, *j);
        let (one, other) = heads(i, j)?;
        let similar = choose_headers(&one, &other)
            .is_some_and(|(a, b)| overlap(&one.rows[a], &other.rows[b]) >= SIMILAR);
        if similar {
            found.pairs.push((i, j));
            found.only_left.clear();
            found.only_right.clear();
        }
    }
    if found.pairs.is_empty() {
        let message = "两个文件没有可以配对的工作表,请用 sheets.pairs 指定";
        return Err(Failure::new(FailureCode::SheetNotFound, message));
    }
    if found.pairs.len() > pairs_max as usize {
        let message = format!("工作表超过{pairs_max}对,请用 sheets.pairs 指定");
        return Err(Failure::new(FailureCode::TooManySheets, message));
    }
    found.pairs.sort_by_key(|pair| pair.1);
    Ok(found)
}

fn given(left: &Side, right: &Side, options: &Options) -> Vec<(usize, usize)> {
    let find = |side: &Side, name: &str| side.tables.iter().position(|table| table.name == name);
    let pairs = options.sheets.pairs.iter().flatten();
    // A named sheet that is empty has no table and is reported as unpaired.
    let pairs =
        pairs.filter_map(|pair| Some((find(left, &pair.sheet1)?, find(right, &pair.sheet2)?)));
    pairs.collect()
}

fn by_name(left: &Side, right: &Side) -> Vec<(usize, usize)> {
    let names: Vec<String> = right
        .tables
        .iter()
        .map(|table| normal_name(&table.name))
        .collect();
    let mut taken = vec![false; names.len()];
    let mut pairs = Vec::new();
    for (i, table) in left.tables.iter().enumerate() {
        let name = normal_name(&table.name);
        let found = (0..names.len()).find(|&j| !taken[j] && names[j] == name);
        if let Some(j) = found {
            taken[j] = true;
            pairs.push((i, j));
        }
    }
    pairs
}
