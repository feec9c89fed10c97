//! What a file holds, counted before anything trusts it.

use std::{io::Read, path::Path};

use memchr::{memchr, memmem, memrchr};

use super::{
    Budget, FileFormat, Row,
    container::{Container, corrupt, failure_of},
    open,
};
use crate::engine::{Failure, FailureCode};

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Count {
    pub(crate) inflated_bytes: u64,
    pub(crate) rows: u64,
    pub(crate) cells: u64,
}

/// An ODS file is read whole, whatever is in it.
const ODS_BYTES_MAX: u64 = 20 * 1024 * 1024;
/// The shortest a shared string can be written.
const STRING_BYTES_MIN: u64 = 5;

/// Unpacks every part of a container: how large they really are, no text too long, no count of
/// strings that cannot be.
pub(crate) fn count(path: &Path, format: FileFormat, budget: &Budget) -> Result<u64, Failure> {
    let budget = budget.fresh();
    let mut container = Container::open(path, &budget)?;
    for name in container.names().to_vec() {
        let before = budget.bytes();
        let is_xml = name.to_ascii_lowercase().ends_with(".xml");
        let head = count_part(&mut container, &name, is_xml, budget.limits.cell_bytes)?;
        let bytes = budget.bytes() - before;
        if claimed_strings(&name, &head).is_some_and(|claim| claim > bytes / STRING_BYTES_MIN) {
            return Err(corrupt("it claims more shared strings than fit in it"));
        }
    }
    if format == FileFormat::Ods && budget.bytes() > ODS_BYTES_MAX * 10 {
        let message = "ODS文件过大,请另存为xlsx";
        return Err(Failure::new(FailureCode::TooManyCells, message));
    }
    Ok(budget.bytes())
}

/// Unpacks a part and returns its first bytes.
fn count_part(
    container: &mut Container,
    name: &str,
    is_xml: bool,
    run_max: u64,
) -> Result<Vec<u8>, Failure> {
    let mut reader = container.part(name)?;
    let mut chunk = vec![0; 64 * 1024];
    let mut head = Vec::new();
    let mut run = 0_u64;
    loop {
        let length = reader.read(&mut chunk).map_err(failure_of)?;
        let bytes = &chunk[..length];
        if head.is_empty() {
            head = bytes[..length.min(4096)].to_vec();
        }
        if length == 0 {
            return Ok(head);
        }
        match (memchr(b'<', bytes), memrchr(b'<', bytes)) {
            (Some(first), Some(last)) => {
                check_run(run + first as u64, is_xml, run_max)?;
                run = (length - last) as u64;
            }
            _ => run += length as u64,
        }
        check_run(run, is_xml, run_max)?;
    }
}

fn check_run(run: u64, is_xml: bool, run_max: u64) -> Result<(), Failure> {
    if is_xml && run > run_max + 64 * 1024 {
        return Err(Failure::new(
            FailureCode::TextTooLong,
            "单元格文本异常地长,已拒绝",
        ));
    }
    Ok(())
}

/// How many shared strings a part says it has; readers reserve memory for as many.
fn claimed_strings(name: &str, head: &[u8]) -> Option<u64> {
    let name = name.to_ascii_lowercase();
    if name.ends_with("sharedstrings.bin") {
        // BrtBeginSst: record 159 of 8 bytes, the total and the unique count.
        let record = head.strip_prefix(&[0x9F, 0x01, 0x08])?;
        return Some(u64::from(u32::from_le_bytes(
            record.get(4..8)?.try_into().ok()?,
        )));
    }
    if !name.ends_with("sharedstrings.xml") {
        return None;
    }
    // Without the zeros, UTF-16 reads as ASCII.
    let head: Vec<u8> = head.iter().copied().filter(|&byte| byte != 0).collect();
    let at = memmem::find(&head, b"uniqueCount=")? + b"uniqueCount=".len() + 1;
    let digits = head[at..].iter().take_while(|byte| byte.is_ascii_digit());
    let digits = String::from_utf8(digits.copied().collect()).ok()?;
    Some(digits.parse().unwrap_or(u64::MAX))
}

/// Rows and cells of the sheets that a comparison would read.
pub(crate) fn measure(
    path: &Path,
    format: FileFormat,
    include_hidden: bool,
    budget: &Budget,
) -> Result<Count, Failure> {
    let mut source = open(path, format, budget)?;
    let mut found = Count::default();
    for sheet in 0..source.sheets().len() {
        if !include_hidden && !source.sheets()[sheet].visible {
            continue;
        }
        source.rows(sheet, &mut |row: &mut Row| {
            found.rows += 1;
            found.cells += row.cells.len() as u64;
            budget.check_size(found.rows, found.cells, format)
        })?;
    }
    found.inflated_bytes = budget.bytes();
    Ok(found)
}
