//! The records of a binary part, as they stream by.

use std::io::{self, Read};

use crate::{
    Failure, FailureCode,
    biff::{u32_at, wide_text},
    container::{corrupt, failure_of},
};

/// No record that is read here is longer; what is claimed beyond is not believed.
const RECORD_MAX: u64 = 16 * 1024 * 1024;

pub(super) struct Records<R> {
    reader: io::BufReader<R>,
    bytes: Vec<u8>,
}

impl<R: Read> Records<R> {
    pub(super) fn new(reader: R) -> Self {
        Self {
            reader: io::BufReader::with_capacity(128 * 1024, reader),
            bytes: Vec::new(),
        }
    }

    /// The kind and the bytes of the next record; `None` at the end of the part.
    pub(super) fn next(&mut self) -> Result<Option<(u16, &[u8])>, Failure> {
        let Some(first) = self.byte()? else {
            return Ok(None);
        };
        let mut kind = u16::from(first & 0x7F);
        if first & 0x80 != 0 {
            kind |= u16::from(self.more()? & 0x7F) << 7;
        }
        let mut length = 0_u64;
        for step in 0..4 {
            let byte = self.more()?;
            length |= u64::from(byte & 0x7F) << (7 * step);
            if byte & 0x80 == 0 {
                break;
            }
        }
        if length > RECORD_MAX {
            let message = "单元格文本异常地长,已拒绝";
            return Err(Failure::new(FailureCode::TextTooLong, message));
        }
        self.bytes.clear();
        let read = Read::by_ref(&mut self.reader)
            .take(length)
            .read_to_end(&mut self.bytes)
            .map_err(failure_of)?;
        if (read as u64) < length {
            return Err(cut_off());
        }
        Ok(Some((kind, &self.bytes)))
    }

    fn byte(&mut self) -> Result<Option<u8>, Failure> {
        let mut byte = [0];
        let count = self.reader.read(&mut byte).map_err(failure_of)?;
        Ok((count == 1).then_some(byte[0]))
    }

    fn more(&mut self) -> Result<u8, Failure> {
        self.byte()?.ok_or_else(cut_off)
    }
}

pub(super) fn cut_off() -> Failure {
    corrupt("a record cut off")
}

/// A text with its length before it, and where it ends. A length of all ones is no text at all.
pub(super) fn text(bytes: &[u8], at: usize) -> Result<(String, usize), Failure> {
    let count = u32_at(bytes, at).ok_or_else(cut_off)?;
    if count == u32::MAX {
        return Ok((String::new(), at + 4));
    }
    let end = (count as usize)
        .checked_mul(2)
        .and_then(|length| length.checked_add(at + 4))
        .ok_or_else(cut_off)?;
    let letters = bytes.get(at + 4..end).ok_or_else(cut_off)?;
    Ok((wide_text(letters), end))
}
