//! One sheet that has been read: its rows on disk and what is known of its columns.

use std::path::PathBuf;

use super::{
    Failure, FailureCode,
    spill::{Record, Spill, SpillWriter, Stored, StoredCell, TextNote},
    strings::{Rules, Strings, is_image},
    value::Canon,
};
use sheet::{
    COLUMN_LAST, FORMULAS, Facts, NumberFormat, Row, Value, WHOLE_MAX, cell_name, relative,
};

pub(crate) struct Table {
    pub(crate) name: String,
    pub(crate) spill: Spill,
    pub(crate) columns: Vec<ColumnFacts>,
    pub(crate) facts: Facts,
    pub(crate) cells: u64,
    pub(crate) images: u64,
}

/// What a whole column holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct ColumnFacts {
    pub(crate) filled: u64,
    pub(crate) dates: u64,
    pub(crate) text_dates: u64,
    /// Whole numbers too long for what a cell can hold.
    pub(crate) long_numbers: u64,
}

const LONG_NUMBER: f64 = 1e15;

/// Takes rows as they are read and spills them.
pub(crate) struct TableWriter<'a> {
    name: String,
    path: PathBuf,
    rules: &'a Rules,
    strings: &'a Strings,
    spill: SpillWriter,
    record: Record,
    columns: Vec<ColumnFacts>,
    cells: u64,
    images: u64,
    last_row: Option<u32>,
    in_order: bool,
}

impl<'a> TableWriter<'a> {
    pub(crate) fn create(
        name: &str,
        path: PathBuf,
        rules: &'a Rules,
        strings: &'a Strings,
    ) -> Result<Self, Failure> {
        Ok(Self {
            name: name.to_owned(),
            spill: SpillWriter::create(&path)?,
            path,
            rules,
            strings,
            record: Record::default(),
            columns: Vec::new(),
            cells: 0,
            images: 0,
            last_row: None,
            in_order: true,
        })
    }

    pub(crate) fn rows(&self) -> u64 {
        self.spill.rows() as u64
    }

    pub(crate) fn cells(&self) -> u64 {
        self.cells
    }

    pub(crate) fn add(&mut self, row: &Row, formats: &[NumberFormat]) -> Result<(), Failure> {
        self.record.clear();
        self.record.number = row.number;
        for cell in &row.cells {
            let stored = match cell.value {
                Value::Shared(index) => self.shared(index, row.number, cell.column)?,
                Value::Number {
                    value,
                    exact,
                    format,
                } => Some(Stored::Number {
                    value,
                    exact,
                    format,
                }),
                Value::Bool(value) => Some(Stored::Bool(value)),
                Value::Text(span) => Some(self.text(row.slice(span))),
                Value::Untyped(span) => Some(self.untyped(row.slice(span))),
                Value::Error(span) => Some(self.error(row.slice(span))),
                Value::Formula(span) => {
                    Some(self.formula(row.slice(span), row.number, cell.column))
                }
            };
            let Some(value) = stored else { continue };
            self.record.cells.push(StoredCell {
                column: cell.column,
                value,
            });
        }
        // Spaces do not make a row.
        if self.record.cells.iter().all(|cell| self.is_blank(cell)) {
            return Ok(());
        }
        let record = std::mem::take(&mut self.record);
        for cell in &record.cells {
            if !self.is_blank(cell) {
                self.note(cell.column, &cell.value, formats);
            }
        }
        self.record = record;
        self.in_order &= self.last_row.is_none_or(|last| last < row.number);
        self.last_row = Some(row.number);
        let cells = &self.record.cells;
        self.cells += cells.partition_point(|cell| cell.column <= COLUMN_LAST) as u64;
        self.spill.add(&self.record)
    }

    fn is_blank(&self, cell: &StoredCell) -> bool {
        match cell.value {
            Stored::Text { digest, .. } => digest == 0,
            Stored::Shared(index) => self.strings.digest(index) == 0,
            Stored::Number { .. } | Stored::Bool(_) => false,
        }
    }

    fn shared(&self, index: u32, row: u32, column: u32) -> Result<Option<Stored>, Failure> {
        if !self.strings.contains(index) {
            let cell = cell_name(row, column);
            let message = format!("{}!{cell} 无法解析: 字符串编号不存在", self.name);
            return Err(Failure::new(FailureCode::ParseError, message).with("cell", cell));
        }
        Ok((!self.strings.is_empty(index)).then_some(Stored::Shared(index)))
    }

    fn keep(&mut self, text: &str, canon: &Canon<'_>, note: TextNote) -> Stored {
        let start = self.record.text.len() as u32;
        self.record.text.push_str(text);
        Stored::Text {
            start,
            end: self.record.text.len() as u32,
            digest: self.rules.seed.digest(canon),
            note,
        }
    }

    fn text(&mut self, text: &str) -> Stored {
        if is_image(text) {
            return self.keep(text, &Canon::Text("=DISPIMG".into()), TextNote::Image);
        }
        let canon = self.rules.profile.text(text);
        let date = self.rules.profile.text_date(text).is_some();
        self.keep(
            text,
            &canon,
            if date {
                TextNote::Date
            } else {
                TextNote::Plain
            },
        )
    }

    fn untyped(&mut self, text: &str) -> Stored {
        let canon = self.rules.profile.untyped(text);
        let date = self.rules.profile.text_date(text).is_some();
        let note = match (&canon, date) {
            (Canon::Number(_), true) => TextNote::NumberOrDate,
            (_, true) => TextNote::Date,
            (Canon::Number(_), false) => TextNote::Number,
            (Canon::Bool(_), _) => TextNote::Bool,
            (Canon::Error(_), _) => TextNote::Error,
            (Canon::Text(_) | Canon::Blank, false) => TextNote::Plain,
        };
        self.keep(text, &canon, note)
    }

    /// Formulas are equal that say the same from where they stand: rows move.
    fn formula(&mut self, formula: &str, row: u32, column: u32) -> Stored {
        if is_image(formula) {
            return self.text(formula);
        }
        let relative = relative(formula, row, column % FORMULAS);
        let canon = self.rules.profile.text(&relative);
        self.keep(formula, &canon, TextNote::Plain)
    }

    fn error(&mut self, code: &str) -> Stored {
        self.keep(
            code,
            &Canon::Error(code.trim().to_owned().into()),
            TextNote::Error,
        )
    }

    fn note(&mut self, column: u32, value: &Stored, formats: &[NumberFormat]) {
        if self.columns.len() <= column as usize {
            self.columns
                .resize(column as usize + 1, ColumnFacts::default());
        }
        let facts = &mut self.columns[column as usize];
        facts.filled += 1;
        match *value {
            Stored::Number { value, format, .. } => {
                let date = formats
                    .get(usize::from(format))
                    .is_some_and(|format| format.is_date);
                facts.dates += u64::from(date);
                // Typed into Excel, the 16th digit of a number becomes a zero.
                let lossy = value.abs() > WHOLE_MAX || value % 10.0 == 0.0;
                let long = value.abs() >= LONG_NUMBER && value.fract() == 0.0 && lossy;
                facts.long_numbers += u64::from(long);
            }
            Stored::Shared(index) => {
                facts.text_dates += u64::from(self.strings.is_date(index));
                self.images += u64::from(self.strings.is_image(index));
            }
            Stored::Text { note, .. } => {
                let date = matches!(note, TextNote::Date | TextNote::NumberOrDate);
                facts.text_dates += u64::from(date);
                self.images += u64::from(note == TextNote::Image);
            }
            Stored::Bool(_) => {}
        }
    }

    pub(crate) fn finish(self, facts: Facts) -> Result<Table, Failure> {
        let mut facts = facts;
        let mut spill = self.spill.finish()?;
        if !self.in_order {
            let path = self.path.with_extension("sorted");
            let (sorted, repeated) = sort(&spill, &path)?;
            facts.repeated_cells += repeated;
            spill = sorted;
        }
        Ok(Table {
            name: self.name,
            spill,
            columns: self.columns,
            facts,
            cells: self.cells,
            images: self.images,
        })
    }
}

/// Rows that came in any order, in theirs. Pieces of one row become one; of a repeated cell the
/// last counts. Returns how many cells were repeated.
fn sort(spill: &Spill, path: &std::path::Path) -> Result<(Spill, u64), Failure> {
    let mut numbers = Vec::with_capacity(spill.rows());
    let mut record = Record::default();
    let mut reader = spill.reader();
    while reader.next(&mut record)? {
        numbers.push((record.number, numbers.len() as u32));
    }
    numbers.sort_unstable();
    let mut writer = SpillWriter::create(path)?;
    let mut repeated = 0;
    for pieces in numbers.chunk_by(|one, other| one.0 == other.0) {
        let mut whole = Record {
            number: pieces[0].0,
            ..Record::default()
        };
        for &(_, row) in pieces {
            reader.get(row as usize, &mut record)?;
            repeated += merge(&mut whole, &record);
        }
        writer.add(&whole)?;
    }
    Ok((writer.finish()?, repeated))
}

fn merge(whole: &mut Record, piece: &Record) -> u64 {
    let shift = whole.text.len() as u32;
    whole.text.push_str(&piece.text);
    let mut repeated = 0;
    for cell in &piece.cells {
        let mut cell = *cell;
        if let Stored::Text { start, end, .. } = &mut cell.value {
            *start += shift;
            *end += shift;
        }
        match whole
            .cells
            .binary_search_by_key(&cell.column, |known| known.column)
        {
            Ok(at) => {
                whole.cells[at] = cell;
                repeated += 1;
            }
            Err(at) => whole.cells.insert(at, cell),
        }
    }
    repeated
}
