//! Our reader of workbooks against the library's: the same cells from the same bytes.

use std::{fs::File, io::Write, path::Path};

use calamine::{DataRef, Xlsx, XlsxError, open_workbook};
use proptest::{collection::btree_map, prelude::*};

use super::{Budget, Limits, Row, RowSource, Value, xlsx};

type Seen = Vec<(u32, u32, String)>;

/// Every cell as text, with what kind it is.
fn cells(source: &mut dyn RowSource) -> Result<Seen, String> {
    let mut strings = Vec::new();
    let fail = |failure: super::Failure| failure.to_string();
    source
        .strings(&mut |text| {
            strings.push(text.to_owned());
            Ok(())
        })
        .map_err(fail)?;
    let formats = source.formats().to_vec();
    let mut seen = Vec::new();
    source
        .rows(0, &mut |row: &mut Row| {
            for cell in &row.cells {
                let shown = match cell.value {
                    Value::Number { value, format, .. } => {
                        format!(
                            "{} {value:?}",
                            if formats[usize::from(format)].is_date {
                                "date"
                            } else {
                                "number"
                            }
                        )
                    }
                    Value::Shared(index) => format!("text {}", strings[index as usize]),
                    Value::Text(span) | Value::Untyped(span) | Value::Formula(span) => {
                        format!("text {}", row.slice(span))
                    }
                    Value::Bool(value) => format!("bool {value}"),
                    Value::Error(span) => format!("error {}", row.slice(span)),
                };
                if shown != "text " {
                    seen.push((row.number, cell.column, shown));
                }
            }
            Ok(())
        })
        .map_err(fail)?;
    Ok(seen)
}

fn both(path: &Path) -> (Result<Seen, String>, Result<Seen, String>) {
    let budget = Budget::new(&Limits::default());
    let ours = xlsx::Workbook::open(path, &budget).map_err(|failure| failure.to_string());
    (
        ours.and_then(|mut workbook| cells(&mut workbook)),
        theirs(path).map_err(|error| error.to_string()),
    )
}

/// What the library says, in our words.
fn theirs(path: &Path) -> Result<Seen, XlsxError> {
    let mut book: Xlsx<_> = open_workbook(path)?;
    let is_1904 = book.has_1904_epoch();
    let mut reader = book.worksheet_cells_reader("S")?;
    let mut seen = Vec::new();
    while let Some(cell) = reader.next_cell()? {
        let shown = match cell.get_value() {
            DataRef::Empty => continue,
            DataRef::Int(value) => format!("number {:?}", *value as f64),
            DataRef::Float(value) => format!("number {value:?}"),
            DataRef::DateTime(moment) => {
                let shift = if is_1904 { 1462.0 } else { 0.0 };
                format!("date {:?}", moment.as_f64() + shift)
            }
            DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => {
                format!("text {text}")
            }
            DataRef::SharedString(text) => format!("text {text}"),
            DataRef::Bool(value) => format!("bool {value}"),
            DataRef::Error(error) => format!("error {error}"),
        };
        let (row, column) = cell.get_position();
        if shown != "text " {
            seen.push((row, column, shown));
        }
    }
    Ok(seen)
}

fn save(path: &Path, rows: &str, strings: &str, is_1904: bool) {
    let main = "xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"";
    let relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let epoch = if is_1904 {
        "<workbookPr date1904=\"1\"/>"
    } else {
        ""
    };
    let relation = |id: u32, kind: &str, target: &str| {
        format!("<Relationship Id=\"rId{id}\" Type=\"{relations}/{kind}\" Target=\"{target}\"/>")
    };
    let parts = [
        (
            "[Content_Types].xml",
            "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"/>"
                .to_owned(),
        ),
        (
            "_rels/.rels",
            format!(
                "<Relationships>{}</Relationships>",
                relation(1, "officeDocument", "xl/workbook.xml")
            ),
        ),
        (
            "xl/_rels/workbook.xml.rels",
            format!(
                "<Relationships>{}{}{}</Relationships>",
                relation(1, "worksheet", "worksheets/sheet1.xml"),
                relation(2, "sharedStrings", "sharedStrings.xml"),
                relation(3, "styles", "styles.xml"),
            ),
        ),
        (
            "xl/workbook.xml",
            format!(
                "<workbook {main} xmlns:r=\"{relations}\">{epoch}<sheets><sheet name=\"S\" sheetId=\"1\" r:id=\"rId1\"/></sheets></workbook>"
            ),
        ),
        (
            "xl/styles.xml",
            format!(
                "<styleSheet {main}><numFmts><numFmt numFmtId=\"170\" formatCode=\"yyyy\\-mm\"/>\
             <numFmt numFmtId=\"171\" formatCode=\"0.00&quot;d&quot;\"/></numFmts><cellXfs>\
             <xf numFmtId=\"0\"/><xf numFmtId=\"14\"/><xf numFmtId=\"170\"/><xf numFmtId=\"171\"/></cellXfs></styleSheet>"
            ),
        ),
        (
            "xl/sharedStrings.xml",
            format!("<sst {main}>{strings}</sst>"),
        ),
        (
            "xl/worksheets/sheet1.xml",
            format!("<worksheet {main}><sheetData>{rows}</sheetData></worksheet>"),
        ),
    ];
    let mut zip = zip::ZipWriter::new(File::create(path).unwrap());
    for (name, content) in parts {
        zip.start_file(name, zip::write::SimpleFileOptions::default())
            .unwrap();
        zip.write_all(content.as_bytes()).unwrap();
    }
    zip.finish().unwrap();
}

fn escaped() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "[a-z0-9 ]{0,5}",
        "[中文年月]{0,4}",
        Just("&amp;".to_owned()),
        Just("&lt;x&gt;".to_owned()),
        Just("&#x4E2D;&#65;".to_owned()),
        Just("_x0041_".to_owned()),
        Just("\r\n".to_owned()),
        Just("  ".to_owned()),
    ];
    prop::collection::vec(piece, 0..4).prop_map(|pieces| pieces.concat())
}

fn run() -> impl Strategy<Value = String> {
    (escaped(), any::<bool>()).prop_map(|(text, preserve)| {
        let space = if preserve {
            " xml:space=\"preserve\""
        } else {
            ""
        };
        // The library drops a run of spaces, which Excel shows.
        let blank = text.trim().is_empty() && !text.is_empty();
        let text = if blank { format!("x{text}") } else { text };
        format!("<t{space}>{text}</t>")
    })
}

fn item() -> impl Strategy<Value = String> {
    prop_oneof![
        run(),
        (run(), run())
            .prop_map(|(one, other)| format!("<r>{one}</r><r><rPr><b/></rPr>{other}</r>")),
        run().prop_map(|text| format!("{text}<rPh sb=\"0\" eb=\"1\"><t>カナ</t></rPh>")),
    ]
}

fn cell() -> impl Strategy<Value = String> {
    let style = 0..5_usize;
    let number = prop_oneof![
        "-?[0-9]{1,17}(\\.[0-9]{1,12})?",
        "[1-9](\\.[0-9]{1,16})?E[-+]?[0-9]{1,2}",
    ];
    prop_oneof![
        (number, style).prop_map(|(value, style)| format!(" s=\"{style}\"><v>{value}</v></c>")),
        (0..4_u32).prop_map(|index| format!(" t=\"s\"><v>{index}</v></c>")),
        item().prop_map(|item| format!(" t=\"inlineStr\"><is>{item}</is></c>")),
        escaped().prop_map(|text| format!(" t=\"str\"><f>A1&amp;B1</f><v>{text}</v></c>")),
        any::<bool>().prop_map(|value| format!(" t=\"b\"><v>{}</v></c>", u8::from(value))),
        Just(" t=\"e\"><v>#DIV/0!</v></c>".to_owned()),
        Just(" s=\"1\"/>".to_owned()),
        Just("><f>1+1</f></c>".to_owned()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn our_reader_sees_what_the_library_sees(
        rows in btree_map(1..2000_u32, btree_map(0..40_u32, cell(), 0..6), 0..6),
        strings in prop::collection::vec(item(), 4),
        named in any::<bool>(),
        is_1904 in any::<bool>(),
    ) {
        let mut xml = String::new();
        for (number, cells) in rows {
            let name = if named { format!(" r=\"{number}\" spans=\"1:9\"") } else { String::new() };
            xml.extend(["<row", &name, ">"]);
            for (column, cell) in cells {
                let name = format!(" r=\"{}\"", super::cell_name(number - 1, column));
                xml.extend(["<c", if named { &name } else { "" }, &cell]);
            }
            xml += "</row>";
        }
        let strings: Vec<String> = strings.iter().map(|item| format!("<si>{item}</si>")).collect();
        let strings = strings.concat();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("book.xlsx");
        save(&path, &xml, &strings, is_1904);
        let (ours, theirs) = both(&path);
        prop_assert!(theirs.is_ok(), "{:?}", theirs);
        prop_assert_eq!(ours, theirs);
    }
}
