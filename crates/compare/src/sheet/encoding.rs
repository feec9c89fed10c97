//! Which encoding a text file is in. The whole file is tried: a short sample misleads.

use std::{fs::File, io::Read, path::Path};

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{DecoderResult, Encoding, GB18030, UTF_8, UTF_16BE, UTF_16LE};

use crate::engine::{Failure, FailureCode};

pub(super) struct Choice {
    pub(super) encoding: &'static Encoding,
    /// Nothing in the file proves it.
    pub(super) guessed: bool,
}

const CHUNK: usize = 64 * 1024;

pub(super) fn detect(path: &Path) -> Result<Choice, Failure> {
    let mut head = Vec::new();
    let file = File::open(path).map_err(Failure::internal)?;
    file.take(4096)
        .read_to_end(&mut head)
        .map_err(Failure::internal)?;
    let marked = Encoding::for_bom(&head).map(|(encoding, _)| encoding);
    if let Some(encoding) = marked.or_else(|| wide(&head)) {
        return match decode(path, encoding)? {
            Some(_) => Ok(sure(encoding)),
            None => Err(unknown()),
        };
    }
    if decode(path, UTF_8)?.is_some() {
        return Ok(sure(UTF_8));
    }
    // GBK is always read as its superset.
    if decode(path, GB18030)?.is_some_and(|letters| letters.are_chinese()) {
        return Ok(sure(GB18030));
    }
    let encoding = guess(path)?;
    match decode(path, encoding)? {
        Some(_) => Ok(Choice {
            encoding,
            guessed: true,
        }),
        None => Err(unknown()),
    }
}

fn sure(encoding: &'static Encoding) -> Choice {
    Choice {
        encoding,
        guessed: false,
    }
}

fn unknown() -> Failure {
    let message = "无法判断文本编码,请用Excel/WPS另存为xlsx或UTF-8的CSV";
    Failure::new(FailureCode::CsvEncoding, message)
}

/// UTF-16 without a mark: every other byte of plain ASCII is zero.
fn wide(head: &[u8]) -> Option<&'static Encoding> {
    let zeros = |from: usize| {
        head.iter()
            .skip(from)
            .step_by(2)
            .filter(|&&byte| byte == 0)
            .count()
    };
    let many = head.len() / 8;
    match (zeros(0), zeros(1)) {
        (0, odd) if odd > many => Some(UTF_16LE),
        (even, 0) if even > many => Some(UTF_16BE),
        _ => None,
    }
}

/// What a text is made of, beyond ASCII.
#[derive(Default)]
struct Letters {
    common_han: u64,
    other: u64,
}

impl Letters {
    /// Text in another encoding decodes to rare characters all over the table.
    fn are_chinese(&self) -> bool {
        self.common_han * 10 >= (self.common_han + self.other) * 6
    }

    fn count(&mut self, text: &str) {
        for character in text.chars().filter(|character| !character.is_ascii()) {
            match character {
                '\u{4E00}'..='\u{9FA5}' | '\u{3000}'..='\u{303F}' | '\u{FF00}'..='\u{FFEF}' => {
                    self.common_han += 1;
                }
                _ => self.other += 1,
            }
        }
    }
}

/// Decodes the whole file; `None`: it is not in this encoding.
fn decode(path: &Path, encoding: &'static Encoding) -> Result<Option<Letters>, Failure> {
    let mut file = File::open(path).map_err(Failure::internal)?;
    let mut decoder = encoding.new_decoder_with_bom_removal();
    let mut bytes = vec![0; CHUNK];
    let mut text = String::with_capacity(CHUNK * 4);
    let mut letters = Letters::default();
    loop {
        let count = file.read(&mut bytes).map_err(Failure::internal)?;
        text.clear();
        let (result, _) =
            decoder.decode_to_string_without_replacement(&bytes[..count], &mut text, count == 0);
        if !matches!(result, DecoderResult::InputEmpty) {
            return Ok(None);
        }
        letters.count(&text);
        if count == 0 {
            return Ok(Some(letters));
        }
    }
}

fn guess(path: &Path) -> Result<&'static Encoding, Failure> {
    let mut file = File::open(path).map_err(Failure::internal)?;
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    let mut bytes = vec![0; CHUNK];
    loop {
        let count = file.read(&mut bytes).map_err(Failure::internal)?;
        detector.feed(&bytes[..count], count == 0);
        if count == 0 {
            return Ok(detector.guess(None, Utf8Detection::Deny));
        }
    }
}
