//! What a file really is, from its bytes: extensions lie.

use std::{
    fs::File,
    io::{Read, Seek, SeekFrom},
    path::Path,
};

use memchr::memmem;

use super::{
    Budget,
    container::{Container, corrupt, encrypted},
};
use crate::engine::{Failure, FailureCode};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FileFormat {
    /// Also xlsm and templates.
    Xlsx,
    Xlsb,
    Xls,
    Ods,
    /// csv, tsv and their relatives.
    Delimited,
}

impl FileFormat {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Xlsx => "xlsx",
            Self::Xlsb => "xlsb",
            Self::Xls => "xls",
            Self::Ods => "ods",
            Self::Delimited => "csv",
        }
    }
}

const CFB: &[u8] = &[0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1];

pub(crate) fn sniff(path: &Path, budget: &Budget) -> Result<FileFormat, Failure> {
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
    if head.starts_with(CFB) {
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

/// The names of a compound file's streams stand in its directory as UTF-16.
fn compound_format(mut file: File) -> Result<FileFormat, Failure> {
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).map_err(Failure::internal)?;
    let has = |name: &str| {
        let wide: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
        memmem::find(&bytes, &wide).is_some()
    };
    if has("EncryptedPackage") {
        return Err(encrypted());
    }
    if has("Workbook") || has("Book") {
        return Ok(FileFormat::Xls);
    }
    Err(unsupported("这是旧版Office文档,不是表格"))
}

fn text_format(head: &[u8]) -> Result<FileFormat, Failure> {
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
    // Plain text in UTF-16 without a mark is half zeros.
    let wide = wide || (zeros * 4 > head.len() && zeros * 8 < head.len() * 5);
    let controls = head
        .iter()
        .filter(|&&byte| byte < 9 || (14..27).contains(&byte))
        .count();
    let binary = !wide && (zeros > 0 || controls * 50 > head.len());
    if binary || text.starts_with("%pdf") {
        return Err(unsupported("无法识别的文件"));
    }
    Ok(FileFormat::Delimited)
}

fn unsupported(what: &str) -> Failure {
    let message = format!("{what},暂不支持该格式,请另存为xlsx");
    Failure::new(FailureCode::FormatUnsupported, message)
}
