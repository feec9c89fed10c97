//! Workbooks whose parts are written by hand.

use std::fmt::Write as _;

use std::path::Path;

use super::super::support::zip_of_bytes;

const HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>";
const MAIN: &str = "xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"";
const RELATIONS: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";

/// Sheets by name, each with the rows it has as XML.
pub(crate) struct Book<'a> {
    pub(crate) sheets: &'a [(&'a str, String)],
    /// The whole part.
    pub(crate) strings: Option<String>,
    /// Style n + 1 has the nth of these.
    pub(crate) formats: &'a [&'a str],
    pub(crate) is_1904: bool,
    pub(crate) utf16: bool,
    /// Attributes of the root of each sheet.
    pub(crate) root: &'a str,
}

impl Default for Book<'_> {
    fn default() -> Self {
        Self {
            sheets: &[],
            strings: None,
            formats: &["0.0"],
            is_1904: false,
            utf16: false,
            root: "",
        }
    }
}

impl Book<'_> {
    pub(crate) fn write(&self, path: &Path) {
        let mut targets = Vec::new();
        let mut listed = String::new();
        let mut parts: Vec<(String, Vec<u8>)> =
            vec![("[Content_Types].xml".to_owned(), b"<Types/>".to_vec())];
        for (index, (name, rows)) in (1..).zip(self.sheets) {
            let target = format!("worksheets/sheet{index}.xml");
            let root = self.root;
            let sheet =
                format!("<worksheet {MAIN}{root}><sheetData>{rows}</sheetData></worksheet>");
            parts.push((format!("xl/{target}"), self.part(&sheet)));
            targets.push(("worksheet", target));
            let _ = write!(
                listed,
                "<sheet name=\"{name}\" sheetId=\"{index}\" r:id=\"rId{index}\"/>"
            );
        }
        targets.push(("styles", "styles.xml".to_owned()));
        if let Some(strings) = &self.strings {
            targets.push(("sharedStrings", "sharedStrings.xml".to_owned()));
            parts.push((
                "xl/sharedStrings.xml".to_owned(),
                strings.clone().into_bytes(),
            ));
        }
        let epoch = if self.is_1904 {
            "<workbookPr date1904=\"1\"/>"
        } else {
            ""
        };
        let book = format!(
            "<workbook {MAIN} xmlns:r=\"{RELATIONS}\">{epoch}<sheets>{listed}</sheets></workbook>"
        );
        parts.push(("xl/workbook.xml".to_owned(), self.part(&book)));
        parts.push(("xl/styles.xml".to_owned(), self.styles().into_bytes()));
        let targets: Vec<(&str, &str)> = targets
            .iter()
            .map(|(kind, target)| (*kind, target.as_str()))
            .collect();
        let relations = relations(&targets).into_bytes();
        parts.push(("xl/_rels/workbook.xml.rels".to_owned(), relations));
        zip_of_bytes(path, &parts);
    }

    fn part(&self, xml: &str) -> Vec<u8> {
        if self.utf16 {
            let head = HEAD.replace("UTF-8", "UTF-16");
            return super::wide(&format!("\u{FEFF}{head}{xml}"));
        }
        format!("{HEAD}{xml}").into_bytes()
    }

    fn styles(&self) -> String {
        let (mut codes, mut styles) = (String::new(), "<xf numFmtId=\"0\"/>".to_owned());
        for (id, code) in (164..).zip(self.formats) {
            let _ = write!(codes, "<numFmt numFmtId=\"{id}\" formatCode=\"{code}\"/>");
            let _ = write!(styles, "<xf numFmtId=\"{id}\"/>");
        }
        format!(
            "<styleSheet {MAIN}><numFmts>{codes}</numFmts><cellXfs>{styles}</cellXfs></styleSheet>"
        )
    }
}

pub(crate) fn relations(targets: &[(&str, &str)]) -> String {
    let one = |(index, (kind, target)): (usize, &(&str, &str))| {
        let id = index + 1;
        format!("<Relationship Id=\"rId{id}\" Type=\"{RELATIONS}/{kind}\" Target=\"{target}\"/>")
    };
    let all: String = targets.iter().enumerate().map(one).collect();
    format!("<Relationships>{all}</Relationships>")
}

pub(crate) fn sst(items: &[&str]) -> String {
    let items = items.iter().map(|item| format!("<si>{item}</si>"));
    let items = items.collect::<Vec<_>>().concat();
    format!("<sst {MAIN}>{items}</sst>")
}

pub(crate) fn text(cell: &str, text: &str) -> String {
    format!("<c r=\"{cell}\" t=\"inlineStr\"><is><t>{text}</t></is></c>")
}

pub(crate) fn shared(cell: &str, index: u32) -> String {
    format!("<c r=\"{cell}\" t=\"s\"><v>{index}</v></c>")
}

pub(crate) fn number(cell: &str, value: &str, style: u32) -> String {
    format!("<c r=\"{cell}\" s=\"{style}\"><v>{value}</v></c>")
}

/// A header (编号, 值) and rows K1, K2 … with these numbers.
pub(crate) fn column(values: &[&str], style: u32) -> String {
    let mut rows = row(1, &[text("A1", "编号"), text("B1", "值")]);
    for (line, value) in (2..).zip(values) {
        let key = text(&format!("A{line}"), &format!("K{}", line - 1));
        rows += &row(line, &[key, number(&format!("B{line}"), value, style)]);
    }
    rows
}

pub(crate) fn row(number: u32, cells: &[String]) -> String {
    format!("<row r=\"{number}\">{}</row>", cells.concat())
}
