//! The result workbook and the preview, written in one pass over the differences.

mod changed;
mod extent;
mod issues;
mod log;
mod names;
mod notes;
mod outside;
mod page;
mod preview;
mod rows;
mod style;
mod summary;
mod texts;

use std::fs;

use rust_xlsxwriter::{DocProperties, ExcelDateTime, Workbook, XlsxError};

use super::{
    Failure, Notice, NoticeCode, Request, Summary,
    difference::Comparer,
    pair::Pair,
    side::Side,
    strings::Rules,
    words::{Words, say},
};
use extent::Extent;
use names::Names;
use notes::Notes;
use style::Styles;
use texts::Written;

/// What every sheet of the result is written with.
struct Book<'a> {
    workbook: Workbook,
    names: Names,
    styles: Styles,
    sheets: u32,
    /// Texts that were too long for a cell.
    cut_texts: u64,
    sides: (&'a Side, &'a Side),
    rules: &'a Rules,
    request: &'a Request,
    extent: Extent,
    notes: Notes,
    /// The sheets as text, if they are wanted.
    texts: Vec<Written>,
    words: &'static Words,
}

/// Excel itself packs its files this hard.
const COMPRESSION: u8 = 3;

pub(super) fn write(
    request: &Request,
    sides: (&Side, &Side),
    pairs: &[Pair],
    rules: &Rules,
    summary: &mut Summary,
    told: &mut dyn FnMut(f64),
) -> Result<(), Failure> {
    let words = request.options.output.lang.words();
    let extent = Extent::plan(pairs, request);
    let notes = Notes::new(request);
    summary.notices.extend(extent.notice(words));
    summary.notices.extend(notes.notice(pairs, words));
    summary.output.truncated = extent.truncates();
    let mut workbook = Workbook::new();
    workbook.set_zip_compression_level(COMPRESSION);
    workbook.set_tempdir(&request.scratch).map_err(broken)?;
    workbook.set_properties(&properties(request)?);
    let mut book = Book {
        workbook,
        names: Names::default(),
        styles: Styles::default(),
        sheets: 0,
        cut_texts: 0,
        sides,
        rules,
        request,
        extent,
        notes,
        texts: Vec::new(),
        words,
    };
    summary::write(&mut book, summary)?;
    let mut preview = preview::Builder::new(&request.limits);
    for (index, pair) in pairs.iter().enumerate() {
        let mut comparer = {
            let (left, right) = pair.rows(sides.0, sides.1, rules);
            Comparer::new(left, right, &pair.slots)
        };
        let report = &summary.pairs[index];
        let prefix = (index > 0).then_some(report.sheet2.as_str());
        preview.start(report);
        changed::write(&mut book, pair, prefix, &mut comparer, &mut preview)?;
        told((index as f64 + 0.4) / pairs.len() as f64);
        rows::write(&mut book, pair, prefix, &mut comparer, &mut preview)?;
        told((index as f64 + 0.6) / pairs.len() as f64);
        if request.options.output.cell_log {
            log::write(&mut book, pair, prefix, &mut comparer)?;
        }
        outside::write(&mut book, pair, prefix)?;
        told((index as f64 + 0.8) / pairs.len() as f64);
    }
    if book.cut_texts > 0 {
        let count = book.cut_texts;
        summary.notices.push(Notice {
            code: NoticeCode::TextTruncated,
            message: say(words.texts_cut, &[&count]),
            file: None,
            sheet: None,
            column: None,
            count,
        });
    }
    issues::write(&mut book, pairs, &summary.notices)?;
    summary.output.sheets = book.sheets;
    save(&mut book)?;
    summary.output.bytes = fs::metadata(&request.result)
        .map_err(Failure::internal)?
        .len();
    let preview = serde_json::to_vec(&preview.finish()).map_err(Failure::internal)?;
    fs::write(&request.preview, preview).map_err(Failure::internal)
}

/// The workbook, or with its sheets as text a zip of all.
fn save(book: &mut Book<'_>) -> Result<(), Failure> {
    let request = book.request;
    if !request.options.output.csv {
        return book.workbook.save(&request.result).map_err(broken);
    }
    let path = request.scratch.join("unbundled.xlsx");
    book.workbook.save(&path).map_err(broken)?;
    let workbook = (path.as_path(), book.words.workbook);
    texts::bundle(workbook, &book.texts, &request.result)
}

/// The result says when the job was made, so that the same job makes the same bytes.
fn properties(request: &Request) -> Result<DocProperties, Failure> {
    let seconds = request.created_ms.max(0).div_euclid(1000);
    let made = ExcelDateTime::from_timestamp(seconds).map_err(broken)?;
    Ok(DocProperties::new().set_creation_datetime(&made))
}

fn broken(error: XlsxError) -> Failure {
    Failure::internal(error)
}
