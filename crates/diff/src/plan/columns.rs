//! Which columns are compared with each other.

use std::collections::{BTreeMap, HashMap};

use super::header::HeadRow;
use sheet::{FORMULAS, column_name};

use crate::{
    ColumnMatch, Failure, FailureCode, Options, Tolerance,
    table::{ColumnFacts, Table},
    value::normal_name,
    words::{Words, say},
};

/// One side's columns, named.
pub(crate) struct Layout {
    pub(crate) columns: Vec<NamedColumn>,
    /// The formulas of those that have any, where they are compared beside the values.
    pub(crate) formulas: Vec<NamedColumn>,
}

pub(crate) struct NamedColumn {
    pub(crate) column: u32,
    /// As shown: unique on its side.
    pub(crate) name: String,
    normal: String,
}

/// A column that both sides have.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Slot {
    pub(crate) name: String,
    pub(crate) left: u32,
    pub(crate) right: u32,
    /// Mostly dates, so that texts that are dates count as dates.
    pub(crate) dates: bool,
    pub(crate) tolerance: Tolerance,
    /// Part of the comparison, not only there to be a key.
    pub(crate) compared: bool,
}

impl Slot {
    /// Of formulas, not of their values.
    pub(crate) fn is_formula(&self) -> bool {
        self.left >= FORMULAS
    }
}

impl Layout {
    /// Blank names become the column's letter, repeats `名称#2`.
    pub(crate) fn new(table: &Table, header: Option<&HeadRow>, words: &Words) -> Self {
        let mut names: BTreeMap<u32, String> = BTreeMap::new();
        for (column, facts) in table.columns.iter().enumerate() {
            if facts.filled > 0 {
                names.insert(column as u32 % FORMULAS, String::new());
            }
        }
        for cell in header.iter().flat_map(|row| &row.cells) {
            let text = cell.text.split_whitespace().collect::<Vec<_>>().join(" ");
            names.insert(cell.column, text);
        }
        let mut seen: HashMap<String, u32> = HashMap::new();
        let columns = names.into_iter().map(|(column, name)| {
            let name = if name.is_empty() {
                column_name(column)
            } else {
                name
            };
            let count = seen.entry(normal_name(&name)).or_default();
            *count += 1;
            let name = if *count > 1 {
                format!("{name}#{count}")
            } else {
                name
            };
            NamedColumn {
                column,
                normal: normal_name(&name),
                name,
            }
        });
        let columns: Vec<NamedColumn> = columns.collect();
        let formula = |column: &NamedColumn| {
            let place = column.column + FORMULAS;
            (facts(table, place).filled > 0).then(|| NamedColumn {
                column: place,
                normal: String::new(),
                name: say(words.formula_of, &[&column.name]),
            })
        };
        Self {
            formulas: columns.iter().filter_map(formula).collect(),
            columns,
        }
    }

    fn find(&self, name: &str) -> Option<&NamedColumn> {
        let exact = self.columns.iter().find(|column| column.name == name);
        let normal = normal_name(name);
        exact.or_else(|| self.columns.iter().find(|column| column.normal == normal))
    }
}

fn facts(table: &Table, column: u32) -> ColumnFacts {
    let facts = table.columns.get(column as usize);
    facts.copied().unwrap_or_default()
}

pub(crate) fn match_columns(
    (left, left_table): (&Layout, &Table),
    (right, right_table): (&Layout, &Table),
    by_position: bool,
    options: &Options,
    columns_max: u32,
) -> Result<Vec<Slot>, Failure> {
    check_names(left, right, options)?;
    let pairs = if by_position || options.columns.by == ColumnMatch::Position {
        left.columns.iter().zip(&right.columns).collect()
    } else {
        by_name(left, right, options)?
    };
    let chosen = |names: &[String], pair: &(&NamedColumn, &NamedColumn)| {
        let normal: Vec<String> = names.iter().map(|name| normal_name(name)).collect();
        normal.contains(&pair.0.normal) || normal.contains(&pair.1.normal)
    };
    let mut slots = Vec::new();
    for pair in pairs {
        let only = options.columns.only.as_deref();
        let compared =
            only.is_none_or(|only| chosen(only, &pair)) && !chosen(&options.columns.ignore, &pair);
        let one = facts(left_table, pair.0.column);
        let other = facts(right_table, pair.1.column);
        let filled = one.filled + other.filled;
        let dates = one.dates + other.dates + one.text_dates + other.text_dates;
        slots.push(Slot {
            name: pair.0.name.clone(),
            left: pair.0.column,
            right: pair.1.column,
            dates: options.values.text_dates && dates * 2 > filled,
            tolerance: tolerance(options, pair.0, pair.1),
            compared,
        });
        let formulas = facts(left_table, pair.0.column + FORMULAS).filled
            + facts(right_table, pair.1.column + FORMULAS).filled;
        if formulas > 0 {
            let words = options.output.lang.words();
            slots.push(Slot {
                name: say(words.formula_of, &[&pair.0.name]),
                left: pair.0.column + FORMULAS,
                right: pair.1.column + FORMULAS,
                dates: false,
                tolerance: Tolerance::default(),
                compared,
            });
        }
    }
    if !slots.iter().any(|slot| slot.compared) {
        let message = "两表没有同名列,请指定列对应关系";
        return Err(Failure::new(FailureCode::NoCommonColumns, message));
    }
    if slots.len() > columns_max as usize {
        let message = format!("可比较的列超过{columns_max}列,请用 columns.only 选择");
        return Err(Failure::new(FailureCode::TooManyColumns, message));
    }
    Ok(slots)
}

fn by_name<'a>(
    left: &'a Layout,
    right: &'a Layout,
    options: &Options,
) -> Result<Vec<(&'a NamedColumn, &'a NamedColumn)>, Failure> {
    let mut pairs = Vec::new();
    let mut taken = vec![false; right.columns.len()];
    let mut mapped: Vec<u32> = Vec::new();
    for (from, to) in options.columns.map.iter().flatten() {
        let one = left
            .find(from)
            .ok_or_else(|| unknown("columns.map", from))?;
        let other = right
            .columns
            .iter()
            .position(|column| column.name == *to || column.normal == normal_name(to));
        let other = other.ok_or_else(|| unknown("columns.map", to))?;
        if taken[other] || mapped.contains(&one.column) {
            return Err(Failure::option(format!("columns.map 中\"{from}\"重复")));
        }
        taken[other] = true;
        mapped.push(one.column);
        pairs.push((one, &right.columns[other]));
    }
    for one in left
        .columns
        .iter()
        .filter(|one| !mapped.contains(&one.column))
    {
        let found = (0..taken.len()).find(|&j| !taken[j] && right.columns[j].normal == one.normal);
        if let Some(j) = found {
            taken[j] = true;
            pairs.push((one, &right.columns[j]));
        }
    }
    pairs.sort_by_key(|pair| pair.0.column);
    Ok(pairs)
}

fn tolerance(options: &Options, left: &NamedColumn, right: &NamedColumn) -> Tolerance {
    let own = options.values.per_column.iter().find(|(name, _)| {
        let normal = normal_name(name);
        normal == left.normal || normal == right.normal
    });
    own.map_or(
        Tolerance {
            abs_tol: options.values.abs_tol,
            rel_tol: options.values.rel_tol,
        },
        |(_, tolerance)| *tolerance,
    )
}

/// Every column that an option names must be somewhere: a misspelt one would do nothing.
fn check_names(left: &Layout, right: &Layout, options: &Options) -> Result<(), Failure> {
    let known = |name: &str| left.find(name).is_some() || right.find(name).is_some();
    let only = options
        .columns
        .only
        .iter()
        .flatten()
        .map(|name| ("columns.only", name));
    let ignore = options
        .columns
        .ignore
        .iter()
        .map(|name| ("columns.ignore", name));
    let own = options
        .values
        .per_column
        .keys()
        .map(|name| ("values.per_column", name));
    for (option, name) in only.chain(ignore).chain(own) {
        if !known(name) {
            return Err(unknown(option, name));
        }
    }
    Ok(())
}

fn unknown(option: &str, name: &str) -> Failure {
    let message = format!("{option} 中的\"{name}\"不存在");
    Failure::option(message)
        .with("option", option)
        .with("column", name)
}

/// A key column that a side does not have, and the name on that side that is most like it.
pub(crate) fn column_missing(name: &str, slot: u8, layout: &Layout) -> Failure {
    let wanted: Vec<char> = normal_name(name).chars().collect();
    let alike = |column: &&NamedColumn| {
        column
            .normal
            .chars()
            .filter(|character| wanted.contains(character))
            .count()
    };
    let near = layout
        .columns
        .iter()
        .max_by_key(alike)
        .filter(|column| alike(column) * 2 >= wanted.len());
    let hint = near.map_or(String::new(), |near| format!(",相近的有\"{}\"", near.name));
    let message = format!("文件{slot}没有列\"{name}\"{hint}");
    Failure::new(FailureCode::KeyColumnMissing, message)
        .with("column", name)
        .with("file", slot)
}

impl Layout {
    pub(crate) fn has(&self, name: &str) -> Option<u32> {
        self.find(name).map(|column| column.column)
    }
}
