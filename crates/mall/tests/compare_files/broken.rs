//! Broken files are named as what they are.

use std::fs;

use diff::FailureCode as Code;

use super::{
    fixtures::{Book, compound, row},
    shelf::{Shelf, plain_rows},
};

#[tokio::test]
async fn broken_cells_are_named() {
    let mut shelf = Shelf::new();
    let cell = |xml: &str| row(2, "K2", xml);
    shelf.rows(
        "beyond the grid",
        &cell("<c r=\"XFE16777217\"><v>1</v></c>"),
    );
    shelf.rows(
        "a reference that overflows",
        &cell("<c r=\"AAAAAAAAAA99999999999\"><v>1</v></c>"),
    );
    shelf.rows(
        "a string that is not there",
        &cell("<c r=\"B2\" t=\"s\"><v>77</v></c>"),
    );
    shelf.rows(
        "a string number that is none",
        &cell("<c r=\"B2\" t=\"s\"><v>x</v></c>"),
    );
    shelf.rows(
        "a number that is none",
        &cell("<c r=\"B2\" t=\"n\"><v>abc</v></c>"),
    );
    shelf.rows(
        "a bool that is none",
        &cell("<c r=\"B2\" t=\"b\"><v>2</v></c>"),
    );
    shelf.rows(
        "an entity that nobody defined",
        &cell("<c r=\"B2\" t=\"str\"><v>&lol;</v></c>"),
    );
    shelf
        .are(&[
            Code::ParseError,
            Code::ParseError,
            Code::ParseError,
            Code::ParseError,
            Code::ParseError,
            Code::ParseError,
            Code::FileCorrupt,
        ])
        .await;
}

#[tokio::test]
async fn broken_parts_are_named() {
    let mut shelf = Shelf::new();
    let mut book = Book::new(&plain_rows());
    book.edit(
        "xl/worksheets/sheet1.xml",
        "<worksheet",
        "<!DOCTYPE x [<!ENTITY lol \"lol\">]><worksheet",
    );
    shelf.book("a document type", &book);
    let mut book = Book::new(&plain_rows());
    book.edit("xl/worksheets/sheet1.xml", "</sheetData></worksheet>", "");
    shelf.book("a sheet cut off", &book);
    let mut book = Book::new(&plain_rows());
    book.remove("xl/worksheets/sheet1.xml");
    shelf.book("a sheet that is missing", &book);
    let mut book = Book::new(&plain_rows());
    let text = "<?xml version=\"1.0\" encoding=\"UTF-16\"?><worksheet/>";
    let wide: Vec<u8> = format!("\u{FEFF}{text}")
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    book.put("xl/worksheets/sheet1.xml", wide);
    shelf.book("UTF-16", &book);
    shelf.rows("not UTF-8", "");
    let path = shelf.last();
    let mut book = Book::new("");
    book.put("xl/worksheets/sheet1.xml", b"<worksheet><sheetData><row r=\"1\"><c t=\"str\"><v>\xFF\xFE</v></c></row></sheetData></worksheet>".to_vec());
    fs::copy(book.save(shelf.folder.path(), "x.xlsx"), path).unwrap();
    let mut book = Book::new("");
    book.sheet("");
    shelf.book("nothing in it", &book);
    shelf
        .are(&[
            Code::FileCorrupt,
            Code::FileCorrupt,
            Code::FileCorrupt,
            Code::FileCorrupt,
            Code::FileCorrupt,
            Code::NoDataSheet,
        ])
        .await;
}

#[tokio::test]
async fn broken_containers_and_texts_are_named() {
    let mut shelf = Shelf::new();
    let whole = fs::read(Book::new(&plain_rows()).save(shelf.folder.path(), "whole.xlsx")).unwrap();
    shelf.bytes("half a download", &whole[..whole.len() / 2]);
    shelf.bytes("nothing", b"");
    shelf.bytes(
        "a web page",
        b"\xEF\xBB\xBF<html><table><tr><td>1</td></tr></table></html>",
    );
    shelf.bytes("an XML spreadsheet", b"<?xml version=\"1.0\"?><Workbook xmlns=\"urn:schemas-microsoft-com:office:spreadsheet\"/>");
    shelf.bytes("a PDF", b"%PDF-1.7 \x00\x01\x02");
    shelf.bytes("an encrypted workbook", &compound("EncryptedPackage"));
    shelf.bytes("another compound file", &compound("WordDocument"));
    shelf.bytes("an xls that is none", &compound("Workbook"));
    shelf.bytes("an open quote", "编号,值\nA,\"1\nB,2".as_bytes());
    shelf.bytes(
        "zeros in text",
        b"a,b\n1,\x002\n3,4\nabcdefghijklmnopqrstuvwxyz,1\n",
    );
    shelf
        .are(&[
            Code::FileCorrupt,
            Code::FileEmpty,
            Code::FileHtmlDisguised,
            Code::FormatUnsupported,
            Code::FormatUnsupported,
            Code::FileEncrypted,
            Code::FormatUnsupported,
            Code::FileCorrupt,
            Code::CsvMalformed,
            Code::FormatUnsupported,
        ])
        .await;
}
