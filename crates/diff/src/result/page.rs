//! A sheet that is only ever written forwards: in constant memory a late cell would be lost
//! without an error, so there is no way to name a row here.

use rust_xlsxwriter::{Note, Worksheet};
use sheet::{date_text, display};

use super::{
    Book, broken,
    style::Class,
    texts::{TextFile, starts_a_formula},
};
use crate::{Failure, lens::Shown, side::Side};

/// Rows of one sheet before another part begins, below Excel's own limit.
const ROWS_MAX: u32 = 1_000_000;
/// Rows that the widths are taken from.
const WIDTH_ROWS: u32 = 200;
/// Excel's limit for one cell, in UTF-16 units.
const TEXT_UNITS_MAX: usize = 32_767;

pub(super) struct Page {
    prefix: Option<String>,
    word: &'static str,
    header: Vec<String>,
    /// Leading columns that stay in view.
    frozen: u16,
    index: usize,
    part: u32,
    row: u32,
    column: u16,
    widths: Vec<f64>,
    /// The same as text, if it is wanted.
    text: Option<TextFile>,
    /// Whether the row being written is in the workbook, or only in the text.
    shown: bool,
}

impl Page {
    /// A table with a header row that repeats on every part.
    pub(super) fn table(
        book: &mut Book<'_>,
        prefix: Option<&str>,
        word: &'static str,
        header: Vec<String>,
        frozen: u16,
    ) -> Result<Self, Failure> {
        let mut page = Self::start(book, prefix, word, header, frozen)?;
        page.write_header(book)?;
        Ok(page)
    }

    /// Free rows, no header.
    pub(super) fn free(book: &mut Book<'_>, word: &'static str) -> Result<Self, Failure> {
        Self::start(book, None, word, Vec::new(), 0)
    }

    fn start(
        book: &mut Book<'_>,
        prefix: Option<&str>,
        word: &'static str,
        header: Vec<String>,
        frozen: u16,
    ) -> Result<Self, Failure> {
        let mut page = Self {
            prefix: prefix.map(str::to_owned),
            word,
            header,
            frozen,
            index: 0,
            part: 0,
            row: 0,
            column: 0,
            widths: Vec::new(),
            text: None,
            shown: true,
        };
        page.add_part(book)?;
        Ok(page)
    }

    fn add_part(&mut self, book: &mut Book<'_>) -> Result<(), Failure> {
        self.part += 1;
        let name = book
            .names
            .take(self.prefix.as_deref(), self.word, self.part);
        let sheet = book
            .workbook
            .add_worksheet_with_constant_memory()
            .map_err(broken)?;
        sheet.set_name(&name).map_err(broken)?;
        if self.part == 1 && book.request.options.output.csv {
            let nth = book.texts.len() + 1;
            self.text = Some(TextFile::create(&book.request.scratch, nth, &name)?);
        }
        self.index = book.sheets as usize;
        book.sheets += 1;
        (self.row, self.column) = (0, 0);
        self.widths.clear();
        Ok(())
    }

    fn sheet<'b>(&self, book: &'b mut Book<'_>) -> Result<&'b mut Worksheet, Failure> {
        book.workbook
            .worksheet_from_index(self.index)
            .map_err(broken)
    }

    fn write_header(&mut self, book: &mut Book<'_>) -> Result<(), Failure> {
        for name in self.header.clone() {
            self.text(book, &name, Class::Header)?;
        }
        self.end_row(book)
    }

    pub(super) fn text(
        &mut self,
        book: &mut Book<'_>,
        text: &str,
        class: Class,
    ) -> Result<(), Failure> {
        if let Some(file) = &mut self.text {
            file.text(text)?;
        }
        if !self.shown {
            return Ok(());
        }
        let cut = cut(text);
        book.cut_texts += u64::from(cut.len() < text.len());
        let guarded = starts_a_formula(cut);
        let format = book.styles.get(class, "", guarded).clone();
        let (row, column) = (self.row, self.column);
        let sheet = self.sheet(book)?;
        if cut.is_empty() {
            if class != Class::Plain {
                sheet.write_blank(row, column, &format).map_err(broken)?;
            }
        } else if class == Class::Plain && !guarded {
            sheet.write_string(row, column, cut).map_err(broken)?;
        } else {
            sheet
                .write_string_with_format(row, column, cut, &format)
                .map_err(broken)?;
        }
        // Titles and remarks run over the empty cells beside them.
        let remark = self.header.is_empty() && matches!(class, Class::Title | Class::Warning);
        if !remark {
            self.measure(cut);
        }
        self.column += 1;
        Ok(())
    }

    pub(super) fn number(
        &mut self,
        book: &mut Book<'_>,
        value: f64,
        code: &str,
        class: Class,
    ) -> Result<(), Failure> {
        self.plain(|| display(value))?;
        self.shown_number(book, value, code, class)
    }

    /// What needs no guard, in the text file.
    fn plain(&mut self, text: impl FnOnce() -> String) -> Result<(), Failure> {
        match &mut self.text {
            Some(file) => file.field(&text()),
            None => Ok(()),
        }
    }

    fn shown_number(
        &mut self,
        book: &mut Book<'_>,
        value: f64,
        code: &str,
        class: Class,
    ) -> Result<(), Failure> {
        if !self.shown {
            return Ok(());
        }
        let format = book.styles.get(class, code, false).clone();
        let (row, column) = (self.row, self.column);
        let sheet = self.sheet(book)?;
        sheet
            .write_number_with_format(row, column, value, &format)
            .map_err(broken)?;
        if self.row <= WIDTH_ROWS {
            let digits = if code.is_empty() {
                display(value).len()
            } else {
                code.len()
            };
            self.widen(digits as f64);
        }
        self.column += 1;
        Ok(())
    }

    pub(super) fn skip(&mut self) -> Result<(), Failure> {
        self.column += 1;
        self.plain(String::new)
    }

    /// Whether a row of so many cells is written at all: in the workbook as long as there is room,
    /// in the text always.
    pub(super) fn admits(&mut self, book: &mut Book<'_>, cells: usize) -> bool {
        self.shown = book.extent.allows(cells);
        self.shown || self.text.is_some()
    }

    /// A cell as its file shows it.
    pub(super) fn cell(
        &mut self,
        book: &mut Book<'_>,
        side: &Side,
        shown: &Shown,
        class: Class,
    ) -> Result<(), Failure> {
        match shown {
            Shown::Blank => self.text(book, "", class),
            Shown::Number(value, format) => {
                let format = side.formats.get(usize::from(*format));
                let is_date = format.is_some_and(|format| format.is_date);
                self.plain(|| {
                    if is_date {
                        date_text(*value)
                    } else {
                        display(*value)
                    }
                })?;
                let code = format.map_or("", |format| format.code.as_str());
                self.shown_number(book, *value, code, class)
            }
            Shown::Text(text) | Shown::Error(text) => self.text(book, text, class),
            Shown::Bool(value) => {
                self.plain(|| value.to_string().to_uppercase())?;
                if !self.shown {
                    return Ok(());
                }
                let format = book.styles.get(class, "", false).clone();
                let (row, column) = (self.row, self.column);
                let sheet = self.sheet(book)?;
                sheet
                    .write_boolean_with_format(row, column, *value, &format)
                    .map_err(broken)?;
                self.column += 1;
                Ok(())
            }
        }
    }

    /// On the cell that was written last.
    pub(super) fn note(&mut self, book: &mut Book<'_>, note: &Note) -> Result<(), Failure> {
        if !self.shown {
            return Ok(());
        }
        let (row, column) = (self.row, self.column.saturating_sub(1));
        let sheet = self.sheet(book)?;
        sheet
            .insert_note(row, column, note)
            .map(drop)
            .map_err(broken)
    }

    pub(super) fn end_row(&mut self, book: &mut Book<'_>) -> Result<(), Failure> {
        self.column = 0;
        if let Some(file) = &mut self.text {
            file.end_row()?;
        }
        if !self.shown {
            return Ok(());
        }
        self.row += 1;
        if self.row > ROWS_MAX && !self.header.is_empty() {
            self.close(book)?;
            self.add_part(book)?;
            // The text has no parts.
            let text = self.text.take();
            self.write_header(book)?;
            self.text = text;
        }
        Ok(())
    }

    /// In the workbook, one line stands for an empty table.
    pub(super) fn finish(mut self, book: &mut Book<'_>) -> Result<(), Failure> {
        if let Some(file) = self.text.take() {
            book.texts.push(file.finish()?);
        }
        self.shown = true;
        if self.row <= 1 && self.part == 1 && !self.header.is_empty() {
            let none = book.words.none;
            self.text(book, none, Class::Context)?;
            self.row += 1;
        }
        self.close(book)
    }

    fn close(&mut self, book: &mut Book<'_>) -> Result<(), Failure> {
        let (rows, columns) = (self.row, self.header.len() as u16);
        let (frozen, widths) = (self.frozen, std::mem::take(&mut self.widths));
        let sheet = self.sheet(book)?;
        for (column, width) in widths.iter().enumerate() {
            sheet
                .set_column_width(column as u16, width.clamp(8.0, 60.0))
                .map_err(broken)?;
        }
        if columns > 0 {
            sheet.set_freeze_panes(1, frozen).map_err(broken)?;
            sheet
                .autofilter(0, 0, rows.saturating_sub(1), columns - 1)
                .map_err(broken)?;
        }
        Ok(())
    }

    fn measure(&mut self, text: &str) {
        if self.row <= WIDTH_ROWS {
            // Han and its neighbours are two columns wide.
            let line = text.lines().next().unwrap_or_default().chars().take(60);
            self.widen(
                line.map(|character| if character.is_ascii() { 1.0 } else { 2.0 })
                    .sum(),
            );
        }
    }

    fn widen(&mut self, width: f64) {
        let column = usize::from(self.column);
        if self.widths.len() <= column {
            self.widths.resize(column + 1, 0.0);
        }
        self.widths[column] = self.widths[column].max(width + 2.0);
    }
}

/// As much of the text as one cell holds.
fn cut(text: &str) -> &str {
    if text.len() <= TEXT_UNITS_MAX {
        return text;
    }
    let mut units = 0;
    for (at, character) in text.char_indices() {
        units += character.len_utf16();
        if units > TEXT_UNITS_MAX {
            return &text[..at];
        }
    }
    text
}
