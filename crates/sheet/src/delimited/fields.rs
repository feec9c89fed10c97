//! Lines into fields: quotes as in RFC 4180, tolerant where spreadsheets are.

use memchr::memchr3;

use crate::{
    {COLUMN_LAST, Row, RowSink, Value}, {Failure, FailureCode},
};

#[derive(Clone, Copy, PartialEq)]
enum State {
    Start,
    Bare,
    Quoted,
    /// After a quote inside quotes: the end, or half of an escaped one.
    MaybeEnd,
}

pub(super) struct Splitter {
    separator: u8,
    state: State,
    field: String,
    column: u32,
    record: u32,
    /// For messages, counted from 1.
    line: u64,
    quote_line: u64,
    after_return: bool,
    field_max: usize,
}

impl Splitter {
    pub(super) fn new(separator: u8, field_max: u64) -> Self {
        Self {
            separator,
            state: State::Start,
            field: String::new(),
            column: 0,
            record: 0,
            line: 1,
            quote_line: 0,
            after_return: false,
            field_max: field_max as usize,
        }
    }

    pub(super) fn feed(
        &mut self,
        text: &str,
        row: &mut Row,
        each: RowSink<'_>,
    ) -> Result<(), Failure> {
        let bytes = text.as_bytes();
        let mut at = 0;
        while at < bytes.len() {
            let byte = bytes[at];
            if std::mem::take(&mut self.after_return) && byte == b'\n' && self.state == State::Start
            {
                at += 1;
                continue;
            }
            match (self.state, byte) {
                (State::Quoted, b'"') => self.state = State::MaybeEnd,
                (State::Quoted, _) => {
                    let rest = &text[at..];
                    let run = rest.find('"').unwrap_or(rest.len());
                    self.line += rest[..run].bytes().filter(|&byte| byte == b'\n').count() as u64;
                    self.append(&rest[..run])?;
                    at += run;
                    continue;
                }
                (State::MaybeEnd, b'"') => {
                    self.append("\"")?;
                    self.state = State::Quoted;
                }
                (State::Start, b'"') => {
                    self.state = State::Quoted;
                    self.quote_line = self.line;
                }
                (_, b'\n' | b'\r') => {
                    self.end_record(row, each)?;
                    self.after_return = byte == b'\r';
                }
                (_, byte) if byte == self.separator => self.end_field(row)?,
                _ => {
                    let rest = &text[at..];
                    let run = memchr3(self.separator, b'\n', b'\r', rest.as_bytes());
                    let run = run.unwrap_or(rest.len());
                    self.append(&rest[..run])?;
                    self.state = State::Bare;
                    at += run;
                    continue;
                }
            }
            at += 1;
        }
        Ok(())
    }

    pub(super) fn finish(&mut self, row: &mut Row, each: RowSink<'_>) -> Result<(), Failure> {
        if self.state == State::Quoted {
            let message = format!("第{}行引号未闭合,请检查后重传", self.quote_line);
            let failure = Failure::new(FailureCode::CsvMalformed, message);
            return Err(failure.with("line", self.quote_line));
        }
        if self.state != State::Start || self.column > 0 {
            self.end_record(row, each)?;
        }
        Ok(())
    }

    fn append(&mut self, text: &str) -> Result<(), Failure> {
        self.field.push_str(text);
        if self.field.len() <= self.field_max {
            return Ok(());
        }
        let message = format!("第{}行有异常地长的文本,已拒绝", self.line);
        Err(Failure::new(FailureCode::TextTooLong, message).with("line", self.line))
    }

    fn end_field(&mut self, row: &mut Row) -> Result<(), Failure> {
        if self.column > COLUMN_LAST {
            let message = format!("第{}行超过16,384列", self.line);
            return Err(Failure::new(FailureCode::TooManyColumns, message).with("line", self.line));
        }
        if !self.field.is_empty() {
            let span = row.keep(&self.field);
            row.push(self.column, Value::Untyped(span));
            self.field.clear();
        }
        self.column += 1;
        self.state = State::Start;
        Ok(())
    }

    fn end_record(&mut self, row: &mut Row, each: RowSink<'_>) -> Result<(), Failure> {
        self.end_field(row)?;
        row.number = self.record;
        if !row.cells.is_empty() {
            each(row)?;
        }
        row.start(0);
        self.column = 0;
        self.record += 1;
        self.line += 1;
        Ok(())
    }
}

/// The separator that cuts the first lines into the same number of fields, most fields first.
pub(super) fn separator(head: &str) -> u8 {
    let mut best = (0_usize, b',');
    for separator in *b",\t;|" {
        let mut counts = Vec::new();
        let (mut count, mut quoted) = (0_usize, false);
        for &byte in head.as_bytes() {
            match byte {
                b'"' => quoted = !quoted,
                b'\n' if !quoted => counts.push(std::mem::take(&mut count)),
                _ if byte == separator && !quoted => count += 1,
                _ => {}
            }
            if counts.len() == 20 {
                break;
            }
        }
        if counts.is_empty() {
            counts.push(count);
        }
        counts.sort_unstable();
        let usual = counts[counts.len() / 2];
        let agreeing = counts
            .iter()
            .filter(|&&count| count == usual && usual > 0)
            .count();
        let score = agreeing * 1000 / counts.len() * 1000 + usual.min(999);
        if usual > 0 && score > best.0 {
            best = (score, separator);
        }
    }
    best.1
}

#[cfg(test)]
mod tests {
    use super::*;

    type Seen = Vec<(u32, Vec<(u32, String)>)>;

    fn rows(text: &str, chunk: usize) -> Result<Seen, Failure> {
        let mut found = Vec::new();
        let mut each = |row: &mut Row| {
            let cell = |cell: &crate::Cell| match cell.value {
                Value::Untyped(span) => (cell.column, row.slice(span).to_owned()),
                _ => unreachable!(),
            };
            found.push((row.number, row.cells.iter().map(cell).collect()));
            Ok(())
        };
        let mut splitter = Splitter::new(b',', 100);
        let mut row = Row::default();
        let characters: Vec<char> = text.chars().collect();
        for piece in characters.chunks(chunk) {
            splitter.feed(&piece.iter().collect::<String>(), &mut row, &mut each)?;
        }
        splitter.finish(&mut row, &mut each)?;
        Ok(found)
    }

    #[test]
    fn quotes_breaks_and_blanks() {
        let text = "a,\"b,\"\"c\"\"\nd\",\r\n\r\n,x\ry";
        for chunk in [1, 2, 3, 100] {
            let rows = rows(text, chunk).unwrap();
            assert_eq!(
                rows[0],
                (0, vec![(0, "a".into()), (1, "b,\"c\"\nd".into())]),
                "{chunk}"
            );
            assert_eq!(rows[1], (2, vec![(1, "x".into())]));
            assert_eq!(rows[2], (3, vec![(0, "y".into())]));
        }
    }

    #[test]
    fn an_open_quote_names_its_line() {
        let failure = rows("a\nb,\"c\nd\ne", 100).unwrap_err();
        assert_eq!(failure.code, FailureCode::CsvMalformed);
        assert_eq!(failure.details["line"], 2);
        assert_eq!(
            rows(&"x".repeat(101), 7).unwrap_err().code,
            FailureCode::TextTooLong
        );
    }

    #[test]
    fn the_separator_is_the_one_that_repeats() {
        assert_eq!(separator("a;b;c\n1,5;2,5;3\n"), b';');
        assert_eq!(separator("a\tb\n1,2\t3\n"), b'\t');
        assert_eq!(separator("a|b\n1|2\n"), b'|');
        assert_eq!(separator("one column\n"), b',');
    }
}
