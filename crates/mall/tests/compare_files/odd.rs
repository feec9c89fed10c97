//! Odd but honest files are read.

use super::{
    fixtures::{Book, row},
    shelf::{Shelf, plain_rows},
};

#[tokio::test]
async fn odd_cells_are_read() {
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
    shelf.are_identical().await;
}

#[tokio::test]
async fn odd_texts_and_books_are_read() {
    let mut shelf = Shelf::new();
    let cell = |xml: &str| row(2, "K2", xml) + &row(3, "K3", "<c r=\"B3\"><v>1</v></c>");
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
    shelf.are_identical().await;
}
