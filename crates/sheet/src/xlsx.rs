//! Workbooks of the Office Open XML kind, read in one pass and constant memory.

mod book;
mod cells;
mod strings;
mod styles;

use std::path::Path;

use crate::{
    Budget, Facts, Failure, FailureCode, Formula, NumberFormat, RowSink, RowSource, SheetName,
    StringSink, container::Container, formats::Formats,
};

pub(super) struct Workbook {
    container: Container,
    sheets: Vec<SheetName>,
    /// The part of each sheet.
    parts: Vec<String>,
    strings: Option<String>,
    styles: Formats,
    budget: Budget,
    formulas: Formula,
}

impl Workbook {
    pub(super) fn open(path: &Path, budget: &Budget) -> Result<Self, Failure> {
        let mut container = Container::open(path, budget)?;
        let book = book::read(&mut container, budget)?;
        let styles = match &book.styles {
            Some(part) => styles::read(&mut container, part, book.is_1904, budget)?,
            None => Formats::none(book.is_1904),
        };
        Ok(Self {
            sheets: book.sheets,
            parts: book.parts,
            strings: book.strings,
            container,
            styles,
            budget: budget.clone(),
            formulas: Formula::Value,
        })
    }
}

impl RowSource for Workbook {
    fn sheets(&self) -> &[SheetName] {
        &self.sheets
    }

    fn formats(&self) -> &[NumberFormat] {
        &self.styles.formats
    }

    fn is_typed(&self) -> bool {
        true
    }

    fn keep_formulas(&mut self, wanted: Formula) -> bool {
        self.formulas = wanted;
        true
    }

    fn strings(&mut self, each: StringSink<'_>) -> Result<(), Failure> {
        match &self.strings {
            Some(part) => strings::read(&mut self.container, part, &self.budget, each),
            None => Ok(()),
        }
    }

    fn rows(&mut self, sheet: usize, each: RowSink<'_>) -> Result<Facts, Failure> {
        let name = &self.sheets[sheet].name;
        let part = self.container.xml(&self.parts[sheet])?;
        let mut reader = cells::Reader::new(part, &self.styles, &self.budget, self.formulas);
        reader.read(each).map_err(|failure| match failure.code {
            FailureCode::ParseError => {
                let cell = failure.details.get("cell").and_then(|cell| cell.as_str());
                let place = format!("{name}!{}", cell.unwrap_or_default());
                let message = format!("{place} 无法解析: {}", failure.message);
                Failure { message, ..failure }.with("sheet", name.as_str())
            }
            _ => failure.with("sheet", name.as_str()),
        })
    }
}
