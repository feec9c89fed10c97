//! Open packages: parts and the relations that say which is which.

use crate::{
    Budget, Failure,
    container::Container,
    xml::{Token, Xml},
};

pub(crate) struct Relation {
    pub(crate) id: String,
    pub(crate) kind: String,
    pub(crate) target: String,
}

/// `xl/_rels/workbook.xml.rels` for `xl/workbook.xml`.
pub(crate) fn relations_of(part: &str) -> String {
    let part = part.replace('\\', "/");
    match part.rsplit_once('/') {
        Some((folder, name)) => format!("{folder}/_rels/{name}.rels"),
        None => format!("_rels/{part}.rels"),
    }
}

pub(crate) fn read_relations(
    container: &mut Container,
    part: &str,
    owner: &str,
    budget: &Budget,
) -> Result<Vec<Relation>, Failure> {
    let mut relations = Vec::new();
    let mut xml = Xml::new(container.xml(part)?, budget.limits.cell_bytes);
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
