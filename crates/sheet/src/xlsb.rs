//! Binary workbooks of Excel 2007 and later, read by ourselves in one pass and constant memory.

mod cells;
mod records;

use std::path::Path;

use crate::{
    Budget, Facts, Failure, NumberFormat, RowSink, RowSource, SheetName, StringSink,
    biff::{u16_at, u32_at},
    container::{Container, corrupt},
    formats::Formats,
    package::{Relation, read_relations, relations_of},
};
use records::{Records, cut_off, text};

pub(crate) struct Workbook {
    container: Container,
    sheets: Vec<SheetName>,
    /// The part of each sheet.
    parts: Vec<String>,
    strings: Option<String>,
    formats: Formats,
}

mod kind {
    pub(super) const WORKBOOK: u16 = 153;
    pub(super) const SHEET: u16 = 156;
    pub(super) const STRING: u16 = 19;
    pub(super) const STRINGS_END: u16 = 160;
    pub(super) const FORMAT: u16 = 44;
    pub(super) const CELL_STYLES: u16 = 617;
    pub(super) const CELL_STYLES_END: u16 = 618;
    pub(super) const STYLE: u16 = 47;
}

impl Workbook {
    pub(crate) fn open(path: &Path, budget: &Budget) -> Result<Self, Failure> {
        let mut container = Container::open(path, budget)?;
        let book = container.find("xl/workbook.bin");
        let book = book.ok_or_else(|| corrupt("no workbook inside"))?;
        let relations = match container.find(&relations_of(&book)) {
            Some(part) => read_relations(&mut container, &part, &book, budget)?,
            None => Vec::new(),
        };
        let of_kind = |kind: &str| {
            let mut found = relations
                .iter()
                .filter(|relation| relation.kind.ends_with(kind));
            found
                .next()
                .and_then(|relation| container.find(&relation.target))
        };
        let (strings, styles) = (of_kind("/sharedStrings"), of_kind("/styles"));
        let (found, is_1904) = read_book(&mut container, &book)?;
        let formats = match styles {
            Some(part) => read_styles(&mut container, &part, is_1904)?,
            None => Formats::none(is_1904),
        };
        let mut workbook = Self {
            container,
            sheets: Vec::new(),
            parts: Vec::new(),
            strings,
            formats,
        };
        workbook.place(found, &relations)?;
        Ok(workbook)
    }

    fn place(
        &mut self,
        found: Vec<(SheetName, String)>,
        relations: &[Relation],
    ) -> Result<(), Failure> {
        for (sheet, id) in found {
            let relation = relations.iter().find(|relation| relation.id == id);
            // Chart and dialog sheets have no cells.
            let Some(relation) = relation.filter(|known| known.kind.ends_with("/worksheet")) else {
                continue;
            };
            let part = self.container.find(&relation.target);
            let missing = || corrupt(format!("{} is missing", relation.target));
            self.parts.push(part.ok_or_else(missing)?);
            self.sheets.push(sheet);
        }
        Ok(())
    }
}

/// The sheets, each with the id of its relation, and whether days count from 1904.
type Found = (Vec<(SheetName, String)>, bool);

fn read_book(container: &mut Container, part: &str) -> Result<Found, Failure> {
    let mut records = Records::new(container.part(part)?);
    let (mut sheets, mut is_1904) = (Vec::new(), false);
    while let Some((kind, bytes)) = records.next()? {
        match kind {
            kind::WORKBOOK => is_1904 = bytes.first().is_some_and(|flags| flags & 1 != 0),
            kind::SHEET => {
                let visible = u32_at(bytes, 0).ok_or_else(cut_off)? == 0;
                let (id, end) = text(bytes, 8)?;
                let (name, _) = text(bytes, end)?;
                sheets.push((SheetName { name, visible }, id));
            }
            _ => {}
        }
    }
    Ok((sheets, is_1904))
}

fn read_styles(container: &mut Container, part: &str, is_1904: bool) -> Result<Formats, Failure> {
    let mut formats = Formats::none(is_1904);
    let mut custom = Vec::new();
    let mut in_cell_styles = false;
    let mut records = Records::new(container.part(part)?);
    while let Some((kind, bytes)) = records.next()? {
        match kind {
            kind::FORMAT => {
                let id = u16_at(bytes, 0).ok_or_else(cut_off)?;
                custom.push((u32::from(id), text(bytes, 2)?.0));
            }
            kind::CELL_STYLES => in_cell_styles = true,
            kind::CELL_STYLES_END => in_cell_styles = false,
            kind::STYLE if in_cell_styles => {
                let id = u16_at(bytes, 2).ok_or_else(cut_off)?;
                formats.add_style(u32::from(id), &custom);
            }
            _ => {}
        }
    }
    Ok(formats)
}

impl RowSource for Workbook {
    fn sheets(&self) -> &[SheetName] {
        &self.sheets
    }

    fn formats(&self) -> &[NumberFormat] {
        &self.formats.formats
    }

    fn is_typed(&self) -> bool {
        true
    }

    fn strings(&mut self, each: StringSink<'_>) -> Result<(), Failure> {
        let Some(part) = &self.strings else {
            return Ok(());
        };
        let mut records = Records::new(self.container.part(part)?);
        while let Some((kind, bytes)) = records.next()? {
            match kind {
                // Flags stand before the text, its looks and readings behind it.
                kind::STRING => each(&text(bytes, 1)?.0)?,
                kind::STRINGS_END => return Ok(()),
                _ => {}
            }
        }
        Err(corrupt("the shared strings end too early"))
    }

    fn rows(&mut self, sheet: usize, each: RowSink<'_>) -> Result<Facts, Failure> {
        let name = &self.sheets[sheet].name;
        let part = self.container.part(&self.parts[sheet])?;
        let mut reader = cells::Reader::new(part, &self.formats, each);
        reader
            .read()
            .map_err(|failure| failure.with("sheet", name.as_str()))
    }
}
