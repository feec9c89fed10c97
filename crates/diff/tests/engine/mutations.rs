//! One cell of a random table is changed: exactly that cell is reported, whatever writes the files.

use std::{env, fs, path::Path, process::Command};

use proptest::{prelude::*, sample::Index};
use serde_json::{Value, json};

use super::support::*;

const OPTIONS: &str = r#"{"key":{"mode":"columns","columns":["编号"]},
    "header":{"mode":"row","row1":1,"row2":1}}"#;

/// A column holds one kind of value; some of its cells are blank.
fn column(rows: usize) -> impl Strategy<Value = Vec<Cell>> {
    let number = prop_oneof![
        (-1_000_000..1_000_000_i64).prop_map(|whole| whole as f64),
        (-1_000_000..1_000_000_i64).prop_map(|scaled| scaled as f64 / 1000.0),
        (1_000_000_000_000_000..9_000_000_000_000_000_i64).prop_map(|id| id as f64),
    ];
    let kinds = prop_oneof![
        number.prop_map(Cell::Number).boxed(),
        "[a-z中文<>&]{1,6}[ ,\"';]?[a-z]{1,3}"
            .prop_map(Cell::Text)
            .boxed(),
        (30_000..60_000_u32)
            .prop_map(|day| Cell::Date(f64::from(day)))
            .boxed(),
        any::<bool>().prop_map(Cell::Bool).boxed(),
    ];
    (0..4_u8).prop_flat_map(move |wanted| {
        let fits = move |cell: &Cell| match cell {
            Cell::Number(_) => wanted == 0,
            Cell::Text(_) => wanted == 1,
            Cell::Date(_) => wanted == 2,
            Cell::Bool(_) => wanted == 3,
            Cell::Blank => false,
        };
        let value = kinds.clone().prop_filter("of the column's kind", fits);
        let cell = prop_oneof![5 => value, 1 => Just(Cell::Blank)];
        prop::collection::vec(cell, rows)
    })
}

fn random_table() -> impl Strategy<Value = Table> {
    (2..12_usize, 1..6_usize).prop_flat_map(|(rows, columns)| {
        prop::collection::vec(column(rows), columns).prop_map(move |columns| {
            let mut header = vec![text("编号")];
            header.extend((1..=columns.len()).map(|at| text(&format!("列{at}"))));
            let row = |row: usize| {
                let cells = columns.iter().map(|column| column[row].clone());
                [text(&format!("K{row}"))]
                    .into_iter()
                    .chain(cells)
                    .collect()
            };
            [header].into_iter().chain((0..rows).map(row)).collect()
        })
    })
}

/// Another value of the same kind.
fn mutated(cell: &Cell) -> Cell {
    match cell {
        Cell::Blank => Cell::Number(1.0),
        Cell::Number(value) => Cell::Number(value + 1.0),
        Cell::Text(text) => Cell::Text(format!("{text}x")),
        Cell::Date(day) => Cell::Date(day + 1.0),
        Cell::Bool(value) => Cell::Bool(!value),
    }
}

/// Changes the cell that the indexes choose; says which it is.
fn mutate(table: &Table, row: Index, column: Index) -> (Table, String) {
    let (row, column) = (
        1 + row.index(table.len() - 1),
        1 + column.index(table[0].len() - 1),
    );
    let mut changed = table.clone();
    changed[row][column] = mutated(&table[row][column]);
    let letter = char::from(b'A' + column as u8);
    (changed, format!("{letter}{}", row + 1))
}

fn check(desk: &Desk, left: &Path, right: &Path, cell: &str) -> Result<(), TestCaseError> {
    let same = desk.files(left, left, OPTIONS).unwrap();
    prop_assert!(same.summary.identical);
    let outcome = desk.files(left, right, OPTIONS).unwrap();
    prop_assert_eq!(outcome.counts(), (1, 0, 0), "{:#?}", outcome.preview);
    let cells = &outcome.preview.pairs[0].changed[0].cells;
    prop_assert_eq!(cells.len(), 1, "{:#?}", cells);
    prop_assert_eq!(cells[0].cell1.as_deref(), Some(cell));
    prop_assert_eq!(cells[0].cell2.as_deref(), Some(cell));
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn one_changed_cell_is_that_cell_between_any_two_forms(
        table in random_table(),
        (row, column) in any::<(Index, Index)>(),
        (one, other) in (0..FORMS.len(), 0..FORMS.len()),
    ) {
        let desk = Desk::new();
        let (changed, cell) = mutate(&table, row, column);
        let left = desk.write("left", &table, FORMS[one]);
        let right = desk.write("right", &changed, FORMS[other]);
        check(&desk, &left, &right, &cell)?;
    }
}

/// Writes tables as openpyxl does.
const BY_OPENPYXL: &str = "
import datetime, json, openpyxl, sys
for path, rows in json.load(sys.stdin).items():
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = 'Sheet1'
    for r, row in enumerate(rows, 1):
        for c, value in enumerate(row, 1):
            if isinstance(value, dict):
                value = datetime.date(1899, 12, 30) + datetime.timedelta(days=value['day'])
            if value is not None:
                sheet.cell(r, c, value)
    book.save(path)
";

fn as_json(table: &Table) -> Value {
    let cell = |cell: &Cell| match cell {
        Cell::Blank => Value::Null,
        Cell::Number(value) if value.fract() == 0.0 => json!(*value as i64),
        Cell::Number(value) => json!(value),
        Cell::Text(text) => json!(text),
        Cell::Date(day) => json!({ "day": *day as i64 }),
        Cell::Bool(value) => json!(value),
    };
    let rows = table
        .iter()
        .map(|row| row.iter().map(cell).collect::<Vec<_>>());
    json!(rows.collect::<Vec<_>>())
}

/// Where `cargo xtask test` has brought it, or the system's; `None`: no openpyxl is here.
fn by_openpyxl(desk: &Desk, tables: &[(&str, &Table)]) -> Option<()> {
    let python = env::var_os("MALL_PYTHON").unwrap_or_else(|| "python3".into());
    let named = tables.iter().map(|(name, table)| {
        let path = desk.path(name).display().to_string();
        (path, as_json(table))
    });
    let input = desk.path("tables.json");
    let all = Value::Object(named.collect());
    fs::write(&input, all.to_string()).unwrap();
    let mut command = Command::new(python);
    command
        .args(["-c", BY_OPENPYXL])
        .stdin(fs::File::open(&input).unwrap());
    command.output().ok()?.status.success().then_some(())
}

#[test]
fn other_writers_agree_with_ours() {
    use proptest::{strategy::ValueTree, test_runner::TestRunner};
    let desk = Desk::new();
    let mut runner = TestRunner::deterministic();
    let mut any = || {
        let strategy = (random_table(), any::<(Index, Index)>());
        strategy.new_tree(&mut runner).unwrap().current()
    };
    for _ in 0..4 {
        let (table, (row, column)) = any();
        let (changed, cell) = mutate(&table, row, column);
        let written = by_openpyxl(&desk, &[("left.xlsx", &table), ("right.xlsx", &changed)]);
        if written.is_none() {
            eprintln!("not run: openpyxl is not here");
            return;
        }
        let (left, right) = (desk.path("left.xlsx"), desk.path("right.xlsx"));
        check(&desk, &left, &right, &cell).unwrap();
        for form in FORMS {
            let ours = desk.write("ours", &changed, form);
            check(&desk, &left, &ours, &cell).unwrap();
        }
        for ending in ["ods", "xls"] {
            // A process that opens a document takes seconds: where it is there at all.
            if let Some(converted) = by_libreoffice(&desk, &right, ending) {
                check(&desk, &left, &converted, &cell).unwrap();
            }
        }
    }
}

fn by_libreoffice(desk: &Desk, file: &Path, ending: &str) -> Option<std::path::PathBuf> {
    let profile = desk.path("profile");
    let output = Command::new("soffice")
        .arg(format!(
            "-env:UserInstallation=file://{}",
            profile.display()
        ))
        .args(["--headless", "--convert-to", ending, "--outdir"])
        .arg(desk.folder.path())
        .arg(file)
        .output()
        .ok()?;
    let converted = file.with_extension(ending);
    (output.status.success() && converted.exists()).then_some(converted)
}
