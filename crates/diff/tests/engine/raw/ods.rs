//! OpenDocument spreadsheets whose content is written by hand.

use std::path::Path;

use super::super::support::zip_of;

pub(crate) const KIND: &str = "application/vnd.oasis.opendocument.spreadsheet";

/// `between`: white space between the cells, which a pretty printer leaves.
pub(crate) fn write(path: &Path, rows: &[Vec<String>], between: &str) {
    let row = |cells: &Vec<String>| {
        let cells = cells.join(between);
        format!("<table:table-row>{between}{cells}{between}</table:table-row>")
    };
    let rows: String = rows.iter().map(row).collect();
    let content = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><office:document-content \
         xmlns:office=\"urn:oasis:names:tc:opendocument:xmlns:office:1.0\" \
         xmlns:table=\"urn:oasis:names:tc:opendocument:xmlns:table:1.0\" \
         xmlns:text=\"urn:oasis:names:tc:opendocument:xmlns:text:1.0\"><office:body>\
         <office:spreadsheet><table:table table:name=\"Sheet1\">{rows}</table:table>\
         </office:spreadsheet></office:body></office:document-content>"
    );
    zip_of(path, &[("mimetype", KIND), ("content.xml", &content)]);
}

pub(crate) fn text(text: &str) -> String {
    format!(
        "<table:table-cell office:value-type=\"string\"><text:p>{text}</text:p></table:table-cell>"
    )
}

pub(crate) fn number(value: &str, shown: &str, formula: &str) -> String {
    let formula = match formula {
        "" => String::new(),
        formula => format!(" table:formula=\"{formula}\""),
    };
    format!(
        "<table:table-cell office:value-type=\"float\" office:value=\"{value}\"{formula}>\
         <text:p>{shown}</text:p></table:table-cell>"
    )
}
