//! Rows on disk, compact: what is compared is read back once in order, what differs once more
//! by number.

mod codec;

use std::{
    fs::File,
    io::{BufWriter, Write},
    os::unix::fs::FileExt,
    path::Path,
};

use super::Failure;
pub(crate) use codec::{Record, Stored, StoredCell, TextNote};
use codec::{decode, encode};

/// One offset is kept for so many rows.
const STRIDE: usize = 16;
const WINDOW: usize = 256 * 1024;

pub(crate) struct SpillWriter {
    file: BufWriter<File>,
    marks: Vec<u64>,
    rows: usize,
    bytes: u64,
    scratch: Vec<u8>,
}

/// The rows of one sheet.
pub(crate) struct Spill {
    file: File,
    marks: Vec<u64>,
    rows: usize,
    bytes: u64,
}

impl SpillWriter {
    pub(crate) fn create(path: &Path) -> Result<Self, Failure> {
        let file = File::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(true)
            .open(path);
        Ok(Self {
            file: BufWriter::with_capacity(WINDOW, file.map_err(Failure::internal)?),
            marks: Vec::new(),
            rows: 0,
            bytes: 0,
            scratch: Vec::new(),
        })
    }

    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    pub(crate) fn add(&mut self, record: &Record) -> Result<(), Failure> {
        if self.rows.is_multiple_of(STRIDE) {
            self.marks.push(self.bytes);
        }
        self.scratch.clear();
        encode(record, &mut self.scratch);
        let length = (self.scratch.len() as u32).to_le_bytes();
        self.file.write_all(&length).map_err(Failure::internal)?;
        self.file
            .write_all(&self.scratch)
            .map_err(Failure::internal)?;
        self.rows += 1;
        self.bytes += 4 + self.scratch.len() as u64;
        Ok(())
    }

    pub(crate) fn finish(mut self) -> Result<Spill, Failure> {
        self.file.flush().map_err(Failure::internal)?;
        Ok(Spill {
            file: self.file.into_inner().map_err(Failure::internal)?,
            marks: self.marks,
            rows: self.rows,
            bytes: self.bytes,
        })
    }
}

impl Spill {
    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// A reader that stands before the first row.
    pub(crate) fn reader(&self) -> SpillReader<'_> {
        SpillReader {
            spill: self,
            window: Vec::new(),
            window_at: 0,
            at: 0,
            row: 0,
        }
    }
}

/// Reads rows, cheapest in ascending order.
pub(crate) struct SpillReader<'a> {
    spill: &'a Spill,
    window: Vec<u8>,
    window_at: u64,
    at: u64,
    /// The row that stands at `at`.
    row: usize,
}

impl SpillReader<'_> {
    /// The next row, or false after the last.
    pub(crate) fn next(&mut self, record: &mut Record) -> Result<bool, Failure> {
        if self.row >= self.spill.rows {
            return Ok(false);
        }
        let length = self.length()?;
        let bytes = self.bytes(self.at + 4, length)?;
        if decode(bytes, record).is_none() {
            return Err(Failure::internal("the spill file is broken"));
        }
        self.at += 4 + length as u64;
        self.row += 1;
        Ok(true)
    }

    /// The row with this number, counted from 0.
    pub(crate) fn get(&mut self, row: usize, record: &mut Record) -> Result<(), Failure> {
        if row < self.row || row >= self.row + STRIDE {
            self.row = row / STRIDE * STRIDE;
            self.at = self.spill.marks[row / STRIDE];
        }
        while self.row < row {
            self.at += 4 + self.length()? as u64;
            self.row += 1;
        }
        self.next(record).map(drop)
    }

    fn length(&mut self) -> Result<usize, Failure> {
        let bytes = self.bytes(self.at, 4)?;
        let bytes: [u8; 4] = bytes.try_into().map_err(Failure::internal)?;
        Ok(u32::from_le_bytes(bytes) as usize)
    }

    fn bytes(&mut self, at: u64, length: usize) -> Result<&[u8], Failure> {
        let inside =
            at >= self.window_at && at + length as u64 <= self.window_at + self.window.len() as u64;
        if !inside {
            // A jump reads little, a walk reads much.
            let walk = at == self.window_at + self.window.len() as u64
                || (at > self.window_at && at < self.window_at + self.window.len() as u64);
            let wanted = if walk { WINDOW } else { WINDOW / 16 }.max(length) as u64;
            let size = wanted.min(self.spill.bytes.saturating_sub(at)) as usize;
            self.window.resize(size, 0);
            self.spill
                .file
                .read_exact_at(&mut self.window, at)
                .map_err(Failure::internal)?;
            self.window_at = at;
        }
        let start = (at - self.window_at) as usize;
        let bytes = self.window.get(start..start + length);
        bytes.ok_or_else(|| Failure::internal("the spill file is short"))
    }
}

#[cfg(test)]
mod tests;
