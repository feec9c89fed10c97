//! One of the two files, read.

use std::{fs::File, io::Read, path::Path};

use aws_lc_rs::digest::{Context, SHA256};

use super::{
    Failure, FailureCode, Input, Options,
    lens::Lens,
    strings::{Rules, Strings, StringsWriter},
    table::{Table, TableWriter},
};
use sheet::{Budget, FileFormat, NumberFormat, RowSource, SheetName, open, sniff};

pub(crate) struct Side {
    pub(crate) slot: u8,
    pub(crate) name: String,
    pub(crate) bytes: u64,
    pub(crate) format: FileFormat,
    pub(crate) sha256: String,
    pub(crate) sheets: u32,
    /// The sheets that hold anything, in their order.
    pub(crate) tables: Vec<Table>,
    /// Hidden sheets, which are not read.
    pub(crate) skipped: Vec<String>,
    pub(crate) strings: Strings,
    pub(crate) formats: Vec<NumberFormat>,
    pub(crate) typed: bool,
    pub(crate) assumed_encoding: Option<&'static str>,
}

/// What a side is read with.
pub(crate) struct Reading<'a> {
    pub(crate) slot: u8,
    pub(crate) input: &'a Input,
    pub(crate) options: &'a Options,
    pub(crate) rules: &'a Rules,
    pub(crate) scratch: &'a Path,
    pub(crate) budget: &'a Budget,
}

impl Side {
    pub(crate) fn lens<'a>(&'a self, rules: &'a Rules) -> Lens<'a> {
        Lens {
            strings: &self.strings,
            formats: &self.formats,
            rules,
            typed: self.typed,
        }
    }
}

/// Reads a file; a failure says which of the two it is about.
pub(crate) fn load(reading: &Reading<'_>) -> Result<Side, Failure> {
    read(reading).map_err(|failure| blame(failure, reading.slot))
}

/// The same failure, said of this file.
pub(crate) fn blame(failure: Failure, slot: u8) -> Failure {
    let message = format!("文件{slot}: {}", failure.message);
    Failure { message, ..failure }.with("file", slot)
}

fn read(reading: &Reading<'_>) -> Result<Side, Failure> {
    let Reading {
        slot,
        input,
        options,
        rules,
        scratch,
        budget,
    } = *reading;
    let format = sniff(&input.path, budget)?;
    let sha256 = sha256(&input.path)?;
    let mut source = open(&input.path, format, budget)?;
    if !source.keep_formulas(options.values.formula) {
        let message = "这种格式读不到公式文本,请另存为xlsx,或用 values.formula=value";
        return Err(Failure::option(message).with("option", "values.formula"));
    }
    let mut strings = StringsWriter::create(&scratch.join(format!("{slot}.strings")))?;
    source.strings(&mut |text| strings.add(text, rules))?;
    let strings = strings.finish()?;

    let wanted = wanted(source.sheets(), slot, options)?;
    let mut tables = Vec::new();
    let mut cells = 0;
    let formats = source.formats().to_vec();
    for &index in &wanted {
        let name = source.sheets()[index].name.clone();
        let path = scratch.join(format!("{slot}.{index}.rows"));
        let mut table = TableWriter::create(&name, path, rules, &strings)?;
        let before = cells;
        let facts = source.rows(index, &mut |row| {
            table.add(row, &formats)?;
            budget.row();
            cells = before + table.cells();
            budget.check_size(table.rows(), cells, format)
        })?;
        let table = table.finish(facts)?;
        if table.spill.rows() > 0 {
            tables.push(table);
        }
    }
    if tables.is_empty() {
        return Err(Failure::new(
            FailureCode::NoDataSheet,
            "没有可见数据,请检查工作表是否为空或被隐藏",
        ));
    }
    Ok(Side {
        slot,
        name: input.name.clone(),
        bytes: std::fs::metadata(&input.path)
            .map_err(Failure::internal)?
            .len(),
        format,
        sha256,
        sheets: source.sheets().len() as u32,
        skipped: skipped(source.as_ref(), &wanted),
        tables,
        strings,
        formats,
        typed: source.is_typed(),
        assumed_encoding: source.assumed_encoding(),
    })
}

fn wanted(sheets: &[SheetName], slot: u8, options: &Options) -> Result<Vec<usize>, Failure> {
    let Some(pairs) = &options.sheets.pairs else {
        let visible = |index: &usize| sheets[*index].visible || options.sheets.include_hidden;
        return Ok((0..sheets.len()).filter(visible).collect());
    };
    let mut wanted = Vec::new();
    for pair in pairs {
        let name = if slot == 1 {
            &pair.sheet1
        } else {
            &pair.sheet2
        };
        let found = sheets.iter().position(|sheet| sheet.name == *name);
        let missing = || {
            let message = format!("找不到工作表\"{name}\"");
            Failure::new(FailureCode::SheetNotFound, message).with("sheet", name.as_str())
        };
        let index = found.ok_or_else(missing)?;
        if !wanted.contains(&index) {
            wanted.push(index);
        }
    }
    Ok(wanted)
}

fn skipped(source: &dyn RowSource, wanted: &[usize]) -> Vec<String> {
    let sheets = source.sheets().iter().enumerate();
    let skipped = sheets.filter(|(index, _)| !wanted.contains(index));
    skipped.map(|(_, sheet)| sheet.name.clone()).collect()
}

pub(crate) fn sha256(path: &Path) -> Result<String, Failure> {
    let mut file = File::open(path).map_err(Failure::internal)?;
    let mut context = Context::new(&SHA256);
    let mut chunk = vec![0; 256 * 1024];
    loop {
        let count = file.read(&mut chunk).map_err(Failure::internal)?;
        if count == 0 {
            break;
        }
        context.update(&chunk[..count]);
    }
    let digest: [u8; 32] = context
        .finish()
        .as_ref()
        .try_into()
        .map_err(Failure::internal)?;
    let (high, low) = digest.split_at(16);
    let half = |bytes: &[u8]| {
        bytes
            .iter()
            .fold(0, |half, byte| half << 8 | u128::from(*byte))
    };
    Ok(format!("{:032x}{:032x}", half(high), half(low)))
}
