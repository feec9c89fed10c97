//! Tables, the files that hold them, and results read back by an independent reader.

use std::{
    collections::BTreeMap,
    fs,
    io::Write,
    path::{Path, PathBuf},
};

use calamine::{Data, Reader, Xlsx, open_workbook};
use diff::{Failure, Input, Limits, Options, Preview, Request, Summary, compare as run_engine};
use rust_xlsxwriter::{Format, Workbook};
use tempfile::TempDir;

use super::raw;

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Cell {
    Blank,
    Number(f64),
    Text(String),
    /// A serial number shown as a date.
    Date(f64),
    Bool(bool),
}

pub(crate) type Table = Vec<Vec<Cell>>;

pub(crate) fn text(text: &str) -> Cell {
    Cell::Text(text.to_owned())
}

/// A table from text, as a person would type it: numbers are numbers.
pub(crate) fn table(rows: &[&[&str]]) -> Table {
    let cell = |field: &&str| match field.parse::<f64>() {
        _ if field.is_empty() => Cell::Blank,
        Ok(number) if !field.starts_with('0') || *field == "0" => Cell::Number(number),
        _ => text(field),
    };
    rows.iter()
        .map(|row| row.iter().map(cell).collect())
        .collect()
}

pub(crate) struct Desk {
    pub(crate) folder: TempDir,
}

pub(crate) struct Outcome {
    pub(crate) summary: Summary,
    pub(crate) preview: Preview,
    pub(crate) result: PathBuf,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Form {
    XlsxShared,
    XlsxInline,
    CsvUtf8,
    CsvGb18030,
    TsvUtf16,
    Ods,
    Xls,
    Xlsb,
}

pub(crate) const FORMS: [Form; 8] = [
    Form::XlsxShared,
    Form::XlsxInline,
    Form::CsvUtf8,
    Form::CsvGb18030,
    Form::TsvUtf16,
    Form::Ods,
    Form::Xls,
    Form::Xlsb,
];

impl Desk {
    pub(crate) fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, table: &Table, form: Form) -> PathBuf {
        let path = self.path(name);
        match form {
            Form::XlsxShared => write_xlsx(&path, &[("Sheet1", table)], false),
            Form::XlsxInline => write_xlsx(&path, &[("Sheet1", table)], true),
            Form::CsvUtf8 => fs::write(&path, delimited(table, ',')).unwrap(),
            Form::CsvGb18030 => {
                let text = delimited(table, ',');
                fs::write(&path, encoding_rs::GB18030.encode(&text).0).unwrap();
            }
            Form::TsvUtf16 => {
                let text = format!("\u{FEFF}{}", delimited(table, '\t'));
                let bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
                fs::write(&path, bytes).unwrap();
            }
            Form::Ods => write_ods(&path, table),
            Form::Xls => fs::write(&path, raw::xls::of_table(table)).unwrap(),
            Form::Xlsb => raw::xlsb::write_table(&path, table),
        }
        path
    }

    pub(crate) fn request(&self, left: &Path, right: &Path, options: &str) -> Request {
        let scratch = tempfile::tempdir_in(self.folder.path()).unwrap().keep();
        let input = |path: &Path| Input {
            path: path.to_owned(),
            name: path.file_name().unwrap().to_string_lossy().into_owned(),
        };
        Request {
            left: input(left),
            right: input(right),
            options: serde_json::from_str::<Options>(options).unwrap(),
            result: scratch.join("result.xlsx"),
            preview: scratch.join("preview.json"),
            scratch,
            limits: Limits::default(),
            created_ms: 1_700_000_000_000,
        }
    }

    pub(crate) fn files(
        &self,
        left: &Path,
        right: &Path,
        options: &str,
    ) -> Result<Outcome, Failure> {
        let request = self.request(left, right, options);
        let summary = run_engine(&request, &mut |_| {})?;
        let preview = serde_json::from_slice(&fs::read(&request.preview).unwrap()).unwrap();
        Ok(Outcome {
            summary,
            preview,
            result: request.result,
        })
    }

    /// Two tables as workbooks.
    pub(crate) fn tables(&self, left: &Table, right: &Table, options: &str) -> Outcome {
        let left = self.write("left.xlsx", left, Form::XlsxShared);
        let right = self.write("right.xlsx", right, Form::XlsxInline);
        self.files(&left, &right, options).unwrap()
    }
}

impl Outcome {
    /// changed, added, removed of the first pair.
    pub(crate) fn counts(&self) -> (u64, u64, u64) {
        let rows = &self.summary.pairs[0].rows;
        (rows.changed, rows.added, rows.removed)
    }

    /// A sheet of the result, as text.
    pub(crate) fn sheet(&self, name: &str) -> Vec<Vec<String>> {
        read_sheet(&self.result, name)
    }

    /// What holds of every result.
    pub(crate) fn check_conservation(&self) {
        for pair in &self.summary.pairs {
            let rows = &pair.rows;
            assert_eq!(rows.left, rows.unchanged + rows.changed + rows.removed);
            assert_eq!(rows.right, rows.unchanged + rows.changed + rows.added);
            let by_column: u64 = pair.columns.changed.iter().map(|column| column.cells).sum();
            assert_eq!(pair.cells.changed, by_column);
        }
        let lines = |name| {
            let rows = self.sheet(name);
            rows.len() as u64 - 1 - u64::from(rows.get(1).is_some_and(|row| row[0] == "无"))
        };
        let (changed, added, removed) = self.counts();
        assert_eq!(
            (lines("变动项目"), lines("新增项"), lines("减少项")),
            (changed, added, removed)
        );
        let cells = &self.summary.pairs[0].cells;
        assert_eq!(
            lines("变动明细"),
            cells.changed + cells.type_only + cells.within_tolerance
        );
    }
}

pub(crate) fn read_sheet(path: &Path, name: &str) -> Vec<Vec<String>> {
    let mut book: Xlsx<_> = open_workbook(path).unwrap();
    let range = book.worksheet_range(name).unwrap();
    let width = range.width();
    let row = |cells: &[Data]| {
        let texts = cells.iter().map(|cell| match cell {
            Data::DateTime(date) => date.as_f64().to_string(),
            other => other.to_string(),
        });
        let mut texts: Vec<String> = texts.collect();
        texts.resize(width, String::new());
        texts
    };
    range.rows().map(row).collect()
}

/// A row of a result as a map from its header.
pub(crate) fn records(rows: &[Vec<String>]) -> Vec<BTreeMap<String, String>> {
    let pair = |(name, value): (&String, &String)| (name.clone(), value.clone());
    rows[1..]
        .iter()
        .map(|row| rows[0].iter().zip(row).map(pair).collect())
        .collect()
}

pub(crate) fn write_xlsx(path: &Path, sheets: &[(&str, &Table)], inline: bool) {
    let date = Format::new().set_num_format("yyyy-mm-dd");
    let mut book = Workbook::new();
    for (name, table) in sheets {
        let sheet = if inline {
            book.add_worksheet_with_constant_memory().unwrap()
        } else {
            book.add_worksheet()
        };
        sheet.set_name(*name).unwrap();
        for (row, cells) in table.iter().enumerate() {
            for (column, cell) in cells.iter().enumerate() {
                let (row, column) = (row as u32, column as u16);
                match cell {
                    Cell::Blank => {}
                    Cell::Number(value) => {
                        sheet.write_number(row, column, *value).unwrap();
                    }
                    Cell::Text(text) => {
                        sheet.write_string(row, column, text).unwrap();
                    }
                    Cell::Bool(value) => {
                        sheet.write_boolean(row, column, *value).unwrap();
                    }
                    Cell::Date(value) => {
                        sheet
                            .write_number_with_format(row, column, *value, &date)
                            .unwrap();
                    }
                }
            }
        }
    }
    book.save(path).unwrap();
}

pub(crate) fn plain(cell: &Cell) -> String {
    match cell {
        Cell::Blank => String::new(),
        Cell::Number(value) => value.to_string(),
        Cell::Text(text) => text.clone(),
        Cell::Bool(value) => value.to_string().to_uppercase(),
        Cell::Date(serial) => iso_date(*serial),
    }
}

/// Counted by hand, so that it is not the engine's own arithmetic.
fn iso_date(serial: f64) -> String {
    let (mut year, mut days) = (1900, serial as i64 - 1 - i64::from(serial > 60.0));
    let leap = |year: i64| year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    while days >= 365 + i64::from(leap(year)) {
        days -= 365 + i64::from(leap(year));
        year += 1;
    }
    let mut month = 1;
    for length in [
        31,
        28 + i64::from(leap(year)),
        31,
        30,
        31,
        30,
        31,
        31,
        30,
        31,
        30,
        31,
    ] {
        if days < length {
            break;
        }
        days -= length;
        month += 1;
    }
    format!("{year:04}-{month:02}-{:02}", days + 1)
}

fn delimited(table: &Table, separator: char) -> String {
    let field = |cell: &Cell| {
        let text = plain(cell);
        if text.contains(['"', '\n', '\r', separator]) {
            format!("\"{}\"", text.replace('"', "\"\""))
        } else {
            text
        }
    };
    let line = |row: &Vec<Cell>| {
        row.iter()
            .map(field)
            .collect::<Vec<_>>()
            .join(&separator.to_string())
    };
    table.iter().map(|row| line(row) + "\r\n").collect()
}

fn write_ods(path: &Path, table: &Table) {
    let escape = |text: &str| {
        text.replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('"', "&quot;")
    };
    let cell = |cell: &Cell| match cell {
        Cell::Blank => "<table:table-cell/>".to_owned(),
        Cell::Number(value) => {
            format!("<table:table-cell office:value-type=\"float\" office:value=\"{value}\"/>")
        }
        Cell::Text(text) => format!(
            "<table:table-cell office:value-type=\"string\"><text:p>{}</text:p></table:table-cell>",
            escape(text).replace('\n', "</text:p><text:p>")
        ),
        Cell::Bool(value) => format!(
            "<table:table-cell office:value-type=\"boolean\" office:boolean-value=\"{value}\"/>"
        ),
        Cell::Date(serial) => format!(
            "<table:table-cell office:value-type=\"date\" office:date-value=\"{}\"/>",
            iso_date(*serial)
        ),
    };
    let row = |row: &Vec<Cell>| {
        format!(
            "<table:table-row>{}</table:table-row>",
            row.iter().map(cell).collect::<String>()
        )
    };
    let rows: String = table.iter().map(row).collect();
    let content = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><office:document-content \
         xmlns:office=\"urn:oasis:names:tc:opendocument:xmlns:office:1.0\" \
         xmlns:table=\"urn:oasis:names:tc:opendocument:xmlns:table:1.0\" \
         xmlns:text=\"urn:oasis:names:tc:opendocument:xmlns:text:1.0\"><office:body>\
         <office:spreadsheet><table:table table:name=\"Sheet1\">{rows}</table:table>\
         </office:spreadsheet></office:body></office:document-content>"
    );
    let kind = "application/vnd.oasis.opendocument.spreadsheet";
    zip_of(
        path,
        &[
            ("mimetype", kind),
            ("content.xml", &content),
            ("META-INF/manifest.xml", "<manifest/>"),
        ],
    );
}

pub(crate) fn zip_of(path: &Path, parts: &[(&str, &str)]) {
    zip_of_bytes(path, parts);
}

pub(crate) fn zip_of_bytes<N: AsRef<str>, C: AsRef<[u8]>>(path: &Path, parts: &[(N, C)]) {
    let mut zip = zip::ZipWriter::new(fs::File::create(path).unwrap());
    for (name, content) in parts {
        zip.start_file(name.as_ref(), zip::write::SimpleFileOptions::default())
            .unwrap();
        zip.write_all(content.as_ref()).unwrap();
    }
    zip.finish().unwrap();
}
