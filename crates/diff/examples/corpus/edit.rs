//! One edit in a file, planted in its bytes: a number becomes another number.

use std::{
    collections::HashMap,
    fs::{self, File},
    io::{Read, Write},
    path::Path,
};

use sheet::{Budget, FileFormat, Limits, Value, open, sniff};
use zip::{ZipArchive, ZipWriter, write::SimpleFileOptions};

/// What every planted number becomes a neighbour of.
const STEP: f64 = 1.0;

/// Writes the edited file and says what was edited; `None`: there is no place for an edit.
pub(crate) fn plant(from: &Path, to: &Path) -> Option<String> {
    let budget = Budget::new(&Limits::default());
    let format = sniff(from, &budget).ok()?;
    let value = number(from, format, &budget)?;
    let bytes = fs::read(from).ok()?;
    match format {
        FileFormat::Delimited => {
            let (old, new) = (value.to_string(), (value + STEP).to_string());
            let text = String::from_utf8(bytes).ok()?;
            let at = field(&text, &old)?;
            let edited = format!("{}{new}{}", &text[..at], &text[at + old.len()..]);
            fs::write(to, edited).ok()?;
        }
        FileFormat::Xls => fs::write(to, patched(&bytes, value)?).ok()?,
        FileFormat::Xlsx | FileFormat::Xlsb | FileFormat::Ods => in_zip(from, to, format, value)?,
    }
    Some(format!("the edit of {value}"))
}

/// A number that stands in the visible cells once: its bytes are to be found once, too.
fn number(path: &Path, format: FileFormat, budget: &Budget) -> Option<f64> {
    let mut source = open(path, format, budget).ok()?;
    let mut counts: HashMap<u64, u32> = HashMap::new();
    let mut order = Vec::new();
    for index in 0..source.sheets().len() {
        let visible = source.sheets()[index].visible;
        let plain: Vec<bool> = source
            .formats()
            .iter()
            .map(|format| !format.is_date)
            .collect();
        source
            .rows(index, &mut |row| {
                for cell in &row.cells {
                    let value = match cell.value {
                        Value::Number { value, format, .. } if plain[usize::from(format)] => value,
                        Value::Untyped(span) => match row.slice(span).parse() {
                            Ok(value) => value,
                            Err(_) => continue,
                        },
                        _ => continue,
                    };
                    *counts.entry(value.to_bits()).or_default() += 1;
                    if visible && value != 0.0 && value.abs() < 1e9 {
                        order.push(value);
                    }
                }
                Ok(())
            })
            .ok()?;
    }
    order
        .into_iter()
        .find(|value| counts[&value.to_bits()] == 1)
}

/// Where a field of a text file is exactly this.
fn field(text: &str, value: &str) -> Option<usize> {
    let ends = |letter: Option<char>| letter.is_none_or(|letter| ",;\t\r\n\"|".contains(letter));
    let mut places = text.match_indices(value).filter(|(at, _)| {
        ends(text[..*at].chars().next_back()) && ends(text[at + value.len()..].chars().next())
    });
    let (at, _) = places.next()?;
    places.next().is_none().then_some(at)
}

/// Bytes in which the number, as a double, stands once.
fn patched(bytes: &[u8], value: f64) -> Option<Vec<u8>> {
    let mut edited = bytes.to_vec();
    let at = once(bytes, &value.to_le_bytes())?;
    edited[at..at + 8].copy_from_slice(&(value + STEP).to_le_bytes());
    Some(edited)
}

fn once(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    let mut places = bytes.windows(wanted.len()).enumerate();
    let (at, _) = places.find(|(_, window)| *window == wanted)?;
    places.all(|(_, window)| window != wanted).then_some(at)
}

/// The same package with one part edited.
fn in_zip(from: &Path, to: &Path, format: FileFormat, value: f64) -> Option<()> {
    let mut archive = ZipArchive::new(File::open(from).ok()?).ok()?;
    let mut writer = ZipWriter::new(File::create(to).ok()?);
    let mut planted = false;
    for index in 0..archive.len() {
        let name = archive.by_index(index).ok()?.name().ok()?.into_owned();
        let is_sheet = name.contains("worksheets/sheet") || name == "content.xml";
        let mut edited = None;
        if is_sheet && !planted {
            let mut bytes = Vec::new();
            archive.by_index(index).ok()?.read_to_end(&mut bytes).ok()?;
            edited = in_part(bytes, format, value);
        }
        match edited {
            Some(bytes) => {
                planted = true;
                writer.start_file(name, SimpleFileOptions::default()).ok()?;
                writer.write_all(&bytes).ok()?;
            }
            None => writer
                .raw_copy_file(archive.by_index_raw(index).ok()?)
                .ok()?,
        }
    }
    writer.finish().ok()?;
    planted.then_some(())
}

fn in_part(bytes: Vec<u8>, format: FileFormat, value: f64) -> Option<Vec<u8>> {
    if format == FileFormat::Xlsb {
        return patched(&bytes, value);
    }
    let text = String::from_utf8(bytes).ok()?;
    let (before, after) = match format {
        FileFormat::Ods => ("office:value=\"", "\""),
        _ => ("<v>", "</v>"),
    };
    let old = format!("{before}{value}{after}");
    let at = once(text.as_bytes(), old.as_bytes())?;
    // A number of a shared string is written the same way.
    let cell = &text[text[..at].rfind("<c ").unwrap_or(0)..at];
    if cell.contains("t=\"s\"") {
        return None;
    }
    let new = format!("{before}{}{after}", value + STEP);
    Some(text.replacen(&old, &new, 1).into_bytes())
}
