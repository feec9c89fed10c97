//! The cells of a sheet of a BIFF stream.

use super::{
    Layout, kind,
    records::{Records, field, u16_of, u32_of},
};
use crate::{
    COLUMN_LAST, Facts, Failure, Row, RowSink, Value,
    biff::{error_text, f64_at, packed_number},
    container::corrupt,
    formats::Formats,
};

mod cell {
    pub(super) const LABEL: u16 = 0x204;
    pub(super) const RICH: u16 = 0xD6;
    pub(super) const SHARED: u16 = 0xFD;
    pub(super) const NUMBER: u16 = 0x203;
    pub(super) const PACKED: u16 = 0x27E;
    pub(super) const PACKED_ROW: u16 = 0xBD;
    pub(super) const BOOL_OR_ERROR: u16 = 0x205;
    pub(super) const STRING: u16 = 0x207;
    /// BIFF3 and BIFF4 have numbers of their own for it, which some writers of BIFF8 use.
    pub(super) const FORMULAS: [u16; 3] = [0x06, 0x206, 0x406];
}

/// The beginnings of a stream in a stream, by version.
const BEGINS: [u16; 4] = [kind::BOF, 0x409, 0x209, 0x09];

pub(super) struct Reader<'a> {
    records: Records<'a>,
    layout: Layout,
    formats: &'a Formats,
    row: Row,
    each: RowSink<'a>,
    facts: Facts,
    /// Where the text of a formula's value belongs, which follows in a record of its own.
    awaited: Option<u32>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(
        records: Records<'a>,
        layout: Layout,
        formats: &'a Formats,
        each: RowSink<'a>,
    ) -> Self {
        Self {
            records,
            layout,
            formats,
            row: Row::default(),
            each,
            facts: Facts::default(),
            awaited: None,
        }
    }

    pub(super) fn read(&mut self) -> Result<Facts, Failure> {
        // A chart stands in its sheet as a stream with its own beginning and end.
        let mut depth = 0_u32;
        loop {
            let Some((kind, bytes)) = self.records.next() else {
                return Err(corrupt("the sheet ends too early"));
            };
            if BEGINS.contains(&kind) {
                depth += 1;
            } else if kind == kind::EOF {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    self.flush()?;
                    return Ok(self.facts);
                }
            } else if depth == 1 {
                self.record(kind, bytes)?;
            } else if depth == 0 {
                return Err(corrupt("a sheet that is not where the workbook says"));
            }
        }
    }

    fn record(&mut self, kind: u16, bytes: &'a [u8]) -> Result<(), Failure> {
        match kind {
            cell::LABEL | cell::RICH => {
                let column = self.place(bytes)?;
                let text = self.label(bytes)?;
                self.text(column, &text);
            }
            cell::SHARED => {
                let column = self.place(bytes)?;
                self.row.push(column, Value::Shared(u32_of(bytes, 6)?));
            }
            cell::NUMBER => {
                let column = self.place(bytes)?;
                self.number(column, u16_of(bytes, 4)?, field(f64_at(bytes, 6))?)?;
            }
            cell::PACKED => {
                let column = self.place(bytes)?;
                let value = packed_number(u32_of(bytes, 6)?);
                self.number(column, u16_of(bytes, 4)?, value)?;
            }
            cell::PACKED_ROW => {
                let first = self.place(bytes)?;
                let packed = field(bytes.get(4..bytes.len().saturating_sub(2)))?;
                for (column, one) in (first..).zip(packed.chunks_exact(6)) {
                    let value = packed_number(u32_of(one, 2)?);
                    self.number(column, u16_of(one, 0)?, value)?;
                }
            }
            cell::BOOL_OR_ERROR => {
                let column = self.place(bytes)?;
                let (code, is_error) = (*field(bytes.get(6))?, *field(bytes.get(7))? != 0);
                self.bool_or_error(column, code, is_error);
            }
            cell::STRING => {
                if let Some(column) = self.awaited.take() {
                    let text = self.string(bytes)?;
                    self.text(column, &text);
                }
            }
            kind if cell::FORMULAS.contains(&kind) => self.formula(bytes)?,
            _ => {}
        }
        Ok(())
    }

    /// Starts the cell's row, if it is another one, and says the cell's column.
    fn place(&mut self, bytes: &[u8]) -> Result<u32, Failure> {
        let (row, column) = (u32::from(u16_of(bytes, 0)?), u32::from(u16_of(bytes, 2)?));
        if column > COLUMN_LAST {
            return Err(corrupt("a cell beyond the grid"));
        }
        if row != self.row.number {
            self.flush()?;
            self.row.start(row);
        }
        self.awaited = None;
        Ok(column)
    }

    fn flush(&mut self) -> Result<(), Failure> {
        if self.row.cells.is_empty() {
            return Ok(());
        }
        self.facts.repeated_cells += self.row.tidy();
        (self.each)(&mut self.row)
    }

    fn number(&mut self, column: u32, style: u16, value: f64) -> Result<(), Failure> {
        if !value.is_finite() {
            return Err(corrupt("a number that is none"));
        }
        let format = self.formats.format(usize::from(style));
        self.row.push(column, self.formats.double(value, format));
        Ok(())
    }

    fn text(&mut self, column: u32, text: &str) {
        if !text.is_empty() {
            let span = self.row.keep(text);
            self.row.push(column, Value::Text(span));
        }
    }

    fn bool_or_error(&mut self, column: u32, code: u8, is_error: bool) {
        let value = if is_error {
            Value::Error(self.row.keep(error_text(code)))
        } else {
            Value::Bool(code != 0)
        };
        self.row.push(column, value);
    }

    fn label(&mut self, bytes: &'a [u8]) -> Result<String, Failure> {
        let count = usize::from(u16_of(bytes, 6)?);
        let rest = field(bytes.get(8..))?;
        if self.layout.is_wide {
            return self.records.whole(rest).text(count);
        }
        self.layout.text(rest, count)
    }

    fn string(&mut self, bytes: &'a [u8]) -> Result<String, Failure> {
        let count = usize::from(u16_of(bytes, 0)?);
        let rest = field(bytes.get(2..))?;
        if self.layout.is_wide {
            return self.records.whole(rest).text(count);
        }
        self.layout.text(rest, count)
    }

    /// The value that was last calculated: a double, or what its upper bits say instead.
    fn formula(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        let column = self.place(bytes)?;
        let value = field(bytes.get(6..14))?;
        if u16_of(value, 6)? != u16::MAX {
            return self.number(column, u16_of(bytes, 4)?, field(f64_at(value, 0))?);
        }
        match value[0] {
            0 => self.awaited = Some(column),
            1 => self.bool_or_error(column, value[2], false),
            2 => self.bool_or_error(column, value[2], true),
            _ => {}
        }
        Ok(())
    }
}
