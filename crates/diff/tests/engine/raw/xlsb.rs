//! Binary workbooks of Excel 2007: records in the parts of a package.

use std::path::Path;

use super::{
    super::support::{Cell, Table, zip_of_bytes},
    cells, wide,
    xlsx::relations,
};

pub(crate) fn record(kind: u16, body: &[u8]) -> Vec<u8> {
    let number = |value: usize| {
        let mut bytes = Vec::new();
        let mut rest = value;
        while rest > 0x7F {
            bytes.push(rest as u8 & 0x7F | 0x80);
            rest >>= 7;
        }
        bytes.push(rest as u8);
        bytes
    };
    [&number(usize::from(kind))[..], &number(body.len()), body].concat()
}

fn text(text: &str) -> Vec<u8> {
    let letters = wide(text);
    let count = (letters.len() as u32 / 2).to_le_bytes();
    [&count[..], &letters].concat()
}

fn cell(kind: u16, column: u32, style: u32, value: &[u8]) -> Vec<u8> {
    let (column, style) = (column.to_le_bytes(), style.to_le_bytes());
    record(kind, &[&column[..], &style, value].concat())
}

pub(crate) fn label(column: u32, value: &str) -> Vec<u8> {
    cell(6, column, 0, &text(value))
}

pub(crate) fn number(column: u32, value: f64, style: u32) -> Vec<u8> {
    cell(5, column, style, &value.to_le_bytes())
}

/// A formula whose value is an error.
pub(crate) fn error(column: u32, code: u8) -> Vec<u8> {
    let tokens = [&[code, 0, 0, 2, 0, 0, 0, 0x1C, code][..], &[0; 4]].concat();
    cell(11, column, 0, &tokens)
}

pub(crate) fn write(path: &Path, rows: &[Vec<u8>]) {
    let mut sheet = [record(129, &[]), record(145, &[])].concat();
    for (number, cells) in (0_u32..).zip(rows) {
        let mut head = number.to_le_bytes().to_vec();
        head.resize(17, 0);
        sheet.extend(record(0, &head));
        sheet.extend(cells);
    }
    sheet.extend([record(146, &[]), record(130, &[])].concat());
    let bundle = [
        &[0, 0, 0, 0, 1, 0, 0, 0][..],
        &text("rId1"),
        &text("Sheet1"),
    ]
    .concat();
    let book = [
        record(131, &[]),
        record(153, &[0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
        record(156, &bundle),
        record(132, &[]),
    ];
    let style = |format: u16| {
        let mut body = vec![0, 0];
        body.extend(format.to_le_bytes());
        body.resize(16, 0);
        record(47, &body)
    };
    let styles = [
        record(278, &[]),
        record(617, &[2, 0, 0, 0]),
        style(0),
        style(14),
        record(618, &[]),
        record(279, &[]),
    ];
    let targets = [
        ("worksheet", "worksheets/sheet1.bin"),
        ("styles", "styles.bin"),
    ];
    let parts: [(&str, Vec<u8>); 5] = [
        ("[Content_Types].xml", b"<Types/>".to_vec()),
        (
            "xl/_rels/workbook.bin.rels",
            relations(&targets).into_bytes(),
        ),
        ("xl/workbook.bin", book.concat()),
        ("xl/styles.bin", styles.concat()),
        ("xl/worksheets/sheet1.bin", sheet),
    ];
    zip_of_bytes(path, &parts);
}

pub(crate) fn write_table(path: &Path, table: &Table) {
    let row = |line: &Vec<Cell>| {
        let cell = |(column, value): (u32, &Cell)| match value {
            Cell::Blank => Vec::new(),
            Cell::Number(value) => number(column, *value, 0),
            Cell::Date(value) => number(column, *value, 1),
            Cell::Text(text) => label(column, text),
            Cell::Bool(value) => cell(4, column, 0, &[u8::from(*value)]),
        };
        cells(line).flat_map(cell).collect()
    };
    write(path, &table.iter().map(row).collect::<Vec<_>>());
}
