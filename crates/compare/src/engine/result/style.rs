//! How cells look. Colours never carry a meaning alone: words do too.

use std::collections::HashMap;

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

/// Formats by look and number format; each is made once.
#[derive(Default)]
pub(super) struct Styles {
    made: HashMap<(Class, String, bool), Format>,
}

impl Styles {
    /// `guarded`: editing the cell must not turn its text into a formula.
    pub(super) fn get(&mut self, class: Class, code: &str, guarded: bool) -> &Format {
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
