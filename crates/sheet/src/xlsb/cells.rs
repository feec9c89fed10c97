//! The cells of a binary sheet, row by row.

use std::io::Read;

use super::records::{Records, cut_off, text};
use crate::{
    COLUMN_LAST, Facts, Failure, FailureCode, ROW_LAST, Row, RowSink, Value,
    biff::{error_text, f64_at, packed_number, u32_at},
    container::corrupt,
    formats::Formats,
};

mod kind {
    pub(super) const ROW: u16 = 0;
    pub(super) const DATA: u16 = 145;
    pub(super) const DATA_END: u16 = 146;
    pub(super) const RICH: u16 = 62;
}

pub(super) struct Reader<'a, R> {
    records: Records<R>,
    formats: &'a Formats,
    row: Row,
    each: RowSink<'a>,
    facts: Facts,
    /// Where a short cell stands, which does not say it.
    next_column: u32,
}

/// What a cell says before its value.
struct Head {
    column: u32,
    style: u32,
    /// Where its value begins.
    at: usize,
}

impl<'a, R: Read> Reader<'a, R> {
    pub(super) fn new(part: R, formats: &'a Formats, each: RowSink<'a>) -> Self {
        Self {
            records: Records::new(part),
            formats,
            row: Row::default(),
            each,
            facts: Facts::default(),
            next_column: 0,
        }
    }

    pub(super) fn read(&mut self) -> Result<Facts, Failure> {
        let mut in_data = false;
        while let Some((kind, bytes)) = self.records.next()? {
            match kind {
                kind::DATA => in_data = true,
                kind::DATA_END => {
                    flush(&mut self.row, self.each, &mut self.facts)?;
                    return Ok(self.facts);
                }
                kind::ROW if in_data => {
                    let number = u32_at(bytes, 0).ok_or_else(cut_off)?;
                    if number > ROW_LAST {
                        return Err(beyond());
                    }
                    flush(&mut self.row, self.each, &mut self.facts)?;
                    self.row.start(number);
                    self.next_column = 0;
                }
                1..=11 | kind::RICH if in_data => {
                    let head = Head {
                        column: u32_at(bytes, 0).ok_or_else(cut_off)?,
                        style: u32_at(bytes, 4).ok_or_else(cut_off)?,
                        at: 8,
                    };
                    self.next_column = head.column.saturating_add(1);
                    cell(&mut self.row, self.formats, kind, &head, bytes)?;
                }
                // The same without a column: the next one.
                12..=18 if in_data => {
                    let head = Head {
                        column: self.next_column,
                        style: u32_at(bytes, 0).ok_or_else(cut_off)?,
                        at: 4,
                    };
                    self.next_column += 1;
                    cell(&mut self.row, self.formats, kind - 11, &head, bytes)?;
                }
                _ => {}
            }
        }
        Err(corrupt("the sheet ends too early"))
    }
}

fn flush(row: &mut Row, each: RowSink<'_>, facts: &mut Facts) -> Result<(), Failure> {
    if row.cells.is_empty() {
        return Ok(());
    }
    facts.repeated_cells += row.tidy();
    each(row)
}

/// Kinds 1 to 7 are values, 8 to 11 the values of formulas.
fn cell(
    row: &mut Row,
    formats: &Formats,
    kind: u16,
    head: &Head,
    bytes: &[u8],
) -> Result<(), Failure> {
    if head.column > COLUMN_LAST {
        return Err(beyond());
    }
    let byte = || bytes.get(head.at).copied().ok_or_else(cut_off);
    // The upper byte has flags.
    let style = (head.style & 0x00FF_FFFF) as usize;
    let number = |value: f64| {
        if !value.is_finite() {
            return Err(corrupt("a number that is none"));
        }
        Ok(formats.double(value, formats.format(style)))
    };
    let value = match kind {
        2 => number(packed_number(u32_at(bytes, head.at).ok_or_else(cut_off)?))?,
        3 | 11 => Value::Error(row.keep(error_text(byte()?))),
        4 | 10 => Value::Bool(byte()? != 0),
        5 | 9 => number(f64_at(bytes, head.at).ok_or_else(cut_off)?)?,
        6 | 8 | kind::RICH => {
            let at = head.at + usize::from(kind == kind::RICH);
            let (text, _) = text(bytes, at)?;
            if text.is_empty() {
                return Ok(());
            }
            Value::Text(row.keep(&text))
        }
        7 => Value::Shared(u32_at(bytes, head.at).ok_or_else(cut_off)?),
        _ => return Ok(()),
    };
    row.push(head.column, value);
    Ok(())
}

fn beyond() -> Failure {
    Failure::new(FailureCode::ParseError, "单元格位置超出表格范围")
}
