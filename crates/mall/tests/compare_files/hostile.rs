//! Every hostile file ends in a coded answer or an honest result; none takes the process along.

use std::{
    fs,
    path::{Path, PathBuf},
};

use compare::{
    child,
    engine::{FailureCode, Input, Limits, Options, Request, Summary},
};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

use super::fixtures::{Book, compound, row};

type Answer = Result<Summary, FailureCode>;

fn request(folder: &Path, left: &Path, right: &Path) -> Request {
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

async fn in_child(request: &Request) -> Answer {
    let binary = Path::new(env!("CARGO_BIN_EXE_mall"));
    let done = child::run(binary, request, |_| {}, CancellationToken::new()).await;
    done.map(|done| done.summary)
        .map_err(|failure| failure.code)
}

/// Compares the file with itself in the child.
async fn with_itself(folder: &TempDir, path: &Path) -> Answer {
    in_child(&request(folder.path(), path, path)).await
}

fn plain_rows() -> String {
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

struct Shelf {
    folder: TempDir,
    files: Vec<(&'static str, PathBuf)>,
}

impl Shelf {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            files: Vec::new(),
        }
    }

    fn book(&mut self, what: &'static str, book: &Book) {
        let path = book.save(self.folder.path(), &format!("{}.xlsx", self.files.len()));
        self.files.push((what, path));
    }

    fn rows(&mut self, what: &'static str, rows: &str) {
        self.book(what, &Book::new(rows));
    }

    fn bytes(&mut self, what: &'static str, bytes: &[u8]) {
        let path = self.folder.path().join(format!("{}.bin", self.files.len()));
        fs::write(&path, bytes).unwrap();
        self.files.push((what, path));
    }

    async fn all(&self, expected: impl Fn(&str, &Answer) -> bool) {
        for (what, path) in &self.files {
            let answer = with_itself(&self.folder, path).await;
            assert!(expected(what, &answer), "{what}: {answer:?}");
        }
    }
}

fn identical(_: &str, answer: &Answer) -> bool {
    answer
        .as_ref()
        .is_ok_and(|summary| summary.identical && summary.pairs[0].rows.left > 0)
}

#[tokio::test]
async fn odd_but_honest_files_are_read() {
    let mut shelf = Shelf::new();
    let cell = |xml: &str| row(2, "K2", xml) + &row(3, "K3", "<c r=\"B3\"><v>1</v></c>");
    shelf.rows("far corners", &(cell("<c r=\"B2\"><v>1</v></c>")
        + "<row r=\"1048576\"><c r=\"A1048576\"><v>7</v></c><c r=\"XFD1048576\"><v>1</v></c></row>"));
    for code in [
        "#SPILL!",
        "#CALC!",
        "#FIELD!",
        "#BLOCKED!",
        "#GETTING_DATA",
        "#N/A",
        "#DIV/0!",
        "#CONNECT!",
        "#ODD!",
    ] {
        shelf.rows(
            "an error",
            &cell(&format!("<c r=\"B2\" t=\"e\"><v>{code}</v></c>")),
        );
    }
    shelf.rows(
        "an extension in a cell",
        &cell("<c r=\"B2\"><v>1</v><extLst><ext><v>9</v></ext></extLst></c>"),
    );
    shelf.rows(
        "an unknown type",
        &cell("<c r=\"B2\" t=\"zzz\"><v>1</v></c>"),
    );
    shelf.rows(
        "no references",
        "<row><c t=\"inlineStr\"><is><t>K</t></is></c><c><v>1</v></c></row>",
    );
    shelf.rows(
        "rows out of order",
        &(row(9, "K9", "") + &row(4, "K4", "") + &row(5, "K5", "")),
    );
    shelf.rows(
        "a repeated cell",
        &cell("<c r=\"B2\"><v>1</v></c><c r=\"B2\"><v>2</v></c>"),
    );
    shelf.rows(
        "cells out of order",
        &cell("<c r=\"D2\"><v>1</v></c><c r=\"B2\"><v>2</v></c>"),
    );
    shelf.rows("rich and phonetic", &cell(
        "<c r=\"B2\" t=\"inlineStr\"><is><r><t>东</t></r><r><t>京</t></r><rPh sb=\"0\" eb=\"1\"><t>トウ</t></rPh></is></c>"));
    shelf.rows(
        "entities and controls",
        &cell("<c r=\"B2\" t=\"str\"><v>a&amp;b&#x4E2D;_x0007_&lt;</v></c>"),
    );
    shelf.rows(
        "a formula without a value",
        &cell("<c r=\"B2\"><f>1+1</f></c>"),
    );
    shelf.rows(
        "a long id as a number",
        &cell("<c r=\"B2\"><v>110101199003071234</v></c>"),
    );
    shelf.rows(
        "an ISO date",
        &cell("<c r=\"B2\" t=\"d\" s=\"1\"><v>2024-05-06T00:00:00</v></c>"),
    );
    shelf.rows(
        "a comment and CDATA",
        &cell("<!-- x --><c r=\"B2\" t=\"str\"><v><![CDATA[a<b]]></v></c>"),
    );
    let mut book = Book::new(&plain_rows());
    book.strings("<si><t>编号</t></si><si><t>值</t></si>", 1_000_000_000_000);
    shelf.book("a count of strings that is not", &book);
    let mut book = Book::new(&plain_rows());
    book.edit(
        "xl/workbook.xml",
        "<sheets>",
        "<workbookPr date1904=\"1\"/><sheets>",
    );
    shelf.book("1904", &book);
    let mut book = Book::new(&plain_rows());
    book.prefix("xl/workbook.xml");
    book.prefix("xl/worksheets/sheet1.xml");
    shelf.book("another prefix", &book);
    shelf.all(identical).await;
}

#[tokio::test]
async fn broken_files_are_named_as_what_they_are() {
    use FailureCode as Code;
    let mut shelf = Shelf::new();
    let cell = |xml: &str| row(2, "K2", xml);
    let mut expected = Vec::new();
    let mut expect = |code| expected.push(code);
    shelf.rows(
        "beyond the grid",
        &cell("<c r=\"XFE16777217\"><v>1</v></c>"),
    );
    expect(Code::ParseError);
    shelf.rows(
        "a reference that overflows",
        &cell("<c r=\"AAAAAAAAAA99999999999\"><v>1</v></c>"),
    );
    expect(Code::ParseError);
    shelf.rows(
        "a string that is not there",
        &cell("<c r=\"B2\" t=\"s\"><v>77</v></c>"),
    );
    expect(Code::ParseError);
    shelf.rows(
        "a string number that is none",
        &cell("<c r=\"B2\" t=\"s\"><v>x</v></c>"),
    );
    expect(Code::ParseError);
    shelf.rows(
        "a number that is none",
        &cell("<c r=\"B2\" t=\"n\"><v>abc</v></c>"),
    );
    expect(Code::ParseError);
    shelf.rows(
        "a bool that is none",
        &cell("<c r=\"B2\" t=\"b\"><v>2</v></c>"),
    );
    expect(Code::ParseError);
    shelf.rows(
        "an entity that nobody defined",
        &cell("<c r=\"B2\" t=\"str\"><v>&lol;</v></c>"),
    );
    expect(Code::FileCorrupt);
    let mut book = Book::new(&plain_rows());
    book.edit(
        "xl/worksheets/sheet1.xml",
        "<worksheet",
        "<!DOCTYPE x [<!ENTITY lol \"lol\">]><worksheet",
    );
    shelf.book("a document type", &book);
    expect(Code::FileCorrupt);
    let mut book = Book::new(&plain_rows());
    book.edit("xl/worksheets/sheet1.xml", "</sheetData></worksheet>", "");
    shelf.book("a sheet cut off", &book);
    expect(Code::FileCorrupt);
    let mut book = Book::new(&plain_rows());
    book.remove("xl/worksheets/sheet1.xml");
    shelf.book("a sheet that is missing", &book);
    expect(Code::FileCorrupt);
    let mut book = Book::new(&plain_rows());
    let text = "<?xml version=\"1.0\" encoding=\"UTF-16\"?><worksheet/>";
    let wide: Vec<u8> = format!("\u{FEFF}{text}")
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    book.put("xl/worksheets/sheet1.xml", wide);
    shelf.book("UTF-16", &book);
    expect(Code::FileCorrupt);
    shelf.rows("not UTF-8", "");
    let path = shelf.files.last().unwrap().1.clone();
    let mut book = Book::new("");
    book.put("xl/worksheets/sheet1.xml", b"<worksheet><sheetData><row r=\"1\"><c t=\"str\"><v>\xFF\xFE</v></c></row></sheetData></worksheet>".to_vec());
    fs::copy(book.save(shelf.folder.path(), "x.xlsx"), path).unwrap();
    expect(Code::FileCorrupt);
    let mut book = Book::new("");
    book.sheet("");
    shelf.book("nothing in it", &book);
    expect(Code::NoDataSheet);
    let whole = fs::read(Book::new(&plain_rows()).save(shelf.folder.path(), "whole.xlsx")).unwrap();
    shelf.bytes("half a download", &whole[..whole.len() / 2]);
    expect(Code::FileCorrupt);
    shelf.bytes("nothing", b"");
    expect(Code::FileEmpty);
    shelf.bytes(
        "a web page",
        b"\xEF\xBB\xBF<html><table><tr><td>1</td></tr></table></html>",
    );
    expect(Code::FileHtmlDisguised);
    shelf.bytes("an XML spreadsheet", b"<?xml version=\"1.0\"?><Workbook xmlns=\"urn:schemas-microsoft-com:office:spreadsheet\"/>");
    expect(Code::FormatUnsupported);
    shelf.bytes("a PDF", b"%PDF-1.7 \x00\x01\x02");
    expect(Code::FormatUnsupported);
    shelf.bytes("an encrypted workbook", &compound("EncryptedPackage"));
    expect(Code::FileEncrypted);
    shelf.bytes("another compound file", &compound("WordDocument"));
    expect(Code::FormatUnsupported);
    shelf.bytes("an xls that is none", &compound("Workbook"));
    expect(Code::FileCorrupt);
    shelf.bytes("an open quote", "编号,值\nA,\"1\nB,2".as_bytes());
    expect(Code::CsvMalformed);
    shelf.bytes(
        "zeros in text",
        b"a,b\n1,\x002\n3,4\nabcdefghijklmnopqrstuvwxyz,1\n",
    );
    expect(Code::FormatUnsupported);
    for ((what, path), code) in shelf.files.iter().zip(expected) {
        let answer = with_itself(&shelf.folder, path).await;
        assert_eq!(answer.as_ref().err(), Some(&code), "{what}: {answer:?}");
    }
}

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
