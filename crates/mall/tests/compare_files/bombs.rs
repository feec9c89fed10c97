//! Bombs, and limits that end the child and nothing else.

use diff::FailureCode;
use std::path::Path;

use compare::child;
use tokio_util::sync::CancellationToken;

use super::{
    fixtures::{Book, row},
    shelf::{in_child, request, with_itself},
};

#[tokio::test]
async fn bombs_do_not_go_off() {
    let folder = tempfile::tempdir().unwrap();
    let book = Book::new("");
    let part = "xl/worksheets/sheet1.xml";
    let head = "<worksheet><sheetData><row r=\"1\"><c t=\"inlineStr\"><is><t>";
    let tail = "</t></is></c></row></sheetData></worksheet>";
    let block = vec![b'a'; 1024 * 1024];
    let text = book.save_with_long_part(folder.path(), "text.xlsx", part, (head, &block, 40, tail));
    assert_eq!(
        with_itself(&folder, &text).await.err(),
        Some(FailureCode::TextTooLong)
    );

    let spaces = vec![b'\n'; 1024 * 1024];
    let rows = format!(
        "<row><c><v>1</v></c></row>{}",
        String::from_utf8_lossy(&spaces[..200_000])
    );
    let bomb = book.save_with_long_part(
        folder.path(),
        "bomb.xlsx",
        part,
        (
            "<worksheet><sheetData>",
            rows.as_bytes(),
            500,
            "</sheetData></worksheet>",
        ),
    );
    assert_eq!(
        with_itself(&folder, &bomb).await.err(),
        Some(FailureCode::ZipBomb)
    );
}

#[tokio::test]
async fn a_child_over_its_limits_ends_alone() {
    let folder = tempfile::tempdir().unwrap();
    let rows: String = (2..60_000)
        .map(|number| {
            row(
                number,
                &format!("K{number}"),
                &format!("<c r=\"B{number}\"><v>{number}</v></c>"),
            )
        })
        .collect();
    let path = Book::new(&rows).save(folder.path(), "large.xlsx");
    let mut small = request(folder.path(), &path, &path);
    small.limits.memory_bytes = 8 * 1024 * 1024;
    let code = in_child(&small).await.err().unwrap();
    assert!(code.is_retryable(), "{code:?}");

    let mut short = request(folder.path(), &path, &path);
    short.limits.wall_s = 0;
    assert_eq!(in_child(&short).await.err(), Some(FailureCode::Timeout));

    let mut few = request(folder.path(), &path, &path);
    few.limits.cells = 1000;
    assert_eq!(in_child(&few).await.err(), Some(FailureCode::TooManyCells));
    few.limits.cells = u64::MAX;
    few.limits.sheet_rows = 1000;
    assert_eq!(in_child(&few).await.err(), Some(FailureCode::TooManyRows));

    let cancel = CancellationToken::new();
    cancel.cancel();
    let whole = request(folder.path(), &path, &path);
    let binary = Path::new(env!("CARGO_BIN_EXE_mall"));
    let answer = child::run(binary, &whole, |_| {}, cancel).await;
    assert_eq!(answer.err().unwrap().code, FailureCode::Cancelled);
    let mut stages = Vec::new();
    let done = child::run(
        binary,
        &whole,
        |progress| stages.push(progress.percent),
        CancellationToken::new(),
    )
    .await;
    assert!(done.unwrap().summary.identical);
    assert!(
        stages.is_sorted() && stages.last() == Some(&100),
        "{stages:?}"
    );
    let meter = child::quote(binary, &whole, CancellationToken::new())
        .await
        .unwrap();
    assert_eq!(meter.sides[0].cells, 2 + 2 * 59_998);
    assert_eq!(meter.sides[0].rows, 59_999);
}
