//! Makes a pair of workbooks with planted differences, for benchmarks:
//! `pairs ROWS COLUMNS FOLDER` writes old.xlsx, new.xlsx and planted.json.

use std::{env, fs, path::Path};

use rust_xlsxwriter::{Format, Workbook, XlsxError};

/// One row in so many is changed (two cells), added, removed.
const CHANGED: u64 = 100;
const ADDED: u64 = 200;
const REMOVED: u64 = 200;

const NAMES: [&str; 10] = [
    "资产编号",
    "部门",
    "类别",
    "地点",
    "数量",
    "单价",
    "金额",
    "购入日期",
    "状态",
    "备注",
];
const DEPARTMENTS: [&str; 6] = [
    "财务部",
    "研发中心",
    "市场部",
    "行政部",
    "生产一部",
    "仓储物流部",
];
const KINDS: [&str; 5] = ["办公设备", "电子设备", "运输工具", "房屋建筑", "机器设备"];
const PLACES: [&str; 4] = ["北京", "上海", "深圳", "成都"];
const STATES: [&str; 3] = ["在用", "闲置", "报废"];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = env::args().collect();
    let [_, rows, columns, folder] = &arguments[..] else {
        return Err("usage: pairs ROWS COLUMNS FOLDER".into());
    };
    let (rows, columns): (u64, u16) = (rows.parse()?, columns.parse()?);
    let folder = Path::new(folder);
    fs::create_dir_all(folder)?;
    let hit = |row: u64, one_in: u64, salt: u64| mix(row ^ salt).is_multiple_of(one_in);
    let removed = |row: u64| hit(row, REMOVED, 1);
    let added = |row: u64| hit(row, ADDED, 2);
    let changed = |row: u64| !removed(row) && hit(row, CHANGED, 3);
    let mut planted = [0_u64; 3];

    let mut old = Book::start(columns)?;
    let mut new = Book::start(columns)?;
    for row in 0..rows {
        old.write(row, columns, 0)?;
        if removed(row) {
            planted[1] += 1;
        } else {
            planted[2] += u64::from(changed(row));
            new.write(row, columns, u64::from(changed(row)))?;
        }
        if added(row) {
            planted[0] += 1;
            new.write(rows + row, columns, 0)?;
        }
    }
    old.book.save(folder.join("old.xlsx"))?;
    new.book.save(folder.join("new.xlsx"))?;
    let [added, removed, changed] = planted;
    let planted = format!("{{\"added\":{added},\"removed\":{removed},\"changed\":{changed}}}");
    fs::write(folder.join("planted.json"), planted)?;
    Ok(())
}

struct Book {
    book: Workbook,
    date: Format,
    next: u32,
}

impl Book {
    fn start(columns: u16) -> Result<Self, XlsxError> {
        let mut book = Workbook::new();
        let sheet = book.add_worksheet_with_low_memory()?;
        for column in 0..columns {
            let name = NAMES.get(usize::from(column));
            let name = name.map_or_else(|| format!("列{column}"), |name| (*name).to_owned());
            sheet.write_string(0, column, name)?;
        }
        Ok(Self {
            book,
            date: Format::new().set_num_format("yyyy-mm-dd"),
            next: 1,
        })
    }

    /// `edit` 1: the row with two cells changed.
    fn write(&mut self, row: u64, columns: u16, edit: u64) -> Result<(), XlsxError> {
        let random = mix(row);
        let pick =
            |from: &[&'static str], shift: u32| from[(random >> shift) as usize % from.len()];
        let count = random % 500 + edit;
        let price = (random >> 9) % 1_000_000;
        let line = self.next;
        let sheet = self.book.worksheet_from_index(0)?;
        sheet.write_string(line, 0, format!("ZC{row:09}"))?;
        sheet.write_string(line, 1, pick(&DEPARTMENTS, 3))?;
        sheet.write_string(line, 2, pick(&KINDS, 7))?;
        sheet.write_string(line, 3, pick(&PLACES, 11))?;
        sheet.write_number(line, 4, count as f64)?;
        sheet.write_number(line, 5, price as f64 / 100.0)?;
        sheet.write_number(line, 6, (count * price) as f64 / 100.0 + edit as f64)?;
        let day = 40_000 + (random >> 20) % 5_000;
        sheet.write_number_with_format(line, 7, day as f64, &self.date)?;
        sheet.write_string(line, 8, pick(&STATES, 17))?;
        if random % 10 < 6 {
            sheet.write_string(line, 9, format!("第{row}号资产的备注,{}", pick(&PLACES, 5)))?;
        }
        for column in 10..columns {
            let value = mix(random ^ u64::from(column)) % 100_000;
            if column.is_multiple_of(3) {
                sheet.write_string(line, column, format!("值{}", value % 500))?;
            } else {
                sheet.write_number(line, column, value as f64)?;
            }
        }
        self.next += 1;
        Ok(())
    }
}

/// A fixed scatter: the same rows on every machine.
fn mix(value: u64) -> u64 {
    let mut mixed = value.wrapping_add(0x9E37_79B9_7F4A_7C15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}
