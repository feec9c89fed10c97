//! OpenDocument spreadsheets, read by ourselves: each sheet in one pass and constant memory.

mod cells;
mod paragraph;

use std::{
    collections::HashSet,
    io::Read,
    path::{Path, PathBuf},
};

use crate::{
    Budget, Facts, Failure, NumberFormat, RowSink, RowSource, SheetName, StringSink,
    container::{Container, corrupt, encrypted, failure_of},
    xml::{Tag, Token, Xml},
};

pub(crate) struct Workbook {
    path: PathBuf,
    sheets: Vec<SheetName>,
    formats: Vec<NumberFormat>,
    budget: Budget,
}

const CONTENT: &str = "content.xml";

/// The formats that a cell's type stands for, in this order.
const CODES: [&str; 7] = [
    "",
    "yyyy-mm-dd",
    "yyyy-mm-dd hh:mm:ss",
    "hh:mm:ss",
    "[h]:mm:ss",
    "0.00%",
    "#,##0.00",
];

impl Workbook {
    pub(crate) fn open(path: &Path, budget: &Budget) -> Result<Self, Failure> {
        let mut container = Container::open(path, budget)?;
        check_password(&mut container)?;
        let sheets = read_sheets(&mut container, budget)?;
        Ok(Self {
            path: path.to_owned(),
            sheets,
            formats: CODES.map(NumberFormat::of_code).to_vec(),
            budget: budget.clone(),
        })
    }
}

fn check_password(container: &mut Container) -> Result<(), Failure> {
    let Some(part) = container.find("META-INF/manifest.xml") else {
        return Ok(());
    };
    let mut text = Vec::new();
    let reader = container.xml(&part)?;
    reader
        .take(1024 * 1024)
        .read_to_end(&mut text)
        .map_err(failure_of)?;
    let is_encrypted = memchr::memmem::find(&text, b"encryption-data").is_some();
    if is_encrypted {
        Err(encrypted())
    } else {
        Ok(())
    }
}

fn content<'a>(
    container: &'a mut Container,
    budget: &Budget,
) -> Result<Xml<Box<dyn Read + 'a>>, Failure> {
    let part = container
        .find(CONTENT)
        .ok_or_else(|| corrupt("no content inside"))?;
    let reader = container.xml(&part)?;
    Ok(Xml::new(reader, budget.limits.cell_bytes))
}

/// The names of the sheets, and which of them a style hides.
fn read_sheets(container: &mut Container, budget: &Budget) -> Result<Vec<SheetName>, Failure> {
    let mut sheets = Vec::new();
    let mut hidden: HashSet<String> = HashSet::new();
    let mut style = String::new();
    let mut xml = content(container, budget)?;
    loop {
        match xml.next()? {
            Token::Open(tag) if tag.name == b"style" => {
                style = tag.text("name")?.unwrap_or_default();
            }
            Token::Open(tag)
                if tag.name == b"table-properties"
                    && tag.attribute("display") == Some(b"false") =>
            {
                hidden.insert(style.clone());
            }
            Token::Open(tag) if is_foreign(&tag) => xml.skip_element()?,
            Token::Open(tag) if tag.qualified == b"table:table" => {
                let style = tag.text("style-name")?.unwrap_or_default();
                sheets.push(SheetName {
                    name: tag.text("name")?.unwrap_or_default(),
                    visible: !hidden.contains(&style),
                });
                if !tag.empty {
                    xml.skip_element()?;
                }
            }
            Token::End => return Ok(sheets),
            _ => {}
        }
    }
}

/// What may hold tables, rows or texts that are not cells of a sheet: deleted content, links,
/// drawings, comments, forms.
fn is_foreign(tag: &Tag<'_>) -> bool {
    let names: [&[u8]; 6] = [
        b"tracked-changes",
        b"dde-links",
        b"shapes",
        b"annotation",
        b"forms",
        b"event-listeners",
    ];
    !tag.empty && (tag.qualified.starts_with(b"draw:") || names.contains(&tag.name))
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
        let name = self.sheets[sheet].name.as_str();
        // All sheets are in one part: what an earlier pass has counted is not counted again.
        let mut container = Container::open(&self.path, &self.budget.fresh())?;
        let mut xml = content(&mut container, &self.budget)?;
        let mut before = sheet;
        loop {
            match xml.next()? {
                Token::Open(tag) if is_foreign(&tag) => xml.skip_element()?,
                Token::Open(tag) if tag.qualified == b"table:table" => {
                    let empty = tag.empty;
                    if before == 0 && empty {
                        return Ok(Facts::default());
                    }
                    if before == 0 {
                        let read = cells::Reader::new(xml, each).read();
                        return read.map_err(|failure| failure.with("sheet", name));
                    }
                    before -= 1;
                    if !empty {
                        xml.skip_element()?;
                    }
                }
                Token::End => return Err(corrupt("the content ends too early")),
                _ => {}
            }
        }
    }
}
