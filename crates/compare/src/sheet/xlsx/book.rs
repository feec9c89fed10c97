//! The small parts that say where the large ones are.

use super::{
    super::{
        Budget, SheetName,
        container::{Container, corrupt},
        xml::{Token, Xml},
    },
    Refusal,
};
use crate::engine::Failure;

pub(super) struct Book {
    pub(super) sheets: Vec<SheetName>,
    pub(super) parts: Vec<String>,
    pub(super) strings: Option<String>,
    pub(super) styles: Option<String>,
    pub(super) is_1904: bool,
}

struct Relation {
    id: String,
    kind: String,
    target: String,
}

pub(super) fn read(container: &mut Container, budget: &Budget) -> Result<Book, Refusal> {
    let workbook = workbook_part(container, budget)?;
    let relations = match container.find(&relations_of(&workbook)) {
        Some(part) => read_relations(container, &part, &workbook, budget)?,
        None => Vec::new(),
    };
    check_encoding(container, &workbook)?;
    let mut book = read_workbook(container, &workbook, &relations, budget)?;
    let of_kind = |kind: &str| {
        let relation = relations
            .iter()
            .find(|relation| relation.kind.ends_with(kind));
        relation.and_then(|relation| container.find(&relation.target))
    };
    book.strings = of_kind("/sharedStrings");
    book.styles = of_kind("/styles");
    for part in book.parts.iter().chain(&book.strings) {
        check_encoding(container, part)?;
    }
    Ok(book)
}

/// The package's own relations name the workbook; almost always the usual place.
fn workbook_part(container: &mut Container, budget: &Budget) -> Result<String, Refusal> {
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
    Ok(target.ok_or_else(|| corrupt("no workbook inside"))?)
}

/// Other encodings than UTF-8 are legal and never seen but in tests.
fn check_encoding(container: &mut Container, part: &str) -> Result<(), Refusal> {
    use std::io::Read;
    let mut head = Vec::new();
    let reader = container.part(part)?;
    reader
        .take(200)
        .read_to_end(&mut head)
        .map_err(super::super::container::failure_of)?;
    let head_text = String::from_utf8_lossy(&head).to_ascii_lowercase();
    let declared = head_text
        .split("encoding=")
        .nth(1)
        .map(|rest| rest.trim_start_matches(['"', '\'']));
    let utf8 =
        declared.is_none_or(|name| name.starts_with("utf-8") || name.starts_with("us-ascii"));
    if head.starts_with(&[0xFF, 0xFE])
        || head.starts_with(&[0xFE, 0xFF])
        || head.contains(&0)
        || !utf8
    {
        return Err(Refusal::Uncommon);
    }
    Ok(())
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
    let mut xml = Xml::new(container.part(part)?, budget.limits.cell_bytes);
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

/// `xl/_rels/workbook.xml.rels` for `xl/workbook.xml`.
fn relations_of(part: &str) -> String {
    let part = part.replace('\\', "/");
    match part.rsplit_once('/') {
        Some((folder, name)) => format!("{folder}/_rels/{name}.rels"),
        None => format!("_rels/{part}.rels"),
    }
}

fn read_relations(
    container: &mut Container,
    part: &str,
    owner: &str,
    budget: &Budget,
) -> Result<Vec<Relation>, Failure> {
    let mut relations = Vec::new();
    let mut xml = Xml::new(container.part(part)?, budget.limits.cell_bytes);
    loop {
        match xml.next()? {
            Token::Open(tag) if tag.name == b"Relationship" => relations.push(Relation {
                id: tag.text("Id")?.unwrap_or_default(),
                kind: tag.text("Type")?.unwrap_or_default(),
                target: resolve(owner, &tag.text("Target")?.unwrap_or_default()),
            }),
            Token::End => return Ok(relations),
            _ => {}
        }
    }
}

/// A target as a path from the container's root.
fn resolve(owner: &str, target: &str) -> String {
    let target = target.replace('\\', "/");
    if let Some(absolute) = target.strip_prefix('/') {
        return absolute.to_owned();
    }
    let owner = owner.replace('\\', "/");
    let mut path: Vec<&str> = owner.split('/').collect();
    path.pop();
    for step in target.split('/') {
        match step {
            "." | "" => {}
            ".." => drop(path.pop()),
            step => path.push(step),
        }
    }
    path.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_relative_to_their_owner() {
        assert_eq!(
            resolve("xl/workbook.xml", "worksheets/sheet1.xml"),
            "xl/worksheets/sheet1.xml"
        );
        assert_eq!(
            resolve("xl/workbook.xml", "/xl/styles.xml"),
            "xl/styles.xml"
        );
        assert_eq!(resolve("xl/workbook.xml", "../other/a.xml"), "other/a.xml");
        assert_eq!(
            relations_of("xl/workbook.xml"),
            "xl/_rels/workbook.xml.rels"
        );
    }
}
