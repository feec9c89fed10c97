//! Number formats: which numbers are dates, and how numbers were shown.

use super::{Value, number::is_canonical};

/// How a number is shown.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NumberFormat {
    /// As Excel writes it; empty: general.
    pub code: String,
    pub is_date: bool,
    /// A time of day or a duration: it shows no day, so it counts from no epoch.
    pub is_time: bool,
}

impl NumberFormat {
    pub(crate) fn of_code(code: &str) -> Self {
        let code = if code.eq_ignore_ascii_case("general") {
            ""
        } else {
            code
        };
        let shows = shows(code);
        Self {
            code: code.to_owned(),
            is_date: shows != Shows::Number,
            is_time: shows == Shows::Time,
        }
    }
}

/// Days from the 1900 system to the 1904 system.
const EPOCH_1904: f64 = 1462.0;
/// Distinct formats that are kept; cells with others are shown plainly.
const FORMATS_MAX: usize = 200;

#[derive(Debug)]
pub(crate) struct Formats {
    /// The first is the general format.
    pub(crate) formats: Vec<NumberFormat>,
    /// From a cell's style to its format.
    by_style: Vec<u16>,
    /// Serial numbers count from 1904.
    pub(crate) is_1904: bool,
}

impl Formats {
    pub(crate) fn none(is_1904: bool) -> Self {
        Self {
            formats: vec![NumberFormat::default()],
            by_style: Vec::new(),
            is_1904,
        }
    }

    pub(crate) fn format(&self, style: usize) -> u16 {
        self.by_style.get(style).copied().unwrap_or(0)
    }

    /// Adds the format of the next style.
    pub(crate) fn add_style(&mut self, id: u32, custom: &[(u32, String)]) {
        let index = self.place(find_format(id, custom));
        self.by_style.push(index);
    }

    /// A number in a format, as its serial number in the 1900 system if it is a day.
    pub(crate) fn number(&self, value: f64, exact: bool, format: u16) -> Value {
        let shown = &self.formats[usize::from(format)];
        let shift = self.is_1904 && shown.is_date && !shown.is_time;
        Value::Number {
            value: if shift { value + EPOCH_1904 } else { value },
            exact: exact && !shift,
            format,
        }
    }

    /// A number that was stored as a double.
    pub(crate) fn double(&self, value: f64, format: u16) -> Value {
        self.number(value, is_canonical(value), format)
    }
}

impl Formats {
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

fn find_format(id: u32, custom: &[(u32, String)]) -> NumberFormat {
    if let Some((_, code)) = custom.iter().find(|(known, _)| *known == id) {
        return NumberFormat::of_code(code);
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
        is_time: matches!(id, 18..=21 | 32..=35 | 45..=47 | 55 | 56),
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shows {
    Number,
    /// Hours, minutes or seconds, and no day.
    Time,
    Date,
}

/// What the first section of a format shows.
fn shows(code: &str) -> Shows {
    let (mut time, mut month, mut day) = (false, false, false);
    let mut characters = code.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            // What follows is literal, padding or filling.
            '\\' | '_' | '*' => drop(characters.next()),
            '"' => while characters.next().is_some_and(|inner| inner != '"') {},
            ';' => break,
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
                time |= elapsed;
            }
            'd' | 'y' | 'D' | 'Y' => day = true,
            // A month, unless hours or seconds make it minutes.
            'm' | 'M' => month = true,
            'h' | 's' | 'H' | 'S' => time = true,
            // AM/PM and A/P.
            'a' | 'A'
                if characters
                    .peek()
                    .is_some_and(|next| "pPmM/".contains(*next)) =>
            {
                time = true;
            }
            _ => {}
        }
    }
    match (day, time, month) {
        (true, _, _) | (false, false, true) => Shows::Date,
        (false, true, _) => Shows::Time,
        (false, false, false) => Shows::Number,
    }
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
            assert_ne!(shows(code), Shows::Number, "{code}");
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
            assert_eq!(shows(code), Shows::Number, "{code}");
        }
        for code in ["h:mm", "[h]:mm:ss", "mm:ss.0", "上午/下午h:mm"] {
            assert_eq!(shows(code), Shows::Time, "{code}");
        }
        for code in ["yyyy-mm-dd hh:mm", "mmm", "m/d"] {
            assert_eq!(shows(code), Shows::Date, "{code}");
        }
    }
}
