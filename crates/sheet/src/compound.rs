//! Compound files: the streams inside an .xls. The chains of sectors are followed without
//! believing that they end.

use crate::{
    Failure,
    biff::{u16_at, u32_at, wide_text},
    container::corrupt,
};

/// The first bytes of every compound file.
pub(crate) const MARK: &[u8] = &[0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1];
/// Chains end with a number from here on.
const SECTOR_MAX: u32 = 0xFFFF_FFFA;
const HEADER: usize = 512;
const ENTRY: usize = 128;
const FAT_IN_HEADER: usize = 109;
const SMALL_SECTOR: usize = 64;
const STREAM: u8 = 2;
const ROOT: u8 = 5;

pub(crate) struct Compound {
    bytes: Vec<u8>,
    sector: usize,
    fat: Vec<u32>,
    small_fat: Vec<u32>,
    entries: Vec<Entry>,
    /// Streams below this size live in the root's stream.
    small_below: u64,
}

struct Entry {
    name: String,
    kind: u8,
    start: u32,
    size: u64,
}

impl Compound {
    pub(crate) fn open(bytes: Vec<u8>) -> Result<Self, Failure> {
        let shift = u16_at(&bytes, 30).filter(|shift| [9, 12].contains(shift));
        let shift = shift.ok_or_else(|| corrupt("a compound file without sectors"))?;
        let field = |at| u32_at(&bytes, at).ok_or_else(|| corrupt("a compound file cut off"));
        let (directory, small_below) = (field(48)?, field(56)?);
        let (small_fat, more_fat) = (field(60)?, field(68)?);
        let mut compound = Self {
            sector: 1 << shift,
            fat: Vec::new(),
            small_fat: Vec::new(),
            entries: Vec::new(),
            small_below: u64::from(small_below),
            bytes,
        };
        compound.fat = compound.read_fat(more_fat)?;
        let chain = compound.chain(small_fat)?;
        compound.small_fat = numbers(&chain);
        let entries = compound.chain(directory)?;
        compound.entries = entries.chunks_exact(ENTRY).filter_map(entry).collect();
        Ok(compound)
    }

    fn find(&self, name: &str) -> Option<&Entry> {
        let mut streams = self.entries.iter().filter(|entry| entry.kind == STREAM);
        streams.find(|entry| entry.name.eq_ignore_ascii_case(name))
    }

    /// A stream by its name, whatever its case.
    pub(crate) fn stream(&self, name: &str) -> Result<Option<Vec<u8>>, Failure> {
        let Some(entry) = self.find(name) else {
            return Ok(None);
        };
        let mut stream = if entry.size < self.small_below {
            self.small_chain(entry.start)?
        } else {
            self.chain(entry.start)?
        };
        if (stream.len() as u64) < entry.size {
            return Err(corrupt("a stream cut off"));
        }
        stream.truncate(entry.size as usize);
        Ok(Some(stream))
    }

    /// The table of sectors: the header lists its first parts, a chain of sectors the others.
    fn read_fat(&self, more: u32) -> Result<Vec<u32>, Failure> {
        let mut parts = numbers(&self.bytes[76..(76 + FAT_IN_HEADER * 4).min(self.bytes.len())]);
        let mut next = more;
        let mut left = self.sectors();
        while next < SECTOR_MAX && left > 0 {
            let mut listed = numbers(self.sector(next)?);
            next = listed.pop().unwrap_or(u32::MAX);
            parts.extend(listed);
            left -= 1;
        }
        let mut fat = Vec::new();
        for part in parts.into_iter().filter(|part| *part < SECTOR_MAX) {
            fat.extend(numbers(self.sector(part)?));
            if fat.len() > self.sectors() + self.sector {
                break;
            }
        }
        Ok(fat)
    }

    fn sectors(&self) -> usize {
        self.bytes.len() / self.sector
    }

    /// The last sector of a file may be shorter than the others.
    fn sector(&self, number: u32) -> Result<&[u8], Failure> {
        let start = (number as usize + 1) * self.sector;
        let end = (start + self.sector).min(self.bytes.len());
        let sector = self.bytes.get(start.max(HEADER)..end);
        sector
            .filter(|bytes| !bytes.is_empty())
            .ok_or_else(|| corrupt("a sector beyond the end"))
    }

    fn chain(&self, start: u32) -> Result<Vec<u8>, Failure> {
        let mut bytes = Vec::new();
        let mut next = start;
        while next < SECTOR_MAX {
            bytes.extend_from_slice(self.sector(next)?);
            if bytes.len() > self.bytes.len() {
                return Err(corrupt("a chain of sectors without an end"));
            }
            next = self.fat.get(next as usize).copied().unwrap_or(u32::MAX);
        }
        Ok(bytes)
    }

    fn small_chain(&self, start: u32) -> Result<Vec<u8>, Failure> {
        let root = self.entries.iter().find(|entry| entry.kind == ROOT);
        let root = root.ok_or_else(|| corrupt("a compound file without a root"))?;
        let sectors = self.chain(root.start)?;
        let mut bytes = Vec::new();
        let mut next = start;
        while next < SECTOR_MAX {
            let from = next as usize * SMALL_SECTOR;
            let sector = sectors.get(from..(from + SMALL_SECTOR).min(sectors.len()));
            bytes.extend_from_slice(sector.ok_or_else(|| corrupt("a sector beyond the end"))?);
            if bytes.len() > sectors.len() {
                return Err(corrupt("a chain of sectors without an end"));
            }
            next = self
                .small_fat
                .get(next as usize)
                .copied()
                .unwrap_or(u32::MAX);
        }
        Ok(bytes)
    }
}

fn numbers(bytes: &[u8]) -> Vec<u32> {
    let numbers = bytes.chunks_exact(4);
    numbers.filter_map(|bytes| u32_at(bytes, 0)).collect()
}

fn entry(bytes: &[u8]) -> Option<Entry> {
    // With its closing zero.
    let length = usize::from(u16_at(bytes, 64)?).min(64).saturating_sub(2);
    let kind = *bytes.get(66)?;
    // The upper half is not used below 4 GiB, and old writers leave rubbish in it.
    let size = u64::from(u32_at(bytes, 120)?);
    (length > 0).then_some(Entry {
        name: wide_text(&bytes[..length]),
        kind,
        start: u32_at(bytes, 116)?,
        size,
    })
}
