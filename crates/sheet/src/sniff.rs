//! What a file really is, from its bytes: extensions lie.

use std::{
    fs::File,
    io::{Read, Seek, SeekFrom},
    path::Path,
};

use memchr::memmem;

use super::{
    Budget,
    compound::MARK,
    container::{Container, corrupt, encrypted},
};
use crate::{Failure, FailureCode, encoding};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileFormat {
    /// Also xlsm and templates.
    Xlsx,
    Xlsb,
    Xls,
    Ods,
    /// csv, tsv and their relatives.
    Delimited,
}

impl FileFormat {
    pub fn name(self) -> &'static str {
        match self {
            Self::Xlsx => "xlsx",
            Self::Xlsb => "xlsb",
            Self::Xls => "xls",
            Self::Ods => "ods",
            Self::Delimited => "csv",
        }
    }
}

pub fn sniff(path: &Path, budget: &Budget) -> Result<FileFormat, Failure> {
    let Ok(mut file) = File::open(path) else {
        return Err(Failure::new(FailureCode::FileMissing, "找不到文件"));
    };
    let length = file.metadata().map_err(Failure::internal)?.len();
    if length == 0 {
        return Err(Failure::new(FailureCode::FileEmpty, "文件为空(0字节)"));
    }
    if length > budget.limits.file_bytes {
        let mib = |bytes: u64| bytes.div_ceil(1024 * 1024);
        let (has, most) = (mib(length), mib(budget.limits.file_bytes));
        let message = format!("文件为{has}MB,上限{most}MB,请删除图片或拆分");
        return Err(Failure::new(FailureCode::UploadTooLarge, message).with("bytes", length));
    }
    let mut head = Vec::new();
    let limited = Read::by_ref(&mut file).take(8192);
    limited
        .take(8192)
        .read_to_end(&mut head)
        .map_err(Failure::internal)?;
    if head.starts_with(b"PK") {
        return container_format(path, budget);
    }
    // A stream of Excel 5 to 2003 without the file around it.
    if head.starts_with(&[0x09, 0x08]) && matches!(head.get(4..6), Some([0, 5 | 6])) {
        return Ok(FileFormat::Xls);
    }
    if head.starts_with(MARK) {
        file.seek(SeekFrom::Start(0)).map_err(Failure::internal)?;
        return compound_format(file);
    }
    text_format(&head)
}

fn container_format(path: &Path, budget: &Budget) -> Result<FileFormat, Failure> {
    let mut container = Container::open(path, &budget.fresh())?;
    if container.find("xl/workbook.bin").is_some() {
        return Ok(FileFormat::Xlsb);
    }
    let sheet = |name: &String| {
        name.replace('\\', "/")
            .to_ascii_lowercase()
            .starts_with("xl/")
    };
    if container.names().iter().any(sheet) {
        return Ok(FileFormat::Xlsx);
    }
    let mut kind = String::new();
    if let Some(part) = container.find("mimetype") {
        let reader = container.part(&part)?;
        reader
            .take(200)
            .read_to_string(&mut kind)
            .map_err(corrupt)?;
    }
    if kind.contains("opendocument.spreadsheet") {
        return Ok(FileFormat::Ods);
    }
    if container.find("[Content_Types].xml").is_some()
        && container.find("word/document.xml").is_none()
        && container.find("ppt/presentation.xml").is_none()
    {
        return Ok(FileFormat::Xlsx);
    }
    Err(unsupported("这是压缩包或其他文档"))
}

/// The names of a compound file's streams stand in its directory as UTF-16, in any case.
fn compound_format(mut file: File) -> Result<FileFormat, Failure> {
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).map_err(Failure::internal)?;
    bytes.make_ascii_lowercase();
    let has = |name: &str| {
        let wide: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
        memmem::find(&bytes, &wide).is_some()
    };
    if has("encryptedpackage") {
        return Err(encrypted());
    }
    // A text or a presentation may have a workbook inside, which is not what it is.
    let other = has("worddocument") || has("powerpoint document");
    if !other && (has("workbook") || has("book")) {
        return Ok(FileFormat::Xls);
    }
    Err(unsupported("这是旧版Office文档,不是表格"))
}

/// The first bytes of files that are neither text nor tables that can be read.
const BINARY: [&[u8]; 20] = [
    // Workbooks of Excel 2 to 4.
    &[0x09, 0x00, 0x04, 0x00],
    &[0x09, 0x00, 0x06, 0x00],
    &[0x09, 0x02, 0x06, 0x00],
    &[0x09, 0x04, 0x06, 0x00],
    // Lotus 1-2-3.
    &[0x00, 0x00, 0x02, 0x00],
    &[0x00, 0x00, 0x1A, 0x00],
    b"\x89PNG",
    b"\xFF\xD8\xFF",
    b"GIF8",
    b"II*\0",
    b"MM\0*",
    b"RIFF",
    b"\x1F\x8B",
    b"7z\xBC\xAF",
    b"Rar!",
    b"MZ",
    b"\x7FELF",
    b"%PDF",
    b"{\\rtf",
    b"SQLite format 3",
];

/// dBASE: a version, a date of this century or the last, and a header that says its own length.
fn is_dbase(head: &[u8]) -> bool {
    let &[version, _, month, day, ..] = head else {
        return false;
    };
    let known = [
        0x02, 0x03, 0x04, 0x05, 0x30, 0x31, 0x32, 0x43, 0x63, 0x83, 0x8B, 0x8E, 0xF5,
    ];
    known.contains(&version)
        && (1..=12).contains(&month)
        && (1..=31).contains(&day)
        && head
            .get(8..10)
            .is_some_and(|length| length[0] % 32 == 1 || length[1] > 0)
        && head[4..32.min(head.len())].contains(&0)
}

fn text_format(head: &[u8]) -> Result<FileFormat, Failure> {
    if BINARY.iter().any(|mark| head.starts_with(mark)) || is_dbase(head) {
        return Err(unsupported("这不是文本,也不是能读取的表格"));
    }
    let wide = head.starts_with(&[0xFF, 0xFE]) || head.starts_with(&[0xFE, 0xFF]);
    let ascii: Vec<u8> = head.iter().copied().filter(|&byte| byte != 0).collect();
    let text = ascii.strip_prefix(&[0xEF, 0xBB, 0xBF]).unwrap_or(&ascii);
    let text = String::from_utf8_lossy(text)
        .trim_start_matches('\u{FFFD}')
        .trim_start()
        .to_ascii_lowercase();
    if text.starts_with("<?xml") && text.contains("schemas-microsoft-com:office:spreadsheet") {
        return Err(unsupported("这是XML表格2003"));
    }
    let page = [
        "<html",
        "<!doctype html",
        "<table",
        "<head",
        "<meta",
        "<body",
        "<div",
        "<style",
    ];
    if page.iter().any(|tag| text.starts_with(tag))
        || (text.starts_with("<?xml") && text.contains("<html"))
    {
        let message = "内容是网页表格,请用Excel/WPS打开后另存为xlsx";
        return Err(Failure::new(FailureCode::FileHtmlDisguised, message));
    }
    if text.starts_with("<?xml") {
        return Err(unsupported("这是XML文件"));
    }
    let zeros = head.len() - ascii.len();
    let wide = wide || encoding::wide(head).is_some();
    let controls = head
        .iter()
        .filter(|&&byte| byte < 9 || (14..27).contains(&byte))
        .count();
    let binary = !wide && (zeros > 0 || controls * 50 > head.len());
    if binary {
        return Err(unsupported("无法识别的文件"));
    }
    Ok(FileFormat::Delimited)
}

pub(crate) fn unsupported(what: &str) -> Failure {
    let message = format!("{what},暂不支持该格式,请另存为xlsx");
    Failure::new(FailureCode::FormatUnsupported, message)
}
