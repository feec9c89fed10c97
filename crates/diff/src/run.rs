//! One comparison from start to end.

use std::{
    sync::mpsc::{RecvTimeoutError, channel},
    thread,
    time::{Duration, Instant},
};

use super::{
    Failure, FailureCode, FileReport, Meter, MeterSide, OutputReport, PairReport, Progress,
    Request, SheetReport, Stage, Summary, Timing, VERSION,
    notice::notices,
    pair::{self, Pair},
    plan::{SheetPairs, pair_sheets, read_head},
    report::{pair_report, resolved},
    result,
    side::{Reading, Side, blame, load, sha256},
    strings::Rules,
    value::{Profile, Seed},
};
use sheet::{Budget, measure, sniff};

/// How often progress is told while files are read.
const TICK: Duration = Duration::from_millis(100);

pub(super) fn compare(
    request: &Request,
    progress: &mut dyn FnMut(Progress),
) -> Result<Summary, Failure> {
    let rules = Rules {
        profile: Profile::new(&request.options.values),
        seed: Seed::random(),
    };
    let started = Instant::now();
    let (left, right) = read(request, &rules, progress)?;
    let parsed = Instant::now();
    let rows = |side: &Side| {
        side.tables
            .iter()
            .map(|table| table.spill.rows() as u64)
            .sum::<u64>()
    };
    let rows = rows(&left) + rows(&right);
    progress(Progress {
        stage: Stage::Join,
        percent: 60,
        rows,
    });

    let found = pair_all(request, &left, &right, &rules)?;
    let joined = Instant::now();
    progress(Progress {
        stage: Stage::Write,
        percent: 75,
        rows,
    });

    let mut summary = summarise(request, &left, &right, &found);
    let mut told = |share: f64| {
        let percent = 75 + (share * 24.0) as u8;
        progress(Progress {
            stage: Stage::Write,
            percent: percent.min(99),
            rows,
        });
    };
    result::write(
        request,
        (&left, &right),
        &found.pairs,
        &rules,
        &mut summary,
        &mut told,
    )?;
    summary.timing_ms = Timing {
        preflight: 0,
        parse: milliseconds(parsed - started),
        join: milliseconds(joined - parsed),
        write: milliseconds(joined.elapsed()),
    };
    progress(Progress {
        stage: Stage::Write,
        percent: 100,
        rows,
    });
    Ok(summary)
}

fn milliseconds(duration: Duration) -> u64 {
    duration.as_millis() as u64
}

/// What the two files have to say to each other.
pub(super) struct Found {
    pub(super) pairs: Vec<Pair>,
    pub(super) sheets: SheetPairs,
    /// Sheets that belong together and have no column in common.
    pub(super) apart: Vec<(usize, usize)>,
}

/// Reads both files at once.
fn read(
    request: &Request,
    rules: &Rules,
    progress: &mut dyn FnMut(Progress),
) -> Result<(Side, Side), Failure> {
    let budgets = [Budget::new(&request.limits), Budget::new(&request.limits)];
    let claimed: u64 = [&request.left, &request.right]
        .map(|input| std::fs::metadata(&input.path).map_or(0, |file| file.len()))
        .iter()
        .sum();
    let reading = |slot: u8| Reading {
        slot,
        input: if slot == 1 {
            &request.left
        } else {
            &request.right
        },
        options: &request.options,
        rules,
        scratch: &request.scratch,
        budget: &budgets[usize::from(slot) - 1],
    };
    progress(Progress {
        stage: Stage::Parse,
        percent: 0,
        rows: 0,
    });
    thread::scope(|scope| {
        let (done, finished) = channel();
        let side = |slot: u8| {
            let (done, reading) = (done.clone(), reading(slot));
            scope.spawn(move || {
                let side = load(&reading);
                // The main thread may have left with the other side's failure.
                let _ = done.send(());
                side
            })
        };
        let (left, right) = (side(1), side(2));
        drop(done);
        let mut percent = 0;
        loop {
            match finished.recv_timeout(TICK) {
                Ok(()) => {}
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => {
                    let bytes = budgets[0].bytes() + budgets[1].bytes();
                    // Sheets unpack to some seven times their size; never more than 59.
                    let share = bytes as f64 / (claimed.max(1) * 7) as f64;
                    percent = percent.max((share * 59.0).min(59.0) as u8);
                    let rows = budgets[0].rows() + budgets[1].rows();
                    progress(Progress {
                        stage: Stage::Parse,
                        percent,
                        rows,
                    });
                }
            }
        }
        let panicked = |_| Failure::internal("a reader panicked");
        let left = left.join().map_err(panicked)?;
        let right = right.join().map_err(panicked)?;
        Ok((left?, right?))
    })
}

fn pair_all(request: &Request, left: &Side, right: &Side, rules: &Rules) -> Result<Found, Failure> {
    let (options, limits) = (&request.options, &request.limits);
    let levels = options.header.levels as usize;
    let sheets = pair_sheets(left, right, options, limits.pairs, |i, j| {
        Ok((
            read_head(&left.tables[i], &left.lens(rules), levels)?,
            read_head(&right.tables[j], &right.lens(rules), levels)?,
        ))
    })?;
    let (mut pairs, mut apart, mut refused) = (Vec::new(), Vec::new(), None);
    for &(i, j) in &sheets.pairs {
        match pair::compare((left, i), (right, j), rules, options, limits) {
            Ok(pair) => pairs.push(pair),
            // One such sheet does not keep the others from being compared.
            Err(failure) if failure.code == FailureCode::NoCommonColumns => {
                apart.push((i, j));
                refused = Some(failure);
            }
            Err(failure) => return Err(failure),
        }
    }
    match refused {
        Some(failure) if pairs.is_empty() => Err(failure),
        _ => Ok(Found {
            pairs,
            sheets,
            apart,
        }),
    }
}

fn summarise(request: &Request, left: &Side, right: &Side, found: &Found) -> Summary {
    let pairs: Vec<PairReport> = found
        .pairs
        .iter()
        .map(|pair| pair_report(pair, left, right))
        .collect();
    let names = |side: &Side, tables: &[usize]| {
        tables
            .iter()
            .map(|&index| side.tables[index].name.clone())
            .collect::<Vec<_>>()
    };
    let mut skipped = left.skipped.clone();
    skipped.extend(
        right
            .skipped
            .iter()
            .filter(|name| !left.skipped.contains(name))
            .cloned(),
    );
    let sheets = SheetReport {
        added: names(right, &found.sheets.only_right),
        removed: names(left, &found.sheets.only_left),
        skipped,
        apart: found
            .apart
            .iter()
            .map(|pair| right.tables[pair.1].name.clone())
            .collect(),
    };
    let same = |pair: &PairReport| {
        pair.rows.changed + pair.rows.added + pair.rows.removed == 0
            && pair.columns.added.is_empty()
            && pair.columns.removed.is_empty()
            && pair.outside.changed == 0
    };
    Summary {
        schema: "compare.summary/1".to_owned(),
        engine: VERSION.to_owned(),
        profile: request.options.values.profile.clone(),
        identical: pairs.iter().all(same)
            && [&sheets.added, &sheets.removed, &sheets.apart]
                .iter()
                .all(|names| names.is_empty()),
        files: vec![file_report(left), file_report(right)],
        notices: notices(request, left, right, found),
        resolved: resolved(&request.options, &found.pairs, &pairs),
        pairs,
        sheets,
        output: OutputReport::default(),
        timing_ms: Timing::default(),
    }
}

fn file_report(side: &Side) -> FileReport {
    FileReport {
        slot: side.slot,
        name: side.name.clone(),
        bytes: side.bytes,
        format: side.format.name().to_owned(),
        sheets: side.sheets,
        rows: side
            .tables
            .iter()
            .map(|table| table.spill.rows() as u64)
            .sum(),
        cells: side.tables.iter().map(|table| table.cells).sum(),
        sha256: side.sha256.clone(),
    }
}

pub(super) fn quote(request: &Request) -> Result<Meter, Failure> {
    let mut sides = Vec::new();
    for (slot, input) in [(1, &request.left), (2, &request.right)] {
        let side = || {
            let budget = Budget::new(&request.limits);
            let format = sniff(&input.path, &budget)?;
            let count = measure(
                &input.path,
                format,
                request.options.sheets.include_hidden,
                &budget,
            )?;
            Ok(MeterSide {
                slot,
                bytes: std::fs::metadata(&input.path)
                    .map_err(Failure::internal)?
                    .len(),
                inflated_bytes: count.inflated_bytes,
                format: format.name().to_owned(),
                rows: count.rows,
                cells: count.cells,
                sha256: sha256(&input.path)?,
            })
        };
        sides.push(side().map_err(|failure| blame(failure, slot))?);
    }
    Ok(Meter {
        schema: "compare.meter/1".to_owned(),
        sides,
    })
}
