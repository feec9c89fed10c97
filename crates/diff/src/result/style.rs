//! How cells look. Colours never carry a meaning alone: words do too.

use std::collections::{HashMap, HashSet};

use rust_xlsxwriter::{Color, Format, FormatAlign};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Class {
    Plain,
    Header,
    Title,
    Label,
    Key,
    Context,
    Old,
    New,
    TypeOnly,
    Warning,
}

/// Number formats that are kept in a result.
const CODES_MAX: usize = 200;

/// Formats by look and number format; each is made once.
#[derive(Default)]
pub(super) struct Styles {
    made: HashMap<(Class, String, bool), Format>,
    codes: HashSet<String>,
}

impl Styles {
    /// `guarded`: editing the cell must not turn its text into a formula. Number formats beyond
    /// the first [`CODES_MAX`] are dropped: a workbook with too many styles does not open.
    pub(super) fn get(&mut self, class: Class, code: &str, guarded: bool) -> &Format {
        let known = self.codes.len() < CODES_MAX || self.codes.contains(code);
        let code = if known { code } else { "" };
        if !self.codes.contains(code) {
            self.codes.insert(code.to_owned());
        }
        self.made
            .entry((class, code.to_owned(), guarded))
            .or_insert_with(|| {
                let mut format = look(class);
                if !code.is_empty() {
                    format = format.set_num_format(code);
                }
                if guarded {
                    format = format.set_quote_prefix();
                }
                format
            })
    }
}

fn look(class: Class) -> Format {
    let format = Format::new();
    let filled = |fill: u32, font: u32| {
        Format::new()
            .set_background_color(Color::RGB(fill))
            .set_font_color(Color::RGB(font))
    };
    match class {
        Class::Plain => format,
        Class::Header => filled(0x0030_5496, 0x00FF_FFFF)
            .set_bold()
            .set_align(FormatAlign::VerticalCenter),
        Class::Title => format.set_bold().set_font_size(14.0),
        Class::Label | Class::Key => format.set_bold(),
        Class::Context => format.set_font_color(Color::RGB(0x0080_8080)),
        Class::Old => filled(0x00FF_C7CE, 0x009C_0006),
        Class::New => filled(0x00C6_EFCE, 0x0000_6100),
        Class::TypeOnly => filled(0x00FF_EB9C, 0x009C_5700),
        Class::Warning => format.set_font_color(Color::RGB(0x00C0_0000)).set_bold(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn styles_are_bounded() {
        let mut styles = Styles::default();
        for number in 0..1000 {
            styles.get(Class::Plain, &format!("0.00\"{number}\""), false);
        }
        assert!(styles.made.len() <= CODES_MAX + 1);
    }
}
