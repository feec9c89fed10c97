//! Hostile files on a shelf, and each compared with itself in a child.

use diff::{FailureCode, Input, Limits, Options, Request, Summary};
use std::{
    fs,
    path::{Path, PathBuf},
};

use compare::child;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

use super::fixtures::{Book, row};

pub(crate) type Answer = Result<Summary, FailureCode>;

pub(crate) fn request(folder: &Path, left: &Path, right: &Path) -> Request {
    let scratch = tempfile::tempdir_in(folder).unwrap().keep();
    let input = |path: &Path| Input {
        path: path.to_owned(),
        name: "文件.xlsx".to_owned(),
    };
    Request {
        left: input(left),
        right: input(right),
        options: Options::default(),
        result: scratch.join("result.xlsx"),
        preview: scratch.join("preview.json"),
        scratch,
        limits: Limits::default(),
        created_ms: 0,
    }
}

pub(crate) async fn in_child(request: &Request) -> Answer {
    let binary = Path::new(env!("CARGO_BIN_EXE_mall"));
    let done = child::run(binary, request, |_| {}, CancellationToken::new()).await;
    done.map(|done| done.summary)
        .map_err(|failure| failure.code)
}

/// Compares the file with itself in the child.
pub(crate) async fn with_itself(folder: &TempDir, path: &Path) -> Answer {
    in_child(&request(folder.path(), path, path)).await
}

pub(crate) fn plain_rows() -> String {
    (2..6)
        .map(|number| {
            row(
                number,
                &format!("K{number}"),
                &format!("<c r=\"B{number}\"><v>{number}</v></c>"),
            )
        })
        .collect()
}

pub(crate) struct Shelf {
    pub(crate) folder: TempDir,
    files: Vec<(&'static str, PathBuf)>,
}

impl Shelf {
    pub(crate) fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            files: Vec::new(),
        }
    }

    pub(crate) fn book(&mut self, what: &'static str, book: &Book) {
        let path = book.save(self.folder.path(), &format!("{}.xlsx", self.files.len()));
        self.files.push((what, path));
    }

    pub(crate) fn rows(&mut self, what: &'static str, rows: &str) {
        self.book(what, &Book::new(rows));
    }

    pub(crate) fn bytes(&mut self, what: &'static str, bytes: &[u8]) {
        let path = self.folder.path().join(format!("{}.bin", self.files.len()));
        fs::write(&path, bytes).unwrap();
        self.files.push((what, path));
    }

    /// Where the last file is.
    pub(crate) fn last(&self) -> PathBuf {
        self.files.last().unwrap().1.clone()
    }

    /// Each file that is expected to be broken, with the code that names how.
    pub(crate) async fn are(&self, expected: &[FailureCode]) {
        assert_eq!(self.files.len(), expected.len());
        for ((what, path), code) in self.files.iter().zip(expected) {
            let answer = with_itself(&self.folder, path).await;
            assert_eq!(answer.as_ref().err(), Some(code), "{what}: {answer:?}");
        }
    }

    /// Every file is read and equals itself.
    pub(crate) async fn are_identical(&self) {
        for (what, path) in &self.files {
            let answer = with_itself(&self.folder, path).await;
            let same = answer
                .as_ref()
                .is_ok_and(|summary| summary.identical && summary.pairs[0].rows.left > 0);
            assert!(same, "{what}: {answer:?}");
        }
    }
}
