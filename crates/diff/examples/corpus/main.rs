//! Compares every workbook below a folder with itself, with a planted edit, with a copy that
//! another library made, and with files of the same name in another format:
//! `corpus FOLDER [--seconds N] [--json FILE]`. Fails if an answer is wrong: a file that differs
//! from itself, an edit that is not seen, a process that dies.

#![expect(clippy::unwrap_used, reason = "a broken machine ends the run")]

mod copy;
mod edit;
mod one;
mod tally;

use std::{
    collections::BTreeMap,
    env, fs,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use one::{Answer, ask};
use tally::Tally;

const ENDINGS: [&str; 10] = [
    "xlsx", "xlsm", "xltx", "xltm", "xls", "xlt", "xlsb", "ods", "csv", "tsv",
];

struct Run {
    root: PathBuf,
    ends: Instant,
    json: Option<PathBuf>,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["--one", left, right] => {
            one::answer(Path::new(left), Path::new(right));
            return ExitCode::SUCCESS;
        }
        ["--copy", from, to] => {
            return ExitCode::from(u8::from(!copy::make(Path::new(from), Path::new(to))));
        }
        _ => {}
    }
    let Some(run) = read(&arguments) else {
        eprintln!("usage: corpus FOLDER [--seconds N] [--json FILE]");
        return ExitCode::from(64);
    };
    let files = list(&run.root);
    let suites = Mutex::new(BTreeMap::<String, Tally>::new());
    let next = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, Into::into) {
            scope.spawn(|| {
                let desk = tempfile::tempdir().unwrap();
                while let Some(file) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let mut tally = Tally::default();
                    if Instant::now() < run.ends {
                        check(file, &files, desk.path(), &mut tally);
                    } else {
                        tally.late += 1;
                    }
                    let mut suites = suites.lock().unwrap();
                    suites.entry(suite(&run.root, file)).or_default().add(tally);
                }
            });
        }
    });
    let suites = suites.into_inner().unwrap();
    print!("{}", tally::table(&suites));
    if let Some(path) = &run.json {
        fs::write(path, serde_json::to_vec_pretty(&suites).unwrap()).unwrap();
    }
    let wrong = suites.values().any(|tally| !tally.wrong.is_empty());
    ExitCode::from(u8::from(wrong || files.is_empty()))
}

fn read(arguments: &[String]) -> Option<Run> {
    let mut arguments = arguments.iter();
    let mut run = Run {
        root: PathBuf::from(arguments.next()?),
        ends: Instant::now() + Duration::from_hours(24),
        json: None,
    };
    while let Some(name) = arguments.next() {
        let value = arguments.next()?;
        match name.as_str() {
            "--seconds" => run.ends = Instant::now() + Duration::from_secs(value.parse().ok()?),
            "--json" => run.json = Some(PathBuf::from(value)),
            _ => return None,
        }
    }
    run.root.is_dir().then_some(run)
}

fn list(root: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        for entry in entries {
            let path = entry.path();
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => folders.push(path),
                Ok(kind) if kind.is_file() && ending(&path).is_some() => files.push(path),
                _ => {}
            }
        }
    }
    files.sort();
    files
}

fn ending(path: &Path) -> Option<&'static str> {
    let ending = path.extension()?.to_ascii_lowercase();
    ENDINGS.into_iter().find(|known| ending == *known)
}

/// The folder below the root that a file is in.
fn suite(root: &Path, file: &Path) -> String {
    let inside = file.strip_prefix(root).unwrap_or(file);
    let mut steps = inside.components();
    let first = steps
        .next()
        .map(|step| step.as_os_str().to_string_lossy().into_owned());
    match steps.next() {
        Some(_) => first.unwrap_or_default(),
        None => ".".to_owned(),
    }
}

fn check(file: &Path, files: &[PathBuf], desk: &Path, tally: &mut Tally) {
    tally.files += 1;
    let name = file.display().to_string();
    match ask(file, file) {
        Answer::Identical => tally.identical += 1,
        Answer::Refused(code) => {
            *tally.refused.entry(code).or_default() += 1;
            return;
        }
        Answer::Different(what) => {
            tally
                .wrong
                .push(format!("{name} differs from itself: {what}"));
            return;
        }
        Answer::Died(how) => {
            tally.wrong.push(format!("{name}: {how}"));
            return;
        }
    }
    let ending = ending(file).unwrap_or_default();
    let edited = desk.join(format!("edited.{ending}"));
    if let Some(what) = edit::plant(file, &edited) {
        tally.edits += 1;
        match ask(file, &edited) {
            Answer::Different(_) => tally.seen += 1,
            Answer::Refused(code) => {
                *tally.refused.entry(format!("{code} edited")).or_default() += 1;
            }
            Answer::Identical => tally.wrong.push(format!("{name}: {what} is not seen")),
            Answer::Died(how) => tally.wrong.push(format!("{name} edited: {how}")),
        }
    }
    let copied = desk.join("copy.xlsx");
    if one::copied(file, &copied) {
        tally.copies += 1;
        match ask(file, &copied) {
            Answer::Identical => tally.same_as_copy += 1,
            other => tally
                .doubtful
                .push(format!("{name} and its copy: {other:?}")),
        }
    }
    let stem = file.with_extension("");
    let twins = files.iter().filter(|other| *other > &file.to_owned());
    for twin in twins.filter(|other| other.with_extension("") == stem) {
        tally.twins += 1;
        match ask(file, twin) {
            Answer::Identical => tally.same_as_twin += 1,
            Answer::Died(how) => tally.wrong.push(format!("{name} and its twin: {how}")),
            Answer::Different(_) | Answer::Refused(_) => {}
        }
    }
}
