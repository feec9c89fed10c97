//! What one cell holds.

use super::{
    CellFacts, CellType, Failure, Head, Place, Read, Reader, RowSink, Token, Value, corrupt,
    decode_controls, formula::group, keeps_space, parse_date, parse_decimal, parse_index,
    read_text, unescape, unreadable,
};
use crate::{COLUMN_LAST, ROW_LAST};

impl<R: Read> Reader<'_, R> {
    /// Where the cell stands and what its value will be; a cell may name another row than the
    /// row element it stands in.
    pub(super) fn head(&mut self, facts: &CellFacts, each: RowSink<'_>) -> Result<Head, Failure> {
        let (row, column) = match facts.place {
            Place::At(place) => place,
            Place::Nowhere => {
                return Err(unreadable(
                    "单元格位置超出表格范围",
                    self.next_row,
                    self.next_column,
                ));
            }
            Place::Untold => (self.next_row, self.next_column),
        };
        if column > COLUMN_LAST || row > ROW_LAST {
            return Err(unreadable(
                "单元格位置超出表格范围",
                self.next_row,
                COLUMN_LAST,
            ));
        }
        if row != self.row.number {
            self.flush(each)?;
            self.row.start(row);
            self.next_row = row;
        }
        Ok(Head {
            column,
            format: self.styles.format(facts.style),
            kind: facts.kind,
        })
    }

    /// Reads up to the closing tag and adds the cell to the row.
    pub(super) fn cell(&mut self, head: Head) -> Result<(), Failure> {
        // Of a cell that has a formula, the group that shares it.
        let mut formula: Option<Option<u32>> = None;
        let mut has_value = false;
        self.value.clear();
        self.formulas.clear();
        loop {
            match self.xml.next()? {
                Token::Open(tag) if tag.name == b"v" && !tag.empty => {
                    has_value = self.read_value()?;
                }
                Token::Open(tag) if tag.name == b"f" => {
                    let empty = tag.empty;
                    formula = Some(group(&tag));
                    if !empty {
                        self.read_formula()?;
                    }
                }
                Token::Open(tag) if tag.name == b"is" && !tag.empty => {
                    let keep = keeps_space(&tag, self.keep);
                    self.text.clear();
                    read_text(&mut self.xml, b"is", keep, &mut self.text)?;
                    if !self.text.is_empty() {
                        let span = self.row.keep(&self.text);
                        self.row.push(head.column, Value::Text(span));
                    }
                }
                Token::Open(tag) if tag.name == b"extLst" && !tag.empty => self.skip(b"extLst")?,
                Token::Close(b"c") => break,
                Token::End => return Err(corrupt("the sheet ends inside a cell")),
                _ => {}
            }
        }
        if let Some(group) = formula
            && self.keep_formula(head.column, group)?
        {
            return Ok(());
        }
        if has_value && head.kind != CellType::Inline {
            return self.keep_value(head);
        }
        if formula.is_some() && !has_value {
            self.facts.formulas_without_value += 1;
        }
        Ok(())
    }

    fn read_value(&mut self) -> Result<bool, Failure> {
        loop {
            match self.xml.next()? {
                Token::Text(raw) | Token::Plain(raw) => self.value.extend_from_slice(raw),
                Token::Close(b"v") => return Ok(!self.value.is_empty()),
                Token::End => return Err(corrupt("the sheet ends inside a value")),
                Token::Open(_) | Token::Close(_) => {}
            }
        }
    }

    fn skip(&mut self, closing: &[u8]) -> Result<(), Failure> {
        loop {
            match self.xml.next()? {
                Token::Close(name) if name == closing => return Ok(()),
                Token::End => return Err(corrupt("the sheet ends inside a cell")),
                _ => {}
            }
        }
    }

    fn keep_value(&mut self, head: Head) -> Result<(), Failure> {
        let value = match head.kind {
            CellType::Shared => match parse_index(&self.value) {
                Some(index) => Value::Shared(index),
                None => return Err(self.unreadable("字符串编号无效", head)),
            },
            CellType::Number | CellType::Untold => match parse_decimal(&self.value) {
                Some((value, exact)) => self.styles.number(value, exact, head.format),
                None if head.kind == CellType::Untold => self.text_value()?,
                None => return Err(self.unreadable("数字无效", head)),
            },
            CellType::Bool => match self.value.trim_ascii() {
                word if is_word(word, b"0", b"false") => Value::Bool(false),
                word if is_word(word, b"1", b"true") => Value::Bool(true),
                b"" => return Ok(()),
                _ => return Err(self.unreadable("逻辑值无效", head)),
            },
            CellType::Error => {
                let code = unescape(&self.value)?;
                Value::Error(self.row.keep(&code))
            }
            CellType::Date => {
                let text = unescape(&self.value)?;
                match parse_date(text.trim()) {
                    Some(value) => Value::Number {
                        value,
                        exact: false,
                        format: head.format,
                    },
                    None => Value::Text(self.row.keep(&text)),
                }
            }
            CellType::Text | CellType::Other | CellType::Inline => self.text_value()?,
        };
        self.row.push(head.column, value);
        Ok(())
    }

    fn text_value(&mut self) -> Result<Value, Failure> {
        let text = unescape(&self.value)?;
        let span = self.row.keep(&decode_controls(&text));
        Ok(Value::Text(span))
    }

    fn unreadable(&self, what: &str, head: Head) -> Failure {
        unreadable(what, self.row.number, head.column)
    }
}

fn is_word(text: &[u8], digit: &[u8], word: &[u8]) -> bool {
    text == digit || text.eq_ignore_ascii_case(word)
}
