//! `output.csv`: every sheet as a text file too, whole, because a workbook's limits do not hold
//! there. They and the workbook come in one zip.

use std::{
    fs::{self, File},
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
};

use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

use crate::Failure;

/// So that Excel knows it is UTF-8.
const MARK: &[u8] = b"\xEF\xBB\xBF";
const LARGE: u64 = u32::MAX as u64;

/// One sheet's text file while it is written.
pub(super) struct TextFile {
    name: String,
    path: PathBuf,
    file: BufWriter<File>,
    row_begun: bool,
}

/// One that is complete.
pub(super) struct Written {
    name: String,
    path: PathBuf,
}

impl TextFile {
    /// The `nth` file of the result, for the sheet of this name.
    pub(super) fn create(folder: &Path, nth: usize, sheet: &str) -> Result<Self, Failure> {
        let path = folder.join(format!("{nth}.csv"));
        let mut file = BufWriter::new(File::create(&path).map_err(Failure::internal)?);
        file.write_all(MARK).map_err(Failure::internal)?;
        // Legal for a sheet, but not for a file.
        let sheet = sheet.replace(['<', '>', '|', '"'], "_");
        Ok(Self {
            name: format!("{nth:02} {sheet}.csv"),
            path,
            file,
            row_begun: false,
        })
    }

    /// A text of somebody's: a spreadsheet that opens the file must not take it for a formula.
    pub(super) fn text(&mut self, text: &str) -> Result<(), Failure> {
        if starts_a_formula(text) {
            return self.field(&format!("'{text}"));
        }
        self.field(text)
    }

    pub(super) fn field(&mut self, text: &str) -> Result<(), Failure> {
        self.write(text).map_err(Failure::internal)
    }

    fn write(&mut self, text: &str) -> io::Result<()> {
        if self.row_begun {
            self.file.write_all(b",")?;
        }
        self.row_begun = true;
        if text.contains([',', '"', '\r', '\n']) {
            write!(self.file, "\"{}\"", text.replace('"', "\"\""))
        } else {
            self.file.write_all(text.as_bytes())
        }
    }

    pub(super) fn end_row(&mut self) -> Result<(), Failure> {
        self.row_begun = false;
        self.file.write_all(b"\r\n").map_err(Failure::internal)
    }

    pub(super) fn finish(mut self) -> Result<Written, Failure> {
        self.file.flush().map_err(Failure::internal)?;
        Ok(Written {
            name: self.name,
            path: self.path,
        })
    }
}

/// Puts the workbook, which is packed already, and the texts into one zip.
pub(super) fn bundle(
    workbook: (&Path, &str),
    texts: &[Written],
    result: &Path,
) -> Result<(), Failure> {
    let mut zip = ZipWriter::new(File::create(result).map_err(Failure::internal)?);
    let (path, name) = workbook;
    add(&mut zip, name, path, CompressionMethod::Stored)?;
    for text in texts {
        add(
            &mut zip,
            &text.name,
            &text.path,
            CompressionMethod::Deflated,
        )?;
    }
    zip.finish().map(drop).map_err(Failure::internal)
}

fn add(
    zip: &mut ZipWriter<File>,
    name: &str,
    path: &Path,
    method: CompressionMethod,
) -> Result<(), Failure> {
    let length = fs::metadata(path).map_err(Failure::internal)?.len();
    let options = SimpleFileOptions::default()
        .compression_method(method)
        .large_file(length >= LARGE);
    zip.start_file(name, options).map_err(Failure::internal)?;
    let mut file = File::open(path).map_err(Failure::internal)?;
    io::copy(&mut file, zip)
        .map(drop)
        .map_err(Failure::internal)
}

/// Whether a spreadsheet that opens the text may take it for a formula. Full-width signs count: East
/// Asian editions turn them into plain ones as they read.
pub(super) fn starts_a_formula(text: &str) -> bool {
    text.starts_with([
        '=', '+', '-', '@', '\t', '\r', '\n', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}',
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_spreadsheet_may_run_is_guarded() {
        for text in [
            "=1+1",
            "+1",
            "-1",
            "@SUM(A1)",
            "\t=1",
            "\r=1",
            "\n=1",
            "＝1+1",
            "＋1",
            "－1",
            "＠SUM(A1)",
        ] {
            let dir = tempfile::tempdir().unwrap();
            let mut file = TextFile::create(dir.path(), 1, "s").unwrap();
            file.text(text).unwrap();
            let written = fs::read_to_string(file.finish().unwrap().path).unwrap();
            let field = written.trim_start_matches('\u{feff}');
            assert!(field.trim_start_matches('"').starts_with('\''), "{text:?}");
            assert!(starts_a_formula(text), "{text:?}");
        }
        assert!(!starts_a_formula("1=1") && !starts_a_formula("") && !starts_a_formula("价=1"));
    }
}
