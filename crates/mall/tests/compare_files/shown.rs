//! What the command shows: every format, folders, workbooks as text.

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

use serde_json::Value;

fn mall(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_mall"))
        .args(arguments)
        .output()
        .unwrap()
}

struct Desk {
    folder: tempfile::TempDir,
}

impl Desk {
    fn new() -> Self {
        let desk = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        desk.write(
            "old.csv",
            "编号,名称,数量\nA1,桌子,1\nA2,椅子,2\nA3,=1+1,3\n",
        );
        desk.write(
            "new.csv",
            "编号,名称,数量\nA1,桌子,1\nA2,椅|子,2.5\nA4,<b>灯</b>,4\n",
        );
        desk
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).to_string_lossy().into_owned()
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Compares old.csv with new.csv; they differ.
    fn shown(&self, arguments: &[&str]) -> String {
        let (old, new, result) = (
            self.path("old.csv"),
            self.path("new.csv"),
            self.path("r.xlsx"),
        );
        let own = ["compare-files", &old, &new, "-o", &result, "--key", "编号"];
        let all = [&own[..], arguments].concat();
        let output = mall(&all);
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    }
}

#[test]
fn a_table_names_cells_and_has_colours_when_asked() {
    let desk = Desk::new();
    let plain = desk.shown(&[]);
    assert!(!plain.contains('\x1b'), "{plain}");
    for part in ["C3", "2.5", "-4:4", "+4:4", "A4 · <b>灯</b> · 4", "有差异"] {
        assert!(plain.contains(part), "{part} in {plain}");
    }
    let coloured = desk.shown(&["--color", "always", "--lang", "en"]);
    assert!(coloured.contains("\x1b[32m2.5\x1b[0m"), "{coloured}");
    assert!(coloured.contains("Removed") && coloured.contains("different"));
}

#[test]
fn formats_for_programs_and_discussions_are_what_they_say() {
    let desk = Desk::new();
    let json: Value = serde_json::from_str(&desk.shown(&["--format", "json"])).unwrap();
    assert_eq!(json["summary"]["pairs"][0]["rows"]["changed"], 1);
    let cell = &json["differences"][0]["changed"][0]["cells"][1];
    assert_eq!(
        (&cell["cell1"], &cell["new"]),
        (&"C3".into(), &"2.5".into())
    );

    let csv = desk.shown(&["--format", "csv"]);
    let lines: Vec<&str> = csv.lines().collect();
    assert_eq!(lines[0], "sheet,kind,key,old_cell,new_cell,column,old,new");
    assert!(
        lines.contains(&"Sheet1,changed,A2,C3,C3,数量,2,2.5"),
        "{csv}"
    );

    let markdown = desk.shown(&["--format", "markdown"]);
    assert!(markdown.contains("| 椅子 | 椅\\|子 |"), "{markdown}");
    assert!(markdown.contains("&lt;b>"), "{markdown}");

    let page = desk.path("page.html");
    let html = desk.shown(&["--format", "html", "--html", &page]);
    assert_eq!(html, fs::read_to_string(&page).unwrap());
    assert!(html.contains("<del>2</del>") && html.contains("<ins>2.5</ins>"));
    assert!(html.contains("&lt;b&gt;灯") && !html.contains("<b>灯"));
    assert!(
        !html.contains("http") && !html.contains("<script"),
        "it needs nothing else"
    );
}

#[test]
fn shorthands_are_options() {
    let desk = Desk::new();
    let args = ["--format", "json", "--tolerance", "0.5", "--ignore", "名称"];
    let json: Value = serde_json::from_str(&desk.shown(&args)).unwrap();
    assert_eq!(json["summary"]["pairs"][0]["rows"]["changed"], 0);
    assert_eq!(json["summary"]["pairs"][0]["cells"]["within_tolerance"], 1);
    let (old, new) = (desk.path("old.csv"), desk.path("new.csv"));
    let wrong = mall(&["compare-files", &old, &new, "--sheet", "没有"]);
    assert_eq!(wrong.status.code(), Some(2));
}

#[test]
fn folders_are_compared_file_by_file() {
    let desk = Desk::new();
    for (name, text) in [
        ("a/same.csv", "id,v\nA,1\n"),
        ("b/same.csv", "id,v\nA,1\n"),
        ("a/deep/edited.csv", "id,v\nA,1\nB,2\n"),
        ("b/deep/edited.csv", "id,v\nA,1\nB,3\n"),
        ("a/gone.csv", "id,v\nA,1\n"),
        ("b/notes.txt", "no table"),
    ] {
        desk.write(name, text);
    }
    let (left, right, results) = (desk.path("a"), desk.path("b"), desk.path("results"));
    let output = mall(&[
        "compare-files",
        &left,
        &right,
        "-o",
        &results,
        "--lang",
        "en",
    ]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let shown = String::from_utf8(output.stdout).unwrap();
    assert!(shown.contains("same.csv  identical"), "{shown}");
    assert!(
        shown.contains("gone.csv  Only in the old folder"),
        "{shown}"
    );
    assert!(
        Path::new(&results)
            .join("deep/edited.csv.diff.xlsx")
            .exists()
    );

    desk.write("a/bad.xlsx", "PK no workbook");
    desk.write("b/bad.xlsx", "PK no workbook");
    let output = mall(&["compare-files", &left, &right, "--format", "json"]);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(json["failed"][0]["name"], "bad.xlsx");
    assert_eq!(json["pairs"].as_array().unwrap().len(), 2);
}

#[test]
fn a_workbook_as_text_has_a_line_for_each_row() {
    let desk = Desk::new();
    let output = mall(&["sheet-text", &desk.path("old.csv")]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(
        text,
        "# Sheet1\n编号\t名称\t数量\nA1\t桌子\t1\nA2\t椅子\t2\nA3\t=1+1\t3\n"
    );
    assert_eq!(
        mall(&["sheet-text", &desk.path("none")]).status.code(),
        Some(2)
    );
    let script = mall(&["completion", "bash"]).stdout;
    assert!(String::from_utf8(script).unwrap().contains("compare-files"));
}
