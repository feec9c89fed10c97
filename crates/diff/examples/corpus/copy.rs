//! A copy of a workbook by libraries that are not ours: read by one, written by another.

use std::path::Path;

use calamine::{Data, Reader, SheetVisible, open_workbook_auto};
use rust_xlsxwriter::{Format, Formula, Workbook, XlsxError};

/// False: the library cannot read or write it.
pub(crate) fn make(from: &Path, to: &Path) -> bool {
    let Ok(mut book) = open_workbook_auto(from) else {
        return false;
    };
    let date = Format::new().set_num_format("yyyy-mm-dd hh:mm:ss");
    let duration = Format::new().set_num_format("[h]:mm:ss");
    let mut copy = Workbook::new();
    for sheet in book.sheets_metadata().to_vec() {
        let Ok(range) = book.worksheet_range(&sheet.name) else {
            return false;
        };
        let page = copy.add_worksheet();
        if page.set_name(&sheet.name).is_err() {
            return false;
        }
        if sheet.visible != SheetVisible::Visible {
            page.set_hidden(true);
        }
        let (top, left) = range.start().unwrap_or_default();
        for (row, column, cell) in range.used_cells() {
            let (row, column) = (top + row as u32, (left + column as u32) as u16);
            let written: Result<(), XlsxError> = match cell {
                Data::Empty => Ok(()),
                Data::Int(value) => page.write_number(row, column, *value as f64).map(drop),
                Data::Float(value) => page.write_number(row, column, *value).map(drop),
                Data::String(text) | Data::DateTimeIso(text) | Data::DurationIso(text) => {
                    page.write_string(row, column, text).map(drop)
                }
                Data::Bool(value) => page.write_boolean(row, column, *value).map(drop),
                Data::DateTime(moment) => {
                    let format = if moment.is_duration() {
                        &duration
                    } else {
                        &date
                    };
                    page.write_number_with_format(row, column, moment.as_f64(), format)
                        .map(drop)
                }
                Data::Error(error) => {
                    let formula = Formula::new("=NA()").set_result(error.to_string());
                    page.write_formula(row, column, formula).map(drop)
                }
            };
            if written.is_err() {
                return false;
            }
        }
    }
    copy.save(to).is_ok()
}
