use calamine::{Data, DataRef, ExcelDateTime};

use crate::{
    engine::value::{is_fifteen_digits, parse_date},
    sheet::{NumberFormat, Row, Value},
};

const DATE: u16 = 1;
const MOMENT: u16 = 2;
const TIME: u16 = 3;
const ELAPSED: u16 = 4;
const EPOCH_1904: f64 = 1462.0;

/// The library says that a number is a date, not how it was shown.
pub(super) fn formats() -> Vec<NumberFormat> {
    let codes = [
        "",
        "yyyy-mm-dd",
        "yyyy-mm-dd hh:mm:ss",
        "hh:mm:ss",
        "[h]:mm:ss",
    ];
    let format = |code: &str| NumberFormat {
        code: code.to_owned(),
        is_date: !code.is_empty(),
    };
    codes.into_iter().map(format).collect()
}

/// The other form of the library's values.
pub(super) fn borrowed(value: &Data) -> DataRef<'_> {
    match value {
        Data::Int(value) => DataRef::Int(*value),
        Data::Float(value) => DataRef::Float(*value),
        Data::String(text) => DataRef::SharedString(text),
        Data::Bool(value) => DataRef::Bool(*value),
        Data::DateTime(moment) => DataRef::DateTime(*moment),
        Data::DateTimeIso(text) => DataRef::DateTimeIso(text.clone()),
        Data::DurationIso(text) => DataRef::DurationIso(text.clone()),
        Data::Error(error) => DataRef::Error(error.clone()),
        Data::Empty => DataRef::Empty,
    }
}

pub(super) fn push(row: &mut Row, column: u32, value: &DataRef<'_>, is_1904: bool) {
    let value = match value {
        DataRef::Empty => return,
        DataRef::Int(value) => number(*value as f64, 0),
        DataRef::Float(value) => number(*value, 0),
        DataRef::Bool(value) => Value::Bool(*value),
        DataRef::String(text) => match text.as_str() {
            "" => return,
            text => Value::Text(row.keep(text)),
        },
        DataRef::SharedString(text) => match *text {
            "" => return,
            text => Value::Text(row.keep(text)),
        },
        DataRef::DateTime(moment) => date(moment, is_1904),
        DataRef::DateTimeIso(text) => match parse_date(text.trim()) {
            Some(serial) => number(serial, format_of(serial)),
            None => Value::Text(row.keep(text)),
        },
        DataRef::DurationIso(text) => match duration(text) {
            Some(serial) => number(serial, if serial < 1.0 { TIME } else { ELAPSED }),
            None => Value::Text(row.keep(text)),
        },
        DataRef::Error(error) => Value::Error(row.keep(&error.to_string())),
    };
    row.push(column, value);
}

fn number(value: f64, format: u16) -> Value {
    Value::Number {
        value,
        exact: is_fifteen_digits(value),
        format,
    }
}

fn date(moment: &ExcelDateTime, is_1904: bool) -> Value {
    let serial = moment.as_f64();
    if moment.is_duration() {
        return number(serial, ELAPSED);
    }
    let serial = if is_1904 { serial + EPOCH_1904 } else { serial };
    number(serial, format_of(serial))
}

fn format_of(serial: f64) -> u16 {
    if serial.fract() == 0.0 {
        DATE
    } else if serial < 1.0 {
        TIME
    } else {
        MOMENT
    }
}

/// PT12H30M15S as a fraction of a day.
fn duration(text: &str) -> Option<f64> {
    let mut seconds = 0.0;
    let mut rest = text.strip_prefix("PT")?;
    while !rest.is_empty() {
        let end = rest.find(|unit: char| unit.is_ascii_alphabetic())?;
        let amount: f64 = rest[..end].replace(',', ".").parse().ok()?;
        seconds += amount
            * match &rest[end..=end] {
                "H" => 3600.0,
                "M" => 60.0,
                "S" => 1.0,
                _ => return None,
            };
        rest = &rest[end + 1..];
    }
    Some(seconds / 86_400.0)
}
