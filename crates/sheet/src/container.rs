//! Zip containers, read without believing what they say of themselves.

use std::{
    fs::File,
    io::{self, BufReader, Read},
    path::Path,
};

use zip::{ZipArchive, result::ZipError};

use encoding_rs::{CoderResult, Decoder, Encoding, UTF_8, UTF_16BE, UTF_16LE};

use super::Budget;
use crate::{Failure, FailureCode};

pub(crate) struct Container {
    archive: ZipArchive<BufReader<File>>,
    names: Vec<String>,
    packed: u64,
    budget: Budget,
}

impl Container {
    pub(crate) fn open(path: &Path, budget: &Budget) -> Result<Self, Failure> {
        let file = File::open(path).map_err(Failure::internal)?;
        let packed = file.metadata().map_err(Failure::internal)?.len();
        let archive = ZipArchive::new(BufReader::new(file)).map_err(|error| broken(&error))?;
        if archive.len() as u64 > u64::from(budget.limits.zip_entries) {
            let most = budget.limits.zip_entries;
            let message = format!("文件内部件超过{most}个,请删除图片或拆分后再传");
            let failure = Failure::new(FailureCode::TooManyParts, message);
            return Err(failure.with("entries", archive.len()));
        }
        let names: Result<Vec<_>, ZipError> = archive
            .file_names()
            .map(|name| Ok(name?.into_owned()))
            .collect();
        let names = names.map_err(|error| broken(&error))?;
        Ok(Self {
            archive,
            names,
            packed,
            budget: budget.clone(),
        })
    }

    /// The names of the parts as stored.
    pub(crate) fn names(&self) -> &[String] {
        &self.names
    }

    /// The stored name of a part: some writers differ in case or use back-slashes.
    pub(crate) fn find(&self, path: &str) -> Option<String> {
        let wanted = path.trim_start_matches('/');
        let exact = self.names.iter().find(|name| *name == wanted);
        let loose = |name: &&String| name.replace('\\', "/").eq_ignore_ascii_case(wanted);
        exact.or_else(|| self.names.iter().find(loose)).cloned()
    }

    pub(crate) fn part(&mut self, name: &str) -> Result<impl Read + '_, Failure> {
        let (budget, packed) = (self.budget.clone(), self.packed);
        let reader = self.archive.by_name(name).map_err(|error| broken(&error))?;
        Ok(Part {
            reader,
            budget,
            packed,
        })
    }
}

impl Container {
    /// A part that is XML, as UTF-8 whatever it is stored in.
    pub(crate) fn xml(&mut self, name: &str) -> Result<Box<dyn Read + '_>, Failure> {
        let mut part = self.part(name)?;
        let mut head = Vec::new();
        Read::by_ref(&mut part)
            .take(HEAD)
            .read_to_end(&mut head)
            .map_err(failure_of)?;
        let encoding = encoding_of(&head)?;
        let whole = io::Cursor::new(head).chain(part);
        if encoding == UTF_8 {
            return Ok(Box::new(whole));
        }
        Ok(Box::new(Decoded {
            reader: whole,
            decoder: encoding.new_decoder_with_bom_removal(),
            raw: vec![0; 32 * 1024],
            text: Vec::new(),
            at: 0,
        }))
    }
}

/// An XML declaration stands within so many bytes.
const HEAD: u64 = 200;

/// Which encoding a part is in: its mark, its zeros or its declaration says so.
fn encoding_of(head: &[u8]) -> Result<&'static Encoding, Failure> {
    match head {
        [0xFF, 0xFE, ..] | [b'<', 0, ..] => return Ok(UTF_16LE),
        [0xFE, 0xFF, ..] | [0, b'<', ..] => return Ok(UTF_16BE),
        _ => {}
    }
    let text = String::from_utf8_lossy(head);
    let declaration = text.split_once("?>").map_or("", |(before, _)| before);
    let Some((_, rest)) = declaration.split_once("encoding=") else {
        return Ok(UTF_8);
    };
    let label = rest.trim_start_matches(['"', '\'']);
    let label = label.split(['"', '\'']).next().unwrap_or_default();
    match Encoding::for_label(label.as_bytes()) {
        // What can be read as ASCII is not in two bytes a letter, whatever it says.
        Some(encoding) if encoding == UTF_16LE || encoding == UTF_16BE => Ok(UTF_8),
        Some(encoding) => Ok(encoding),
        None => Err(corrupt(format!("a part in the encoding {label}"))),
    }
}

/// Text of another encoding as UTF-8.
struct Decoded<R> {
    reader: R,
    decoder: Decoder,
    raw: Vec<u8>,
    text: Vec<u8>,
    at: usize,
}

impl<R: Read> Read for Decoded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.at == self.text.len() {
            let count = self.reader.read(&mut self.raw)?;
            let most = self.decoder.max_utf8_buffer_length(count).unwrap_or(0);
            self.text.resize(most.max(16), 0);
            let last = count == 0;
            let (result, _, written, replaced) =
                self.decoder
                    .decode_to_utf8(&self.raw[..count], &mut self.text, last);
            if replaced || result != CoderResult::InputEmpty {
                return Err(io::Error::other(corrupt("a part is not in its encoding")));
            }
            self.text.truncate(written);
            self.at = 0;
            if last {
                break;
            }
        }
        let count = buffer.len().min(self.text.len() - self.at);
        buffer[..count].copy_from_slice(&self.text[self.at..self.at + count]);
        self.at += count;
        Ok(count)
    }
}

/// Counts what really comes out of a part.
struct Part<R> {
    reader: R,
    budget: Budget,
    packed: u64,
}

impl<R: Read> Read for Part<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.reader.read(buffer)?;
        self.budget
            .spend(count as u64, self.packed)
            .map_err(io::Error::other)?;
        Ok(count)
    }
}

fn broken(error: &ZipError) -> Failure {
    match error {
        ZipError::Io(error) => corrupt(error),
        ZipError::UnsupportedArchive(what) if what.contains("assword") => encrypted(),
        _ => corrupt(error),
    }
}

pub(crate) fn corrupt(cause: impl std::fmt::Display) -> Failure {
    Failure::new(
        FailureCode::FileCorrupt,
        "文件损坏或下载不完整,请重新导出后再传",
    )
    .with("cause", cause.to_string())
}

pub(crate) fn encrypted() -> Failure {
    Failure::new(
        FailureCode::FileEncrypted,
        "文件有打开密码,请取消密码后重传",
    )
}

/// The failure inside an input error that one of our readers raised; else the file is broken.
pub(crate) fn failure_of(error: io::Error) -> Failure {
    match error.downcast::<Failure>() {
        Ok(failure) => failure,
        Err(error) => corrupt(error),
    }
}
