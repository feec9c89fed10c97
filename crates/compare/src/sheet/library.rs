//! Workbooks that the calamine library reads: xls, xlsb, ods and what is uncommon in xlsx.
//! Cells are streamed where it can; it never makes a range of an xlsx or xlsb sheet, because
//! that reserves memory for every cell between two corners.

mod values;

use std::{
    fs::File,
    io::BufReader,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
};

use calamine::{
    Data, Ods, OdsError, Range, Reader, Sheet, SheetType, SheetVisible, Xls, XlsError, Xlsb,
    XlsbError, Xlsx, XlsxError, open_workbook,
};

use super::{
    Facts, FileFormat, NumberFormat, Row, RowSink, RowSource, SheetName, StringSink,
    container::{corrupt, encrypted},
};
use crate::engine::{Failure, FailureCode};

type Input = BufReader<File>;

enum Book {
    Xlsx(Xlsx<Input>),
    Xlsb(Xlsb<Input>),
    Xls(Xls<Input>),
    Ods(Ods<Input>),
}

struct Workbook {
    book: Book,
    sheets: Vec<SheetName>,
    formats: Vec<NumberFormat>,
}

pub(super) fn open(path: &Path, format: FileFormat) -> Result<Box<dyn RowSource>, Failure> {
    let book = guarded(|| match format {
        FileFormat::Xlsb => open_workbook(path)
            .map(Book::Xlsb)
            .map_err(|error: XlsbError| xlsb(&error)),
        FileFormat::Xls => open_workbook(path)
            .map(Book::Xls)
            .map_err(|error: XlsError| xls(&error)),
        FileFormat::Ods => open_workbook(path)
            .map(Book::Ods)
            .map_err(|error: OdsError| ods(&error)),
        FileFormat::Xlsx | FileFormat::Delimited => open_workbook(path)
            .map(Book::Xlsx)
            .map_err(|error: XlsxError| xlsx(&error)),
    })?;
    let sheets = match &book {
        Book::Xlsx(book) => book.sheets_metadata(),
        Book::Xlsb(book) => book.sheets_metadata(),
        Book::Xls(book) => book.sheets_metadata(),
        Book::Ods(book) => book.sheets_metadata(),
    };
    let sheets = sheets
        .iter()
        .filter(|sheet| sheet.typ == SheetType::WorkSheet)
        .map(sheet_name);
    Ok(Box::new(Workbook {
        sheets: sheets.collect(),
        formats: values::formats(),
        book,
    }))
}

fn sheet_name(sheet: &Sheet) -> SheetName {
    SheetName {
        name: sheet.name.clone(),
        visible: sheet.visible == SheetVisible::Visible,
    }
}

impl RowSource for Workbook {
    fn sheets(&self) -> &[SheetName] {
        &self.sheets
    }

    fn formats(&self) -> &[NumberFormat] {
        &self.formats
    }

    fn is_typed(&self) -> bool {
        true
    }

    fn strings(&mut self, _each: StringSink<'_>) -> Result<(), Failure> {
        Ok(())
    }

    fn rows(&mut self, sheet: usize, each: RowSink<'_>) -> Result<Facts, Failure> {
        let name = self.sheets[sheet].name.clone();
        let book = &mut self.book;
        let read = guarded(|| match book {
            Book::Xlsx(book) => {
                let is_1904 = book.has_1904_epoch();
                let mut cells = book
                    .worksheet_cells_reader(&name)
                    .map_err(|error| xlsx(&error))?;
                let mut rows = Rows::new(each, is_1904);
                while let Some(cell) = cells.next_cell().map_err(|error| xlsx(&error))? {
                    rows.add(cell.get_position(), cell.get_value())?;
                }
                rows.finish()
            }
            Book::Xlsb(book) => {
                let is_1904 = book.has_1904_epoch();
                let mut cells = book
                    .worksheet_cells_reader(&name)
                    .map_err(|error| xlsb(&error))?;
                let mut rows = Rows::new(each, is_1904);
                while let Some(cell) = cells.next_cell().map_err(|error| xlsb(&error))? {
                    rows.add(cell.get_position(), cell.get_value())?;
                }
                rows.finish()
            }
            Book::Xls(book) => {
                let is_1904 = book.has_1904_epoch();
                dense(
                    &book.worksheet_range(&name).map_err(|error| xls(&error))?,
                    is_1904,
                    each,
                )
            }
            Book::Ods(book) => dense(
                &book.worksheet_range(&name).map_err(|error| ods(&error))?,
                false,
                each,
            ),
        });
        read.map_err(|failure| failure.with("sheet", name))
    }
}

/// A range that the library has in memory anyway.
fn dense(range: &Range<Data>, is_1904: bool, each: RowSink<'_>) -> Result<Facts, Failure> {
    let (top, left) = range.start().unwrap_or_default();
    let mut rows = Rows::new(each, is_1904);
    for (row, column, value) in range.used_cells() {
        let place = (top + row as u32, left + column as u32);
        rows.add(place, &values::borrowed(value))?;
    }
    rows.finish()
}

/// Cells into rows.
struct Rows<'a> {
    row: Row,
    each: RowSink<'a>,
    facts: Facts,
    is_1904: bool,
}

impl<'a> Rows<'a> {
    fn new(each: RowSink<'a>, is_1904: bool) -> Self {
        Self {
            row: Row::default(),
            each,
            is_1904,
            facts: Facts::default(),
        }
    }

    fn add(
        &mut self,
        (row, column): (u32, u32),
        value: &calamine::DataRef<'_>,
    ) -> Result<(), Failure> {
        if row > super::ROW_LAST || column > super::COLUMN_LAST {
            let message = "单元格位置超出表格范围";
            return Err(Failure::new(FailureCode::ParseError, message));
        }
        if row != self.row.number {
            self.flush()?;
            self.row.start(row);
        }
        values::push(&mut self.row, column, value, self.is_1904);
        Ok(())
    }

    fn flush(&mut self) -> Result<(), Failure> {
        if self.row.cells.is_empty() {
            return Ok(());
        }
        self.facts.repeated_cells += self.row.tidy();
        (self.each)(&mut self.row)
    }

    fn finish(mut self) -> Result<Facts, Failure> {
        self.flush()?;
        Ok(self.facts)
    }
}

/// The library still panics on some broken files; that is the file's failure.
fn guarded<T>(read: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failure> {
    catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(|_| Err(corrupt("the reader gave up")))
}

fn xlsx(error: &XlsxError) -> Failure {
    match error {
        XlsxError::Password => encrypted(),
        XlsxError::CellTAttribute(_)
        | XlsxError::CellError(_)
        | XlsxError::ParseFloat(_)
        | XlsxError::ParseInt(_)
        | XlsxError::Unexpected(_)
        | XlsxError::UnexpectedNode(_)
        | XlsxError::Unrecognized { .. } => unreadable(error),
        _ => corrupt(error),
    }
}

fn xlsb(error: &XlsbError) -> Failure {
    match error {
        XlsbError::Password => encrypted(),
        _ => corrupt(error),
    }
}

fn xls(error: &XlsError) -> Failure {
    match error {
        XlsError::Password => encrypted(),
        _ => corrupt(error),
    }
}

fn ods(error: &OdsError) -> Failure {
    match error {
        OdsError::Password => encrypted(),
        _ => corrupt(error),
    }
}

fn unreadable(error: &XlsxError) -> Failure {
    Failure::new(
        FailureCode::ParseError,
        "有单元格无法解析,请另存为xlsx后重传",
    )
    .with("cause", error.to_string())
}
