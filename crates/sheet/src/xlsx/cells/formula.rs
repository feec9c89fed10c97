//! A cell's formula as text.

use std::collections::HashMap;

use super::{Failure, FailureCode, Read, Reader, Tag, Token, corrupt, parse_index, unescape};
use crate::{FORMULAS, Formula, Value, formula::moved};

/// What is kept of a sheet's formulas while it is read.
pub(super) struct Formulas {
    mode: Formula,
    /// Still escaped, of the cell being read.
    raw: Vec<u8>,
    /// The first of each group of cells that share a formula.
    shared: HashMap<u32, Master>,
    /// Bytes of those.
    bytes: usize,
}

struct Master {
    row: u32,
    column: u32,
    formula: String,
}

/// Of all shared formulas of a sheet; Excel's own are 8 KiB long at most.
const SHARED_BYTES_MAX: usize = 16 * 1024 * 1024;

impl Formulas {
    pub(super) fn new(mode: Formula) -> Self {
        Self {
            mode,
            raw: Vec::new(),
            shared: HashMap::new(),
            bytes: 0,
        }
    }

    /// Forgets the last cell's.
    pub(super) fn clear(&mut self) {
        self.raw.clear();
    }
}

/// The group that the formula belongs to, if it is shared.
pub(super) fn group(tag: &Tag<'_>) -> Option<u32> {
    let shared = tag.attribute("t") == Some(b"shared");
    shared.then(|| parse_index(tag.attribute("si")?)).flatten()
}

impl<R: Read> Reader<'_, R> {
    /// Reads on to the formula's end, and keeps it if formulas are wanted.
    pub(super) fn read_formula(&mut self) -> Result<(), Failure> {
        let wanted = self.formulas.mode != Formula::Value;
        loop {
            match self.xml.next()? {
                Token::Text(raw) | Token::Plain(raw) if wanted => {
                    self.formulas.raw.extend_from_slice(raw);
                }
                Token::Close(b"f") => return Ok(()),
                Token::End => return Err(corrupt("the sheet ends inside a cell")),
                _ => {}
            }
        }
    }

    /// Adds the formula that was read to the row. True: it stands for the cell's value.
    pub(super) fn keep_formula(
        &mut self,
        column: u32,
        group: Option<u32>,
    ) -> Result<bool, Failure> {
        let mode = self.formulas.mode;
        if mode == Formula::Value {
            return Ok(false);
        }
        let Some(formula) = self.formula(column, group)? else {
            self.facts.formulas_without_text += 1;
            return Ok(false);
        };
        let span = self.row.keep(&format!("={formula}"));
        let place = match mode {
            Formula::Both => column + FORMULAS,
            Formula::Text | Formula::Value => column,
        };
        self.row.push(place, Value::Formula(span));
        Ok(mode == Formula::Text)
    }

    fn formula(&mut self, column: u32, group: Option<u32>) -> Result<Option<String>, Failure> {
        let row = self.row.number;
        let formulas = &mut self.formulas;
        let formula = unescape(&formulas.raw)?.into_owned();
        let Some(group) = group else {
            return Ok((!formula.is_empty()).then_some(formula));
        };
        if formula.is_empty() {
            let master = formulas.shared.get(&group);
            return Ok(master.map(|master| {
                let rows = i64::from(row) - i64::from(master.row);
                let columns = i64::from(column) - i64::from(master.column);
                moved(&master.formula, rows, columns)
            }));
        }
        formulas.bytes += formula.len() + size_of::<Master>();
        if formulas.bytes > SHARED_BYTES_MAX {
            let message = "公式异常地长,已拒绝";
            return Err(Failure::new(FailureCode::TextTooLong, message));
        }
        let master = Master {
            row,
            column,
            formula: formula.clone(),
        };
        formulas.shared.insert(group, master);
        Ok(Some(formula))
    }
}
