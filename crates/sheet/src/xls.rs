//! Workbooks of Excel 5 to 2003, read by ourselves: the stream once, whole, each sheet in one pass.

mod cells;
mod records;

use std::{fs, path::Path};

use encoding_rs::Encoding;

use crate::{
    Facts, Failure, NumberFormat, RowSink, RowSource, SheetName, StringSink,
    compound::{Compound, MARK},
    container::{corrupt, encrypted},
    formats::Formats,
};
use records::{Records, field, u16_of, u32_of};

pub(crate) struct Workbook {
    stream: Vec<u8>,
    layout: Layout,
    sheets: Vec<SheetName>,
    /// Where each sheet begins.
    starts: Vec<usize>,
    formats: Formats,
    /// Where the record of shared strings begins.
    strings: Option<usize>,
}

/// How texts are stored.
#[derive(Clone, Copy)]
struct Layout {
    /// Texts are UTF-16 whatever the code page says; before BIFF8 they are bytes in it.
    is_wide: bool,
    encoding: &'static Encoding,
}

mod kind {
    pub(super) const BOF: u16 = 0x809;
    pub(super) const EOF: u16 = 0x0A;
    pub(super) const FILEPASS: u16 = 0x2F;
    pub(super) const CODEPAGE: u16 = 0x42;
    pub(super) const DATEMODE: u16 = 0x22;
    pub(super) const FORMAT: u16 = 0x41E;
    pub(super) const XF: u16 = 0xE0;
    pub(super) const BOUNDSHEET: u16 = 0x85;
    pub(super) const SST: u16 = 0xFC;
}

const BIFF8: u16 = 0x600;

impl Workbook {
    pub(crate) fn open(path: &Path) -> Result<Self, Failure> {
        let bytes = fs::read(path).map_err(Failure::internal)?;
        if !bytes.starts_with(MARK) {
            return Self::read(bytes);
        }
        let compound = Compound::open(bytes)?;
        let stream = match compound.stream("Workbook")? {
            Some(stream) => Some(stream),
            None => compound.stream("Book")?,
        };
        drop(compound);
        Self::read(stream.ok_or_else(|| corrupt("no workbook inside"))?)
    }

    fn read(stream: Vec<u8>) -> Result<Self, Failure> {
        let mut book = Self {
            layout: Layout {
                is_wide: true,
                encoding: encoding_rs::WINDOWS_1252,
            },
            sheets: Vec::new(),
            starts: Vec::new(),
            formats: Formats::none(false),
            strings: None,
            stream: Vec::new(),
        };
        book.read_globals(&stream)?;
        book.stream = stream;
        Ok(book)
    }

    fn read_globals(&mut self, stream: &[u8]) -> Result<(), Failure> {
        let mut records = Records::new(stream, 0);
        let Some((kind::BOF, version)) = records.next() else {
            return Err(corrupt("a stream that is no workbook"));
        };
        self.layout.is_wide = u16_of(version, 0)? >= BIFF8;
        let mut custom: Vec<(u32, String)> = Vec::new();
        let mut styles: Vec<u16> = Vec::new();
        let mut sheets: Vec<&[u8]> = Vec::new();
        loop {
            let before = records.at;
            let Some((kind, bytes)) = records.next() else {
                return Err(corrupt("the workbook ends too early"));
            };
            match kind {
                kind::FILEPASS => return Err(encrypted()),
                kind::CODEPAGE => self.layout.encoding = code_page(u16_of(bytes, 0)?),
                kind::DATEMODE => self.formats.is_1904 = u16_of(bytes, 0)? == 1,
                kind::FORMAT => {
                    let code = self.layout.format(bytes)?;
                    custom.push((u32::from(u16_of(bytes, 0)?), code));
                }
                kind::XF => styles.push(u16_of(bytes, 2)?),
                kind::BOUNDSHEET => sheets.push(bytes),
                kind::SST => self.strings = Some(before),
                kind::EOF => break,
                _ => {}
            }
        }
        for style in styles {
            self.formats.add_style(u32::from(style), &custom);
        }
        for sheet in sheets {
            self.add_sheet(sheet)?;
        }
        Ok(())
    }

    fn add_sheet(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        let start = u32_of(bytes, 0)? as usize;
        let (hidden, is_cells) = (u16_of(bytes, 4)? & 3, u16_of(bytes, 4)? >> 8 == 0);
        let count = usize::from(*field(bytes.get(6))?);
        // Charts, macros and modules have no cells.
        if is_cells {
            self.sheets.push(SheetName {
                name: self.layout.text(&bytes[7..], count)?,
                visible: hidden == 0,
            });
            self.starts.push(start);
        }
        Ok(())
    }
}

impl Layout {
    /// A text of so many letters that does not go on in another record.
    fn text(self, bytes: &[u8], count: usize) -> Result<String, Failure> {
        if self.is_wide {
            return Records::new(&[], 0).whole(bytes).text(count);
        }
        let text = field(bytes.get(..count.min(bytes.len())))?;
        Ok(self
            .encoding
            .decode_without_bom_handling(text)
            .0
            .into_owned())
    }

    /// The code of a FORMAT record.
    fn format(self, bytes: &[u8]) -> Result<String, Failure> {
        if self.is_wide {
            let count = usize::from(u16_of(bytes, 2)?);
            return self.text(field(bytes.get(4..))?, count);
        }
        let count = usize::from(*field(bytes.get(2))?);
        self.text(field(bytes.get(3..))?, count)
    }
}

/// Windows code pages by their number.
fn code_page(number: u16) -> &'static Encoding {
    let label: &[u8] = match number {
        874 => b"windows-874",
        932 => b"shift_jis",
        936 => b"gb18030",
        949 => b"euc-kr",
        950 => b"big5",
        866 => b"ibm866",
        1250 => b"windows-1250",
        1251 => b"windows-1251",
        1253 => b"windows-1253",
        1254 => b"windows-1254",
        1255 => b"windows-1255",
        1256 => b"windows-1256",
        1257 => b"windows-1257",
        1258 => b"windows-1258",
        10_000 | 32_768 => b"macintosh",
        20_866 => b"koi8-r",
        65_001 => b"utf-8",
        _ => b"windows-1252",
    };
    Encoding::for_label(label).unwrap_or(encoding_rs::WINDOWS_1252)
}

impl RowSource for Workbook {
    fn sheets(&self) -> &[SheetName] {
        &self.sheets
    }

    fn formats(&self) -> &[NumberFormat] {
        &self.formats.formats
    }

    fn is_typed(&self) -> bool {
        true
    }

    fn strings(&mut self, each: StringSink<'_>) -> Result<(), Failure> {
        let Some(start) = self.strings else {
            return Ok(());
        };
        let mut records = Records::new(&self.stream, start);
        let (_, first) = field(records.next())?;
        let mut whole = records.whole(first);
        let (_, count) = (whole.u32()?, whole.u32()?);
        for _ in 0..count {
            let length = usize::from(whole.u16()?);
            each(&whole.text(length)?)?;
        }
        Ok(())
    }

    fn rows(&mut self, sheet: usize, each: RowSink<'_>) -> Result<Facts, Failure> {
        let name = &self.sheets[sheet].name;
        let records = Records::new(&self.stream, self.starts[sheet]);
        let mut reader = cells::Reader::new(records, self.layout, &self.formats, each);
        reader
            .read()
            .map_err(|failure| failure.with("sheet", name.as_str()))
    }
}
