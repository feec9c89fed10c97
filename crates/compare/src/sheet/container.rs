//! Zip containers, read without believing what they say of themselves.

use std::{
    fs::File,
    io::{self, BufReader, Read},
    path::Path,
};

use zip::{ZipArchive, result::ZipError};

use super::Budget;
use crate::engine::{Failure, FailureCode};

pub(super) struct Container {
    archive: ZipArchive<BufReader<File>>,
    names: Vec<String>,
    packed: u64,
    budget: Budget,
}

impl Container {
    pub(super) fn open(path: &Path, budget: &Budget) -> Result<Self, Failure> {
        let file = File::open(path).map_err(Failure::internal)?;
        let packed = file.metadata().map_err(Failure::internal)?.len();
        let archive = ZipArchive::new(BufReader::new(file)).map_err(|error| broken(&error))?;
        if archive.len() as u64 > u64::from(budget.limits.zip_entries) {
            let message = "压缩包内文件过多,已拒绝";
            return Err(Failure::new(FailureCode::ZipBomb, message).with("entries", archive.len()));
        }
        let names: Result<Vec<_>, ZipError> = archive
            .file_names()
            .map(|name| Ok(name?.into_owned()))
            .collect();
        let names = names.map_err(|error| broken(&error))?;
        Ok(Self {
            archive,
            names,
            packed,
            budget: budget.clone(),
        })
    }

    /// The names of the parts as stored.
    pub(super) fn names(&self) -> &[String] {
        &self.names
    }

    /// The stored name of a part: some writers differ in case or use back-slashes.
    pub(super) fn find(&self, path: &str) -> Option<String> {
        let wanted = path.trim_start_matches('/');
        let exact = self.names.iter().find(|name| *name == wanted);
        let loose = |name: &&String| name.replace('\\', "/").eq_ignore_ascii_case(wanted);
        exact.or_else(|| self.names.iter().find(loose)).cloned()
    }

    pub(super) fn part(&mut self, name: &str) -> Result<impl Read + '_, Failure> {
        let (budget, packed) = (self.budget.clone(), self.packed);
        let reader = self.archive.by_name(name).map_err(|error| broken(&error))?;
        Ok(Part {
            reader,
            budget,
            packed,
        })
    }
}

/// Counts what really comes out of a part.
struct Part<R> {
    reader: R,
    budget: Budget,
    packed: u64,
}

impl<R: Read> Read for Part<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.reader.read(buffer)?;
        self.budget
            .spend(count as u64, self.packed)
            .map_err(io::Error::other)?;
        Ok(count)
    }
}

fn broken(error: &ZipError) -> Failure {
    match error {
        ZipError::Io(error) => corrupt(error),
        ZipError::UnsupportedArchive(what) if what.contains("assword") => encrypted(),
        _ => corrupt(error),
    }
}

pub(super) fn corrupt(cause: impl std::fmt::Display) -> Failure {
    Failure::new(
        FailureCode::FileCorrupt,
        "文件损坏或下载不完整,请重新导出后再传",
    )
    .with("cause", cause.to_string())
}

pub(super) fn encrypted() -> Failure {
    Failure::new(
        FailureCode::FileEncrypted,
        "文件有打开密码,请取消密码后重传",
    )
}

/// The failure inside an input error that one of our readers raised; else the file is broken.
pub(super) fn failure_of(error: io::Error) -> Failure {
    match error.downcast::<Failure>() {
        Ok(failure) => failure,
        Err(error) => corrupt(error),
    }
}
