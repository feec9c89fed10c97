//! A file's shared strings: their fingerprints in memory, their texts on disk.

mod chunks;

use std::{
    fs::File,
    io::{BufWriter, Write},
    os::unix::fs::FileExt,
    path::Path,
    sync::{Mutex, PoisonError},
};

use chunks::Chunks;

use super::{
    Failure,
    value::{Canon, Digest, Profile, Seed},
};

const IS_DATE: u8 = 1;
const IS_IMAGE: u8 = 2;
const IS_EMPTY: u8 = 4;

/// How values become canonical in this comparison.
#[derive(Debug, Clone)]
pub(crate) struct Rules {
    pub(crate) profile: Profile,
    pub(crate) seed: Seed,
}

pub(crate) struct Strings {
    digests: Chunks<Digest>,
    flags: Chunks<u8>,
    /// Where each text ends in the file.
    ends: Chunks<u32>,
    texts: Mutex<Blocks>,
}

pub(crate) struct StringsWriter {
    digests: Chunks<Digest>,
    flags: Chunks<u8>,
    ends: Chunks<u32>,
    end: u32,
    file: BufWriter<File>,
}

/// The pictures that WPS keeps in cells: text with an id that differs in every saved file.
pub(crate) fn is_image(text: &str) -> bool {
    text.starts_with("=DISPIMG(") || text.starts_with("=_xlfn.DISPIMG(")
}

impl StringsWriter {
    pub(crate) fn create(path: &Path) -> Result<Self, Failure> {
        let file = File::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(true)
            .open(path);
        Ok(Self {
            digests: Chunks::new(),
            flags: Chunks::new(),
            ends: Chunks::new(),
            end: 0,
            file: BufWriter::with_capacity(256 * 1024, file.map_err(Failure::internal)?),
        })
    }

    pub(crate) fn add(&mut self, text: &str, rules: &Rules) -> Result<(), Failure> {
        let mut flags = 0;
        let canon = if is_image(text) {
            flags |= IS_IMAGE;
            Canon::Text("=DISPIMG".into())
        } else {
            rules.profile.text(text)
        };
        if text.is_empty() {
            flags |= IS_EMPTY;
        }
        if rules.profile.text_date(text).is_some() {
            flags |= IS_DATE;
        }
        self.digests.push(rules.seed.digest(&canon));
        self.flags.push(flags);
        let end = u64::from(self.end) + text.len() as u64;
        self.end = u32::try_from(end).map_err(|_| Failure::internal("4 GiB of shared strings"))?;
        self.ends.push(self.end);
        self.file
            .write_all(text.as_bytes())
            .map_err(Failure::internal)
    }

    pub(crate) fn finish(mut self) -> Result<Strings, Failure> {
        self.file.flush().map_err(Failure::internal)?;
        let file = self.file.into_inner().map_err(Failure::internal)?;
        Ok(Strings {
            digests: self.digests,
            flags: self.flags,
            ends: self.ends,
            texts: Mutex::new(Blocks::new(file)),
        })
    }
}

impl Strings {
    pub(crate) fn contains(&self, index: u32) -> bool {
        (index as usize) < self.digests.len()
    }

    pub(crate) fn digest(&self, index: u32) -> Digest {
        self.digests.at(index)
    }

    pub(crate) fn is_date(&self, index: u32) -> bool {
        self.flags.at(index) & IS_DATE != 0
    }

    pub(crate) fn is_image(&self, index: u32) -> bool {
        self.flags.at(index) & IS_IMAGE != 0
    }

    pub(crate) fn is_empty(&self, index: u32) -> bool {
        self.flags.at(index) & IS_EMPTY != 0
    }

    pub(crate) fn text(&self, index: u32) -> Result<String, Failure> {
        let end = self.ends.at(index);
        let start = match index {
            0 => 0,
            _ => self.ends.at(index - 1),
        };
        let bytes = self
            .texts
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .read(u64::from(start), (end - start) as usize)?;
        String::from_utf8(bytes).map_err(Failure::internal)
    }
}

/// A file read in blocks, of which the latest ones stay in memory.
struct Blocks {
    file: File,
    kept: Vec<(u64, Vec<u8>)>,
}

const BLOCK: usize = 16 * 1024;
const KEPT: usize = 64;

impl Blocks {
    fn new(file: File) -> Self {
        Self {
            file,
            kept: vec![(u64::MAX, Vec::new()); KEPT],
        }
    }

    fn read(&mut self, start: u64, length: usize) -> Result<Vec<u8>, Failure> {
        let mut bytes = Vec::with_capacity(length);
        while bytes.len() < length {
            let at = start + bytes.len() as u64;
            let (number, offset) = (at / BLOCK as u64, (at % BLOCK as u64) as usize);
            let block = self.block(number)?;
            let piece = block.get(offset..).unwrap_or_default();
            if piece.is_empty() {
                return Err(Failure::internal("the strings file is short"));
            }
            let wanted = piece.len().min(length - bytes.len());
            bytes.extend_from_slice(&piece[..wanted]);
        }
        Ok(bytes)
    }

    fn block(&mut self, number: u64) -> Result<&[u8], Failure> {
        let kept = &mut self.kept[number as usize % KEPT];
        if kept.0 != number {
            kept.1.resize(BLOCK, 0);
            let mut filled = 0;
            while filled < BLOCK {
                let at = number * BLOCK as u64 + filled as u64;
                match self
                    .file
                    .read_at(&mut kept.1[filled..], at)
                    .map_err(Failure::internal)?
                {
                    0 => break,
                    count => filled += count,
                }
            }
            kept.1.truncate(filled);
            kept.0 = number;
        }
        Ok(&kept.1)
    }
}
