//! Number formats: which numbers are dates, and how numbers were shown.

use super::super::{
    Budget, NumberFormat,
    container::Container,
    xml::{Tag, Token, Xml},
};
use crate::engine::Failure;

/// Distinct formats that are kept; cells with others are shown plainly.
const FORMATS_MAX: usize = 200;

#[derive(Debug)]
pub(super) struct Styles {
    /// The first is the general format.
    pub(super) formats: Vec<NumberFormat>,
    /// From a cell's style to its format.
    by_style: Vec<u16>,
    /// Serial numbers count from 1904.
    pub(super) is_1904: bool,
}

impl Styles {
    pub(super) fn none(is_1904: bool) -> Self {
        Self {
            formats: vec![NumberFormat::default()],
            by_style: Vec::new(),
            is_1904,
        }
    }

    pub(super) fn format(&self, style: usize) -> u16 {
        self.by_style.get(style).copied().unwrap_or(0)
    }

    pub(super) fn is_date(&self, format: u16) -> bool {
        self.formats[usize::from(format)].is_date
    }
}

pub(super) fn read(
    container: &mut Container,
    part: &str,
    is_1904: bool,
    budget: &Budget,
) -> Result<Styles, Failure> {
    let mut styles = Styles::none(is_1904);
    let mut custom: Vec<(u32, String)> = Vec::new();
    let mut in_cell_styles = false;
    let mut xml = Xml::new(container.part(part)?, budget.limits.cell_bytes);
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
                let format = find_format(id, &custom);
                let index = styles.place(format);
                styles.by_style.push(index);
            }
            Token::End => return Ok(styles),
            _ => {}
        }
    }
}

impl Styles {
    fn place(&mut self, format: NumberFormat) -> u16 {
        if let Some(index) = self.formats.iter().position(|known| *known == format) {
            return index as u16;
        }
        if self.formats.len() >= FORMATS_MAX && !format.is_date {
            return 0;
        }
        if self.formats.len() >= FORMATS_MAX * 2 {
            let date = self.formats.iter().position(|known| known.is_date);
            return date.unwrap_or(0) as u16;
        }
        self.formats.push(format);
        (self.formats.len() - 1) as u16
    }
}

fn number(tag: &Tag<'_>, name: &str) -> Option<u32> {
    std::str::from_utf8(tag.attribute(name)?)
        .ok()?
        .trim()
        .parse()
        .ok()
}

fn find_format(id: u32, custom: &[(u32, String)]) -> NumberFormat {
    if let Some((_, code)) = custom.iter().find(|(known, _)| *known == id) {
        let code = if code.eq_ignore_ascii_case("general") {
            ""
        } else {
            code.as_str()
        };
        return NumberFormat {
            code: code.to_owned(),
            is_date: is_date_code(code),
        };
    }
    let code = match id {
        1 => "0",
        2 => "0.00",
        3 | 37 | 38 => "#,##0",
        4 | 39 | 40 => "#,##0.00",
        9 => "0%",
        10 => "0.00%",
        11 => "0.00E+00",
        12 => "# ?/?",
        13 => "# ??/??",
        14..=17 | 27..=31 | 36 | 50..=54 | 57 | 58 => "yyyy-mm-dd",
        18..=21 | 32..=35 | 55 | 56 => "hh:mm:ss",
        22 => "yyyy-mm-dd hh:mm",
        45 | 47 => "mm:ss",
        46 => "[h]:mm:ss",
        48 => "##0.0E+0",
        49 => "@",
        _ => "",
    };
    let is_date = matches!(id, 14..=22 | 27..=36 | 45..=47 | 50..=58);
    NumberFormat {
        code: code.to_owned(),
        is_date,
    }
}

/// Whether the first section of a format shows parts of a date or a time.
pub(super) fn is_date_code(code: &str) -> bool {
    let mut characters = code.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            // What follows is literal, padding or filling.
            '\\' | '_' | '*' => drop(characters.next()),
            '"' => while characters.next().is_some_and(|inner| inner != '"') {},
            ';' => return false,
            '[' => {
                let inner: String = characters
                    .by_ref()
                    .take_while(|&inner| inner != ']')
                    .collect();
                let unit = inner.chars().next().map(|first| first.to_ascii_lowercase());
                let elapsed = unit.is_some_and(|unit| {
                    "hms".contains(unit)
                        && inner.chars().all(|other| other.eq_ignore_ascii_case(&unit))
                });
                if elapsed {
                    return true;
                }
            }
            'd' | 'm' | 'h' | 'y' | 's' | 'D' | 'M' | 'H' | 'Y' | 'S' => return true,
            // AM/PM and A/P.
            'a' | 'A'
                if characters
                    .peek()
                    .is_some_and(|next| "pPmM/".contains(*next)) =>
            {
                return true;
            }
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_told_from_numbers() {
        for code in [
            "yyyy-mm-dd",
            "yyyy\"年\"m\"月\"d\"日\"",
            "[h]:mm",
            "[$-804]yyyy/m/d",
            "上午/下午h:mm",
            "AM/PM",
        ] {
            assert!(is_date_code(code), "{code}");
        }
        for code in [
            "0.00",
            "#,##0\"days\"",
            "[Red]0",
            "\\d0",
            "0;d",
            "[$-804]aaaa",
            "@",
            "",
        ] {
            assert!(!is_date_code(code), "{code}");
        }
    }
}
