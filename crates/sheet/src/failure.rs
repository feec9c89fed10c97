use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Why there is no result: a code for programs, a sentence for the owner of the files (what is
/// wrong, where, what to do), and the facts in it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Failure {
    pub code: FailureCode,
    pub message: String,
    #[serde(default)]
    pub details: Map<String, Value>,
}

impl Failure {
    pub fn new(code: FailureCode, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            details: Map::new(),
        }
    }

    /// The same failure with one more fact.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.details.insert(name.to_owned(), value.into());
        self
    }

    /// Our fault, not the file's; `what` is for the log.
    pub fn internal(what: impl fmt::Display) -> Self {
        Self::new(FailureCode::Internal, "内部错误,可重试").with("cause", what.to_string())
    }

    pub fn option(message: impl Into<String>) -> Self {
        Self::new(FailureCode::OptionInvalid, message)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code.name(), self.message)?;
        match self.details.get("cause").and_then(Value::as_str) {
            Some(cause) => write!(f, " ({cause})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Failure {}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum FailureCode {
    FileMissing,
    FileEmpty,
    UploadTooLarge,
    FormatUnsupported,
    FileHtmlDisguised,
    FileEncrypted,
    FileCorrupt,
    ZipBomb,
    TextTooLong,
    TooManyCells,
    TooManyRows,
    TooManyColumns,
    TooManySheets,
    TooManyParts,
    NoDataSheet,
    SheetNotFound,
    NoCommonColumns,
    KeyColumnMissing,
    KeyDuplicate,
    KeyBlank,
    OptionInvalid,
    CsvEncoding,
    CsvMalformed,
    ParseError,
    Timeout,
    ResourceLimit,
    Internal,
    Cancelled,
}

impl FailureCode {
    /// Whether the same files may well succeed another time.
    pub fn is_retryable(self) -> bool {
        matches!(self, Self::Timeout | Self::ResourceLimit | Self::Internal)
    }

    /// As it stands in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::FileMissing => "FILE_MISSING",
            Self::FileEmpty => "FILE_EMPTY",
            Self::UploadTooLarge => "UPLOAD_TOO_LARGE",
            Self::FormatUnsupported => "FORMAT_UNSUPPORTED",
            Self::FileHtmlDisguised => "FILE_HTML_DISGUISED",
            Self::FileEncrypted => "FILE_ENCRYPTED",
            Self::FileCorrupt => "FILE_CORRUPT",
            Self::ZipBomb => "ZIP_BOMB",
            Self::TextTooLong => "TEXT_TOO_LONG",
            Self::TooManyCells => "TOO_MANY_CELLS",
            Self::TooManyRows => "TOO_MANY_ROWS",
            Self::TooManyColumns => "TOO_MANY_COLUMNS",
            Self::TooManySheets => "TOO_MANY_SHEETS",
            Self::TooManyParts => "TOO_MANY_PARTS",
            Self::NoDataSheet => "NO_DATA_SHEET",
            Self::SheetNotFound => "SHEET_NOT_FOUND",
            Self::NoCommonColumns => "NO_COMMON_COLUMNS",
            Self::KeyColumnMissing => "KEY_COLUMN_MISSING",
            Self::KeyDuplicate => "KEY_DUPLICATE",
            Self::KeyBlank => "KEY_BLANK",
            Self::OptionInvalid => "OPTION_INVALID",
            Self::CsvEncoding => "CSV_ENCODING",
            Self::CsvMalformed => "CSV_MALFORMED",
            Self::ParseError => "PARSE_ERROR",
            Self::Timeout => "TIMEOUT",
            Self::ResourceLimit => "RESOURCE_LIMIT",
            Self::Internal => "INTERNAL",
            Self::Cancelled => "CANCELLED",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_is_what_json_says() {
        let failure = Failure::new(FailureCode::FileHtmlDisguised, "x").with("file", 1);
        let json = serde_json::to_value(&failure).unwrap();
        assert_eq!(json["code"], failure.code.name());
        assert_eq!(json["details"]["file"], 1);
    }

    #[test]
    fn only_what_the_files_did_not_cause_is_retried() {
        assert!(FailureCode::Timeout.is_retryable());
        assert!(!FailureCode::FileCorrupt.is_retryable());
        assert!(!FailureCode::Cancelled.is_retryable());
    }
}
