//! The cells of a sheet: rows and cells that are repeated are written once.

use std::io::Read;

use super::{is_foreign, paragraph};
use crate::{
    COLUMN_LAST, Facts, Failure, FailureCode, ROW_LAST, Row, RowSink, Value,
    container::corrupt,
    is_canonical, parse_date,
    xml::{Tag, Token, Xml, unescape},
};

const DATE: u16 = 1;
const MOMENT: u16 = 2;
const TIME: u16 = 3;
const ELAPSED: u16 = 4;
const SHARE: u16 = 5;
const MONEY: u16 = 6;

pub(super) struct Reader<'a, R> {
    xml: Xml<R>,
    each: RowSink<'a>,
    row: Row,
    /// Of the row being read, and how often it stands there.
    number: u32,
    repeated: u32,
    column: u32,
    /// Of the cell being read, reused.
    text: String,
}

/// What the attributes of a cell say.
#[derive(Default)]
struct Head {
    kind: Vec<u8>,
    /// Of a number, a date, a time or a bool.
    value: String,
    /// A text that is not written out as paragraphs.
    string: Option<String>,
    has_formula: bool,
    is_error: bool,
    repeated: u32,
}

impl<'a, R: Read> Reader<'a, R> {
    pub(super) fn new(xml: Xml<R>, each: RowSink<'a>) -> Self {
        Self {
            xml,
            each,
            row: Row::default(),
            number: 0,
            repeated: 1,
            column: 0,
            text: String::new(),
        }
    }

    /// Reads up to the closing tag of the sheet.
    pub(super) fn read(mut self) -> Result<Facts, Failure> {
        loop {
            match self.xml.next()? {
                Token::Open(tag) if is_foreign(&tag) => self.xml.skip_element()?,
                // A table inside a cell.
                Token::Open(tag) if tag.name == b"table" && !tag.empty => {
                    self.xml.skip_element()?;
                }
                Token::Open(tag) if tag.name == b"table-row" => {
                    self.repeated = count(&tag, "number-rows-repeated");
                    self.row.start(self.number);
                    self.column = 0;
                    if tag.empty {
                        self.end_row()?;
                    }
                }
                Token::Open(tag)
                    if tag.name == b"table-cell" || tag.name == b"covered-table-cell" =>
                {
                    let (head, empty) = (head(&tag)?, tag.empty);
                    self.text.clear();
                    let has_text = !empty && self.read_text()?;
                    self.cell(&head, has_text)?;
                }
                Token::Close(b"table-row") => self.end_row()?,
                Token::Close(b"table") => return Ok(Facts::default()),
                Token::End => return Err(corrupt("the sheet ends too early")),
                _ => {}
            }
        }
    }

    /// The paragraphs of a cell, up to its closing tag; false: there are none.
    fn read_text(&mut self) -> Result<bool, Failure> {
        let mut any = false;
        loop {
            match self.xml.next()? {
                Token::Open(tag) if is_foreign(&tag) => self.xml.skip_element()?,
                Token::Open(tag) if tag.name == b"table" && !tag.empty => {
                    self.xml.skip_element()?;
                }
                Token::Open(tag) if tag.name == b"p" || tag.name == b"h" => {
                    if any {
                        self.text.push('\n');
                    }
                    any = true;
                    if !tag.empty {
                        paragraph::read(&mut self.xml, &mut self.text)?;
                    }
                }
                Token::Close(b"table-cell" | b"covered-table-cell") => return Ok(any),
                Token::End => return Err(corrupt("the sheet ends inside a cell")),
                _ => {}
            }
        }
    }

    fn cell(&mut self, head: &Head, has_text: bool) -> Result<(), Failure> {
        let first = self.column;
        self.column = self.column.saturating_add(head.repeated);
        let Some(value) = value(head, has_text, &self.text, &mut self.row) else {
            return Ok(());
        };
        if self.column > COLUMN_LAST + 1 {
            return Err(beyond());
        }
        for column in first..self.column {
            self.row.push(column, value);
        }
        Ok(())
    }

    fn end_row(&mut self) -> Result<(), Failure> {
        let first = self.number;
        self.number = self.number.saturating_add(self.repeated);
        if self.row.cells.is_empty() {
            return Ok(());
        }
        if self.number > ROW_LAST + 1 {
            return Err(beyond());
        }
        for number in first..self.number {
            self.row.number = number;
            (self.each)(&mut self.row)?;
        }
        Ok(())
    }
}

fn beyond() -> Failure {
    Failure::new(FailureCode::ParseError, "单元格位置超出表格范围")
}

fn count(tag: &Tag<'_>, name: &str) -> u32 {
    let count = tag.attribute(name).map(String::from_utf8_lossy);
    let count = count.and_then(|count| count.trim().parse::<u32>().ok());
    count.unwrap_or(1).max(1)
}

fn head(tag: &Tag<'_>) -> Result<Head, Failure> {
    let mut head = Head {
        repeated: 1,
        ..Head::default()
    };
    for (name, value) in tag.attributes() {
        match name {
            b"office:value-type" => head.kind = value.to_vec(),
            b"office:value"
            | b"office:date-value"
            | b"office:time-value"
            | b"office:boolean-value" => head.value = unescape(value)?.into_owned(),
            b"office:string-value" => head.string = Some(unescape(value)?.into_owned()),
            b"table:formula" => head.has_formula = true,
            // LibreOffice says of an error that it is a text, and here what it is.
            b"calcext:value-type" => head.is_error = value == b"error",
            b"table:number-columns-repeated" => {
                head.repeated = count(tag, "number-columns-repeated");
            }
            _ => {}
        }
    }
    Ok(head)
}

fn value(head: &Head, has_text: bool, text: &str, row: &mut Row) -> Option<Value> {
    // Excel writes the error of a formula as the number 0 that is shown as #N/A.
    let is_error = head.is_error || (head.has_formula && is_error_text(text));
    if is_error && !text.is_empty() {
        return Some(Value::Error(row.keep(text)));
    }
    let number = |value: f64, format| Value::Number {
        value,
        exact: is_canonical(value),
        format,
    };
    let parsed = match head.kind.as_slice() {
        b"float" => decimal(&head.value).map(|value| number(value, 0)),
        b"percentage" => decimal(&head.value).map(|value| number(value, SHARE)),
        b"currency" => decimal(&head.value).map(|value| number(value, MONEY)),
        b"date" => parse_date(head.value.trim()).map(|serial| {
            let format = if serial.fract() == 0.0 { DATE } else { MOMENT };
            number(serial, format)
        }),
        b"time" => duration(head.value.trim()).map(|serial| {
            let format = if serial < 1.0 { TIME } else { ELAPSED };
            number(serial, format)
        }),
        b"boolean" => Some(Value::Bool(head.value == "true")),
        _ => None,
    };
    if parsed.is_some() {
        return parsed;
    }
    // A date before 1900 and whatever else has no number is what it is shown as.
    let shown = match &head.string {
        Some(string) if !has_text => string.as_str(),
        _ if has_text => text,
        _ => head.value.as_str(),
    };
    (!shown.is_empty()).then(|| Value::Text(row.keep(shown)))
}

fn decimal(text: &str) -> Option<f64> {
    let value: f64 = text.trim().parse().ok()?;
    value.is_finite().then_some(value)
}

fn is_error_text(text: &str) -> bool {
    let known = [
        "#NULL!",
        "#DIV/0!",
        "#VALUE!",
        "#REF!",
        "#NAME?",
        "#NUM!",
        "#N/A",
        "#GETTING_DATA",
        "#SPILL!",
        "#CALC!",
        "#FIELD!",
        "#BLOCKED!",
        "#UNKNOWN!",
        "#CONNECT!",
    ];
    known.contains(&text) || (text.starts_with("Err:") && text.len() == 7)
}

/// PT12H30M15S as a fraction of a day.
fn duration(text: &str) -> Option<f64> {
    let (sign, text) = match text.strip_prefix('-') {
        Some(text) => (-1.0, text),
        None => (1.0, text),
    };
    let mut seconds = 0.0;
    let (days, mut rest) = text.strip_prefix('P')?.split_once('T')?;
    if let Some(days) = days.strip_suffix('D') {
        seconds += days.parse::<f64>().ok()? * 86_400.0;
    } else if !days.is_empty() {
        return None;
    }
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
    Some(sign * seconds / 86_400.0)
}
