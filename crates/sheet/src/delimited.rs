//! Text files with separated values, in whatever encoding and with whatever separator.

mod fields;

use std::{
    fs::File,
    io::Read,
    path::{Path, PathBuf},
};

use encoding_rs::CoderResult;

use super::{
    Budget, Facts, NumberFormat, Row, RowSink, RowSource, SheetName, StringSink,
    encoding::{self, Choice},
};
use crate::{Failure, FailureCode};
use fields::Splitter;

const CHUNK: usize = 64 * 1024;

pub(super) struct TextFile {
    path: PathBuf,
    choice: Choice,
    separator: u8,
    sheets: [SheetName; 1],
    formats: [NumberFormat; 1],
    budget: Budget,
}

impl TextFile {
    pub(super) fn open(path: &Path, budget: &Budget) -> Result<Self, Failure> {
        let choice = encoding::detect(path)?;
        let mut head = String::new();
        let mut decoded = Decoded::open(path, &choice)?;
        while head.len() < CHUNK && decoded.next()? {
            head.push_str(&decoded.text);
        }
        Ok(Self {
            path: path.to_owned(),
            choice,
            separator: fields::separator(&head),
            sheets: [SheetName {
                name: "Sheet1".to_owned(),
                visible: true,
            }],
            formats: [NumberFormat::default()],
            budget: budget.clone(),
        })
    }
}

impl RowSource for TextFile {
    fn sheets(&self) -> &[SheetName] {
        &self.sheets
    }

    fn formats(&self) -> &[NumberFormat] {
        &self.formats
    }

    fn is_typed(&self) -> bool {
        false
    }

    fn strings(&mut self, _each: StringSink<'_>) -> Result<(), Failure> {
        Ok(())
    }

    fn rows(&mut self, _sheet: usize, each: RowSink<'_>) -> Result<Facts, Failure> {
        let mut decoded = Decoded::open(&self.path, &self.choice)?;
        let mut splitter = Splitter::new(self.separator, self.budget.limits.cell_bytes);
        let mut row = Row::default();
        while decoded.next()? {
            self.budget.spend(decoded.bytes, decoded.bytes)?;
            splitter.feed(&decoded.text, &mut row, each)?;
        }
        splitter.finish(&mut row, each)?;
        Ok(Facts::default())
    }

    fn assumed_encoding(&self) -> Option<&'static str> {
        let guessed = self.choice.guessed;
        guessed.then(|| self.choice.encoding.name())
    }
}

/// A text file as UTF-8, piece by piece.
struct Decoded {
    file: File,
    decoder: encoding_rs::Decoder,
    buffer: Vec<u8>,
    text: String,
    /// How many of the file's bytes the text was made from.
    bytes: u64,
    done: bool,
}

impl Decoded {
    fn open(path: &Path, choice: &Choice) -> Result<Self, Failure> {
        Ok(Self {
            file: File::open(path).map_err(Failure::internal)?,
            decoder: choice.encoding.new_decoder_with_bom_removal(),
            buffer: vec![0; CHUNK],
            text: String::with_capacity(CHUNK * 4),
            bytes: 0,
            done: false,
        })
    }

    fn next(&mut self) -> Result<bool, Failure> {
        if self.done {
            return Ok(false);
        }
        let count = self
            .file
            .read(&mut self.buffer)
            .map_err(Failure::internal)?;
        self.bytes = count as u64;
        self.done = count == 0;
        self.text.clear();
        let (result, _, replaced) =
            self.decoder
                .decode_to_string(&self.buffer[..count], &mut self.text, self.done);
        if replaced || result != CoderResult::InputEmpty {
            return Err(Failure::new(FailureCode::CsvEncoding, "文本编码前后不一致"));
        }
        Ok(true)
    }
}
