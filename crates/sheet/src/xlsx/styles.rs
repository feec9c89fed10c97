//! The styles part: which number format each style of a cell has.

use crate::{
    Budget, Failure,
    container::Container,
    formats::Formats,
    xml::{Tag, Token, Xml},
};

pub(super) fn read(
    container: &mut Container,
    part: &str,
    is_1904: bool,
    budget: &Budget,
) -> Result<Formats, Failure> {
    let mut styles = Formats::none(is_1904);
    let mut custom: Vec<(u32, String)> = Vec::new();
    let mut in_cell_styles = false;
    let mut xml = Xml::new(container.xml(part)?, budget.limits.cell_bytes);
    loop {
        match xml.next()? {
            Token::Open(tag) if tag.name == b"numFmt" => {
                if let (Some(id), Some(code)) = (number(&tag, "numFmtId"), tag.text("formatCode")?)
                {
                    custom.push((id, code));
                }
            }
            Token::Open(tag) if tag.name == b"cellXfs" => in_cell_styles = !tag.empty,
            Token::Close(b"cellXfs") => in_cell_styles = false,
            Token::Open(tag) if tag.name == b"xf" && in_cell_styles => {
                let id = number(&tag, "numFmtId").unwrap_or(0);
                styles.add_style(id, &custom);
            }
            Token::End => return Ok(styles),
            _ => {}
        }
    }
}

fn number(tag: &Tag<'_>, name: &str) -> Option<u32> {
    std::str::from_utf8(tag.attribute(name)?)
        .ok()?
        .trim()
        .parse()
        .ok()
}
