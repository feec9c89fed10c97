//! What was found, by suite.

use std::{collections::BTreeMap, fmt::Write};

use serde::Serialize;

#[derive(Debug, Default, Serialize)]
pub(crate) struct Tally {
    pub(crate) files: u64,
    /// With themselves.
    pub(crate) identical: u64,
    pub(crate) refused: BTreeMap<String, u64>,
    pub(crate) edits: u64,
    pub(crate) seen: u64,
    pub(crate) copies: u64,
    pub(crate) same_as_copy: u64,
    pub(crate) twins: u64,
    pub(crate) same_as_twin: u64,
    /// Not reached in time.
    pub(crate) late: u64,
    /// Answers that cannot be right.
    pub(crate) wrong: Vec<String>,
    /// The library read something else; either may be right.
    pub(crate) doubtful: Vec<String>,
}

impl Tally {
    pub(crate) fn add(&mut self, other: Self) {
        self.files += other.files;
        self.identical += other.identical;
        for (code, count) in other.refused {
            *self.refused.entry(code).or_default() += count;
        }
        self.edits += other.edits;
        self.seen += other.seen;
        self.copies += other.copies;
        self.same_as_copy += other.same_as_copy;
        self.twins += other.twins;
        self.same_as_twin += other.same_as_twin;
        self.late += other.late;
        self.wrong.extend(other.wrong);
        self.doubtful.extend(other.doubtful);
    }
}

pub(crate) fn table(suites: &BTreeMap<String, Tally>) -> String {
    let mut text = format!(
        "{:<28}{:>7}{:>10}{:>9}{:>13}{:>13}{:>13}{:>6}{:>7}\n",
        "suite",
        "files",
        "identical",
        "refused",
        "edits seen",
        "copies same",
        "twins same",
        "late",
        "wrong"
    );
    let mut all = Tally::default();
    for (name, tally) in suites {
        line(&mut text, name, tally);
        all.files += tally.files;
        all.identical += tally.identical;
        all.edits += tally.edits;
        all.seen += tally.seen;
        all.copies += tally.copies;
        all.same_as_copy += tally.same_as_copy;
        all.twins += tally.twins;
        all.same_as_twin += tally.same_as_twin;
        all.late += tally.late;
        for (code, count) in &tally.refused {
            *all.refused.entry(code.clone()).or_default() += count;
        }
        all.wrong.extend(tally.wrong.iter().cloned());
        all.doubtful.extend(tally.doubtful.iter().cloned());
    }
    line(&mut text, "all", &all);
    for (code, count) in &all.refused {
        let _ = writeln!(text, "refused {code}: {count}");
    }
    for doubtful in &all.doubtful {
        let _ = writeln!(text, "doubtful: {doubtful}");
    }
    for wrong in &all.wrong {
        let _ = writeln!(text, "WRONG: {wrong}");
    }
    text
}

fn line(text: &mut String, name: &str, tally: &Tally) {
    let of = |some: u64, all: u64| format!("{some}/{all}");
    let _ = writeln!(
        text,
        "{name:<28}{:>7}{:>10}{:>9}{:>13}{:>13}{:>13}{:>6}{:>7}",
        tally.files,
        tally.identical,
        tally.refused.values().sum::<u64>(),
        of(tally.seen, tally.edits),
        of(tally.same_as_copy, tally.copies),
        of(tally.same_as_twin, tally.twins),
        tally.late,
        tally.wrong.len()
    );
}
