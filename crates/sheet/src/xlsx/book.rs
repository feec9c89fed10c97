//! The small parts that say where the large ones are.

use crate::{
    Budget, Failure, SheetName,
    container::{Container, corrupt},
    package::{Relation, read_relations, relations_of},
    xml::{Token, Xml},
};

pub(super) struct Book {
    pub(super) sheets: Vec<SheetName>,
    pub(super) parts: Vec<String>,
    pub(super) strings: Option<String>,
    pub(super) styles: Option<String>,
    pub(super) is_1904: bool,
}

pub(super) fn read(container: &mut Container, budget: &Budget) -> Result<Book, Failure> {
    let workbook = workbook_part(container, budget)?;
    let relations = match container.find(&relations_of(&workbook)) {
        Some(part) => read_relations(container, &part, &workbook, budget)?,
        None => Vec::new(),
    };
    let mut book = read_workbook(container, &workbook, &relations, budget)?;
    let of_kind = |kind: &str| {
        let relation = relations
            .iter()
            .find(|relation| relation.kind.ends_with(kind));
        relation.and_then(|relation| container.find(&relation.target))
    };
    book.strings = of_kind("/sharedStrings");
    book.styles = of_kind("/styles");
    Ok(book)
}

/// The package's own relations name the workbook; almost always the usual place.
fn workbook_part(container: &mut Container, budget: &Budget) -> Result<String, Failure> {
    if let Some(part) = container.find("xl/workbook.xml") {
        return Ok(part);
    }
    let part = container
        .find("_rels/.rels")
        .ok_or_else(|| corrupt("no workbook inside"))?;
    let relations = read_relations(container, &part, "", budget)?;
    let mut found = relations
        .iter()
        .filter(|relation| relation.kind.ends_with("/officeDocument"));
    let target = found
        .next()
        .and_then(|relation| container.find(&relation.target));
    target.ok_or_else(|| corrupt("no workbook inside"))
}

fn read_workbook(
    container: &mut Container,
    part: &str,
    relations: &[Relation],
    budget: &Budget,
) -> Result<Book, Failure> {
    let mut book = Book {
        sheets: Vec::new(),
        parts: Vec::new(),
        strings: None,
        styles: None,
        is_1904: false,
    };
    let mut found = Vec::new();
    let mut xml = Xml::new(container.xml(part)?, budget.limits.cell_bytes);
    let mut in_extension = 0_u32;
    loop {
        match xml.next()? {
            Token::Open(tag) if tag.name == b"extLst" && !tag.empty => in_extension += 1,
            Token::Close(b"extLst") => in_extension = in_extension.saturating_sub(1),
            Token::Open(tag) if tag.name == b"workbookPr" && in_extension == 0 => {
                let flag = tag.attribute("date1904");
                book.is_1904 |= matches!(flag, Some(b"1" | b"true" | b"on"));
            }
            Token::Open(tag) if tag.name == b"sheet" && in_extension == 0 => {
                let name = tag.text("name")?.unwrap_or_default();
                let visible = tag
                    .attribute("state")
                    .is_none_or(|state| state == b"visible");
                found.push((SheetName { name, visible }, tag.text("id")?));
            }
            Token::End => break,
            _ => {}
        }
    }
    drop(xml);
    for (sheet, id) in found {
        let relation = relations
            .iter()
            .find(|relation| Some(&relation.id) == id.as_ref());
        // Chart and dialog sheets have no cells.
        let Some(relation) = relation.filter(|relation| relation.kind.ends_with("/worksheet"))
        else {
            continue;
        };
        let part = container.find(&relation.target);
        let missing = || corrupt(format!("{} is missing", relation.target));
        book.parts.push(part.ok_or_else(missing)?);
        book.sheets.push(sheet);
    }
    Ok(book)
}
