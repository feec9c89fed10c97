//! Which encoding a text file is in. The whole file is tried: a short sample misleads.

use std::{fs::File, io::Read, path::Path};

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{DecoderResult, Encoding, GB18030, UTF_8, UTF_16BE, UTF_16LE};

use crate::{Failure, FailureCode, sniff::unsupported};

pub(crate) struct Choice {
    pub(crate) encoding: &'static Encoding,
    /// Nothing in the file proves it.
    pub(crate) guessed: bool,
}

const CHUNK: usize = 64 * 1024;

pub(crate) fn detect(path: &Path) -> Result<Choice, Failure> {
    let mut head = Vec::new();
    let file = File::open(path).map_err(Failure::internal)?;
    file.take(4096)
        .read_to_end(&mut head)
        .map_err(Failure::internal)?;
    let marked = Encoding::for_bom(&head).map(|(encoding, _)| encoding);
    if let Some(encoding) = marked.or_else(|| wide(&head)) {
        return match decode(path, encoding)? {
            Some(letters) => letters.text(sure(encoding)),
            None => Err(unknown()),
        };
    }
    if let Some(letters) = decode(path, UTF_8)? {
        return letters.text(sure(UTF_8));
    }
    // GBK is always read as its superset.
    if let Some(letters) = decode(path, GB18030)?
        && letters.are_chinese()
    {
        return letters.text(sure(GB18030));
    }
    let encoding = guess(path)?;
    match decode(path, encoding)? {
        Some(letters) => letters.text(Choice {
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
pub(crate) fn wide(head: &[u8]) -> Option<&'static Encoding> {
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
    /// What no text has in it.
    controls: u64,
    all: u64,
}

impl Letters {
    /// Text in another encoding decodes to rare characters all over the table.
    fn are_chinese(&self) -> bool {
        self.common_han * 10 >= (self.common_han + self.other) * 6
    }

    fn count(&mut self, text: &str) {
        for character in text.chars() {
            self.all += 1;
            match character {
                '\t' | '\n' | '\r' | '\u{B}' | '\u{C}' | '\u{1A}' | ' '..='~' => {}
                '\0'..='\u{1F}' | '\u{7F}'..='\u{9F}' | '\u{FFFE}' | '\u{FFFF}' => {
                    self.controls += 1;
                }
                '\u{4E00}'..='\u{9FA5}' | '\u{3000}'..='\u{303F}' | '\u{FF00}'..='\u{FFEF}' => {
                    self.common_han += 1;
                }
                _ if is_sign(character) => {}
                _ => self.other += 1,
            }
        }
    }

    /// The choice, unless what it reads is no text: a stray control is honest, many are not.
    fn text(&self, choice: Choice) -> Result<Choice, Failure> {
        if self.controls * 100 > self.all {
            return Err(unsupported("这不是文本,也不是能读取的表格"));
        }
        Ok(choice)
    }
}

/// Signs that the Chinese table has beside Han, and lists of parts are full of: Φ × ± ℃ Ⅳ ① α.
/// They say nothing for or against it.
fn is_sign(character: char) -> bool {
    matches!(
        character,
        '\u{A4}' | '\u{A7}' | '\u{A8}' | '\u{B0}' | '\u{B1}' | '\u{B7}' | '\u{D7}' | '\u{F7}'
            | '\u{370}'..='\u{3FF}'
            | '\u{2010}'..='\u{203E}'
            | '\u{2100}'..='\u{22FF}'
            | '\u{2460}'..='\u{24FF}'
            | '\u{25A0}'..='\u{266F}'
            | '\u{3200}'..='\u{33FF}'
    )
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
