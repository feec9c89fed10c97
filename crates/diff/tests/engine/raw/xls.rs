//! Workbooks of Excel 97: records in a stream in a compound file.

use super::{
    super::support::{Cell, Table},
    cells, wide,
};

/// What a workbook says of itself, beside its cells.
pub(crate) struct Book {
    pub(crate) codepage: u16,
    pub(crate) stream: &'static str,
    /// The body of the record that says it has a password.
    pub(crate) password: Option<Vec<u8>>,
    pub(crate) strings: Vec<u8>,
}

impl Default for Book {
    fn default() -> Self {
        Self {
            codepage: 1200,
            stream: "Workbook",
            password: None,
            strings: Vec::new(),
        }
    }
}

/// Style 1 shows a date.
const STYLES: [u16; 2] = [0, 14];
const SECTOR: usize = 512;
const NONE: u32 = 0xFFFF_FFFF;
const END: u32 = 0xFFFF_FFFE;

impl Book {
    pub(crate) fn file(&self, cells: &[u8]) -> Vec<u8> {
        compound(self.stream, &self.biff(cells))
    }

    fn biff(&self, cells: &[u8]) -> Vec<u8> {
        let begin = |kind: u16| {
            let mut body = [0x600_u16, kind, 0x0DBB, 1996]
                .map(u16::to_le_bytes)
                .concat();
            body.extend([0, 0, 0, 0, 6, 0, 0, 0]);
            record(0x809, &body)
        };
        let mut globals = begin(5);
        if let Some(password) = &self.password {
            globals.extend(record(0x2F, password));
        }
        globals.extend(record(0x42, &self.codepage.to_le_bytes()));
        for style in STYLES {
            let mut body = vec![0, 0];
            body.extend(style.to_le_bytes());
            body.resize(20, 0);
            globals.extend(record(0xE0, &body));
        }
        let name = [&[0, 0, 6, 0][..], b"Sheet1"].concat();
        let start = globals.len() + 8 + name.len() + self.strings.len() + 4;
        globals.extend(record(
            0x85,
            &[&(start as u32).to_le_bytes()[..], &name].concat(),
        ));
        globals.extend(&self.strings);
        globals.extend(record(0x0A, &[]));
        [globals, begin(0x10), cells.to_vec(), record(0x0A, &[])].concat()
    }
}

pub(crate) fn record(kind: u16, body: &[u8]) -> Vec<u8> {
    let length = body.len() as u16;
    [&kind.to_le_bytes()[..], &length.to_le_bytes(), body].concat()
}

fn place(row: u32, column: u32, style: u16) -> Vec<u8> {
    [row as u16, column as u16, style]
        .map(u16::to_le_bytes)
        .concat()
}

pub(crate) fn label(row: u32, column: u32, text: &str) -> Vec<u8> {
    let mut body = place(row, column, 0);
    body.extend((text.encode_utf16().count() as u16).to_le_bytes());
    body.push(1);
    body.extend(wide(text));
    record(0x204, &body)
}

pub(crate) fn number(row: u32, column: u32, value: f64, style: u16) -> Vec<u8> {
    let mut body = place(row, column, style);
    body.extend(value.to_le_bytes());
    record(0x203, &body)
}

pub(crate) fn bool(row: u32, column: u32, value: bool) -> Vec<u8> {
    let mut body = place(row, column, 0);
    body.extend([u8::from(value), 0]);
    record(0x205, &body)
}

pub(crate) fn formula(kind: u16, row: u32, column: u32, value: [u8; 8]) -> Vec<u8> {
    let mut body = place(row, column, 0);
    body.extend(value);
    body.extend([0; 6]);
    // Its tokens: the number 1.
    body.extend([3, 0, 0x1E, 1, 0]);
    record(kind, &body)
}

/// Shared strings that are cut wherever the record is full, as Excel cuts them.
pub(crate) fn shared(texts: &[&str], record_max: usize) -> Vec<u8> {
    let count = (texts.len() as u32).to_le_bytes();
    let mut body = [count, count].concat();
    let mut records = Vec::new();
    let mut kind = 0xFC;
    for text in texts {
        if body.len() + 3 > record_max {
            records.extend(record(kind, &std::mem::take(&mut body)));
            kind = 0x3C;
        }
        body.extend((text.encode_utf16().count() as u16).to_le_bytes());
        body.push(1);
        for letter in wide(text).chunks(2) {
            if body.len() + 2 > record_max {
                records.extend(record(kind, &std::mem::take(&mut body)));
                kind = 0x3C;
                body.push(1);
            }
            body.extend(letter);
        }
    }
    records.extend(record(kind, &body));
    records
}

pub(crate) fn of_shared(row: u32, column: u32, index: u32) -> Vec<u8> {
    let mut body = place(row, column, 0);
    body.extend(index.to_le_bytes());
    record(0xFD, &body)
}

pub(crate) fn of_table(table: &Table) -> Vec<u8> {
    let mut body = Vec::new();
    for (row, line) in (0..).zip(table) {
        for (column, cell) in cells(line) {
            body.extend(match cell {
                Cell::Blank => Vec::new(),
                Cell::Number(value) => number(row, column, *value, 0),
                Cell::Date(value) => number(row, column, *value, 1),
                Cell::Text(text) => label(row, column, text),
                Cell::Bool(value) => bool(row, column, *value),
            });
        }
    }
    Book::default().file(&body)
}

/// A compound file of one stream, which is padded to the size from which it has its own sectors.
pub(crate) fn compound(name: &str, stream: &[u8]) -> Vec<u8> {
    let mut stream = stream.to_vec();
    stream.resize(stream.len().next_multiple_of(SECTOR).max(4096), 0);
    let count = stream.len() / SECTOR;
    // The table of sectors takes as many as it needs to list itself, the directory and the stream; a
    // file of more than 109 lists them elsewhere too.
    let tables = (1..=109)
        .find(|tables| tables * SECTOR / 4 >= tables + 1 + count)
        .unwrap();
    let mut fat = vec![0xFFFF_FFFD; tables];
    fat.push(END);
    let first = fat.len() as u32;
    fat.extend((1..count as u32).map(|step| first + step));
    fat.push(END);
    fat.resize(tables * SECTOR / 4, NONE);

    let mut file = vec![0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1];
    file.resize(24, 0);
    file.extend([0x3E_u16, 3, 0xFFFE, 9, 6].map(u16::to_le_bytes).concat());
    file.resize(40, 0);
    let directory = tables as u32;
    let head = [0, tables as u32, directory, 0, 4096, END, 0, END, 0];
    file.extend(head.map(u32::to_le_bytes).concat());
    file.extend((0..tables as u32).flat_map(u32::to_le_bytes));
    file.resize(SECTOR, 0xFF);
    file.extend(fat.into_iter().flat_map(u32::to_le_bytes));
    let entry = |name: &str, kind: u8, child: u32, start: u32, size: usize| {
        let mut entry = wide(name);
        let length = entry.len() as u16 + 2;
        entry.resize(64, 0);
        entry.extend(length.to_le_bytes());
        entry.extend([kind, 1]);
        entry.extend([NONE, NONE, child].map(u32::to_le_bytes).concat());
        entry.resize(116, 0);
        entry.extend(start.to_le_bytes());
        entry.extend((size as u64).to_le_bytes());
        entry
    };
    let mut entries = entry("Root Entry", 5, 1, END, 0);
    entries.extend(entry(name, 2, NONE, first, stream.len()));
    entries.resize(SECTOR, 0);
    file.extend(entries);
    file.extend(stream);
    file
}
