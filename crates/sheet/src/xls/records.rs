//! The records of a BIFF stream, and texts that go on in the next record.

use crate::{
    Failure,
    biff::{u16_at, u32_at},
    container::corrupt,
};

pub(super) const CONTINUE: u16 = 0x3C;

/// Walks over records: a kind and its bytes.
pub(super) struct Records<'a> {
    stream: &'a [u8],
    pub(super) at: usize,
}

impl<'a> Records<'a> {
    pub(super) fn new(stream: &'a [u8], at: usize) -> Self {
        Self { stream, at }
    }

    /// The kind and the bytes of the next record; `None` at the end of the stream, or where it is
    /// cut off.
    pub(super) fn next(&mut self) -> Option<(u16, &'a [u8])> {
        let kind = u16_at(self.stream, self.at)?;
        let length = usize::from(u16_at(self.stream, self.at + 2)?);
        let start = self.at + 4;
        let bytes = self.stream.get(start..start + length)?;
        self.at = start + length;
        Some((kind, bytes))
    }

    /// The record's bytes with those that continue it.
    pub(super) fn whole(&mut self, first: &'a [u8]) -> Pieces<'a> {
        let mut pieces = vec![first];
        while u16_at(self.stream, self.at) == Some(CONTINUE) {
            let Some((_, bytes)) = self.next() else { break };
            pieces.push(bytes);
        }
        Pieces {
            pieces,
            piece: 0,
            at: 0,
        }
    }
}

/// One record that is stored in several.
pub(super) struct Pieces<'a> {
    pieces: Vec<&'a [u8]>,
    piece: usize,
    at: usize,
}

impl<'a> Pieces<'a> {
    fn rest(&mut self) -> &'a [u8] {
        while let Some(piece) = self.pieces.get(self.piece) {
            if self.at < piece.len() {
                return &piece[self.at..];
            }
            self.piece += 1;
            self.at = 0;
        }
        &[]
    }

    fn bytes<const N: usize>(&mut self) -> Result<[u8; N], Failure> {
        let mut bytes = [0; N];
        for byte in &mut bytes {
            *byte = *self.rest().first().ok_or_else(cut_off)?;
            self.at += 1;
        }
        Ok(bytes)
    }

    pub(super) fn u8(&mut self) -> Result<u8, Failure> {
        Ok(self.bytes::<1>()?[0])
    }

    pub(super) fn u16(&mut self) -> Result<u16, Failure> {
        Ok(u16::from_le_bytes(self.bytes()?))
    }

    pub(super) fn u32(&mut self) -> Result<u32, Failure> {
        Ok(u32::from_le_bytes(self.bytes()?))
    }

    pub(super) fn skip(&mut self, count: usize) -> Result<(), Failure> {
        let mut left = count;
        while left > 0 {
            let step = self.rest().len().min(left);
            if step == 0 {
                return Err(cut_off());
            }
            self.at += step;
            left -= step;
        }
        Ok(())
    }

    /// A BIFF8 text of so many characters: flags, then letters of one or two bytes, which may
    /// change at each boundary, then what is said of its looks.
    pub(super) fn text(&mut self, count: usize) -> Result<String, Failure> {
        let flags = self.u8()?;
        let runs = if flags & 8 != 0 { self.u16()? } else { 0 };
        let extended = if flags & 4 != 0 { self.u32()? } else { 0 };
        let mut units: Vec<u16> = Vec::with_capacity(count);
        let mut wide = flags & 1 != 0;
        let mut piece = self.piece;
        while units.len() < count {
            let rest = self.rest();
            if rest.is_empty() {
                return Err(cut_off());
            }
            if self.piece != piece {
                piece = self.piece;
                // Where a text goes on, its flags are said again.
                wide = self.u8()? & 1 != 0;
                continue;
            }
            let left = count - units.len();
            if wide {
                let pairs = rest.chunks_exact(2).take(left);
                let before = units.len();
                units.extend(pairs.filter_map(|pair| u16_at(pair, 0)));
                let taken = units.len() - before;
                if taken == 0 {
                    return Err(cut_off());
                }
                self.at += taken * 2;
            } else {
                let taken = left.min(rest.len());
                units.extend(rest[..taken].iter().map(|&byte| u16::from(byte)));
                self.at += taken;
            }
        }
        self.skip(usize::from(runs) * 4 + extended as usize)?;
        Ok(String::from_utf16_lossy(&units))
    }
}

fn cut_off() -> Failure {
    corrupt("a record cut off")
}

/// A field of a record that has to be there.
pub(super) fn field<T>(value: Option<T>) -> Result<T, Failure> {
    value.ok_or_else(cut_off)
}

pub(super) fn u16_of(bytes: &[u8], at: usize) -> Result<u16, Failure> {
    field(u16_at(bytes, at))
}

pub(super) fn u32_of(bytes: &[u8], at: usize) -> Result<u32, Failure> {
    field(u32_at(bytes, at))
}
