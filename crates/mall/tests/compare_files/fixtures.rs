//! Files that no program should have to read, made by code.

use std::{
    fs::File,
    io::Write,
    path::{Path, PathBuf},
};

use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

/// A workbook whose parts can be replaced one by one.
pub(crate) struct Book {
    parts: Vec<(String, Vec<u8>)>,
}

const HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>";
const MAIN: &str = "xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"";
const RELATIONS: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";

impl Book {
    /// One sheet with a header (编号, 值), the rows given as XML, and two shared strings.
    pub(crate) fn new(rows: &str) -> Self {
        let mut book = Self { parts: Vec::new() };
        book.put("[Content_Types].xml", format!(
            "{HEAD}<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\">\
             <Default Extension=\"xml\" ContentType=\"application/xml\"/>\
             <Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>\
             <Override PartName=\"/xl/workbook.xml\" ContentType=\"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml\"/>\
             </Types>"));
        book.put(
            "_rels/.rels",
            relations(&[("officeDocument", "xl/workbook.xml")]),
        );
        book.put(
            "xl/_rels/workbook.xml.rels",
            relations(&[
                ("worksheet", "worksheets/sheet1.xml"),
                ("sharedStrings", "sharedStrings.xml"),
                ("styles", "styles.xml"),
            ]),
        );
        book.put(
            "xl/workbook.xml",
            format!(
                "{HEAD}<workbook {MAIN} xmlns:r=\"{RELATIONS}\"><sheets>\
             <sheet name=\"Sheet1\" sheetId=\"1\" r:id=\"rId1\"/></sheets></workbook>"
            ),
        );
        book.strings("<si><t>编号</t></si><si><t>值</t></si>", 2);
        book.put("xl/styles.xml", format!(
            "{HEAD}<styleSheet {MAIN}><numFmts count=\"1\">\
             <numFmt numFmtId=\"164\" formatCode=\"yyyy&quot;年&quot;m&quot;月&quot;d&quot;日&quot;\"/></numFmts>\
             <cellXfs count=\"2\"><xf numFmtId=\"0\"/><xf numFmtId=\"164\"/></cellXfs></styleSheet>"));
        let header =
            "<row r=\"1\"><c r=\"A1\" t=\"s\"><v>0</v></c><c r=\"B1\" t=\"s\"><v>1</v></c></row>";
        book.sheet(&format!("{header}{rows}"));
        book
    }

    pub(crate) fn sheet(&mut self, rows: &str) {
        self.put(
            "xl/worksheets/sheet1.xml",
            format!("{HEAD}<worksheet {MAIN}><sheetData>{rows}</sheetData></worksheet>"),
        );
    }

    pub(crate) fn strings(&mut self, items: &str, claimed: u64) {
        self.put(
            "xl/sharedStrings.xml",
            format!(
                "{HEAD}<sst {MAIN} count=\"{claimed}\" uniqueCount=\"{claimed}\">{items}</sst>"
            ),
        );
    }

    pub(crate) fn put(&mut self, name: &str, content: impl Into<Vec<u8>>) {
        self.parts.retain(|(known, _)| known != name);
        self.parts.push((name.to_owned(), content.into()));
    }

    pub(crate) fn edit(&mut self, name: &str, from: &str, to: &str) {
        let part = self
            .parts
            .iter_mut()
            .find(|(known, _)| known == name)
            .unwrap();
        let text = String::from_utf8(part.1.clone()).unwrap();
        assert!(text.contains(from), "{name} has no {from}");
        part.1 = text.replace(from, to).into_bytes();
    }

    /// The same part with every element in a prefixed namespace.
    pub(crate) fn prefix(&mut self, name: &str) {
        let part = self
            .parts
            .iter_mut()
            .find(|(known, _)| known == name)
            .unwrap();
        let text = String::from_utf8(part.1.clone()).unwrap();
        let text = text.replace("</", "</x:").replace(" xmlns=", " xmlns:x=");
        let mut prefixed = String::new();
        for (index, piece) in text.split('<').enumerate() {
            let opens = piece.starts_with(|first: char| first.is_ascii_alphabetic());
            let mark = if index == 0 { "" } else { "<" };
            prefixed.push_str(mark);
            prefixed.push_str(if opens && index > 0 { "x:" } else { "" });
            prefixed.push_str(piece);
        }
        part.1 = prefixed.into_bytes();
    }

    pub(crate) fn remove(&mut self, name: &str) {
        self.parts.retain(|(known, _)| known != name);
    }

    pub(crate) fn save(&self, folder: &Path, name: &str) -> PathBuf {
        let path = folder.join(name);
        let mut zip = ZipWriter::new(File::create(&path).unwrap());
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
        for (name, content) in &self.parts {
            zip.start_file(name.as_str(), options).unwrap();
            zip.write_all(content).unwrap();
        }
        zip.finish().unwrap();
        path
    }

    /// A part of so many repetitions, which is never held in memory.
    pub(crate) fn save_with_long_part(
        &self,
        folder: &Path,
        name: &str,
        part: &str,
        (head, body, times, tail): (&str, &[u8], usize, &str),
    ) -> PathBuf {
        let path = folder.join(name);
        let mut zip = ZipWriter::new(File::create(&path).unwrap());
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
        for (known, content) in self.parts.iter().filter(|(known, _)| known != part) {
            zip.start_file(known.as_str(), options).unwrap();
            zip.write_all(content).unwrap();
        }
        zip.start_file(part, options).unwrap();
        zip.write_all(head.as_bytes()).unwrap();
        for _ in 0..times {
            zip.write_all(body).unwrap();
        }
        zip.write_all(tail.as_bytes()).unwrap();
        zip.finish().unwrap();
        path
    }
}

fn relations(targets: &[(&str, &str)]) -> String {
    let one = |(index, (kind, target)): (usize, &(&str, &str))| {
        format!(
            "<Relationship Id=\"rId{}\" Type=\"{RELATIONS}/{kind}\" Target=\"{target}\"/>",
            index + 1
        )
    };
    let all: String = targets.iter().enumerate().map(one).collect();
    format!(
        "{HEAD}<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">{all}</Relationships>"
    )
}

/// A row `A<n>`/`B<n>` with an inline key and the given second cell.
pub(crate) fn row(number: u32, key: &str, cell: &str) -> String {
    let key = format!("<c r=\"A{number}\" t=\"inlineStr\"><is><t>{key}</t></is></c>");
    format!("<row r=\"{number}\">{key}{cell}</row>")
}

/// The start of a compound file with one directory entry of this name.
pub(crate) fn compound(stream: &str) -> Vec<u8> {
    let mut bytes = vec![0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1];
    bytes.resize(512, 0);
    bytes.extend(stream.encode_utf16().flat_map(u16::to_le_bytes));
    bytes.resize(4096, 0);
    bytes
}
