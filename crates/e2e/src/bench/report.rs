//! What a run prints and writes.

use std::{collections::BTreeMap, fmt::Write};

use serde_json::{Map, Value, json};

use crate::load::LoadResult;

/// One case.
#[derive(Debug)]
pub(super) struct Case {
    pub(super) name: &'static str,
    /// What the bound answered a second right before and right after, in the mean; 0: not asked.
    pub(super) bound_rps: f64,
    pub(super) result: LoadResult,
    /// Orders that buyers were promised, and rows that were found.
    pub(super) accepted: u64,
    pub(super) landed: u64,
    /// From the first request, and from the last answer, to the last row.
    pub(super) landed_in_s: f64,
    pub(super) drain_s: f64,
    pub(super) cpu_s: BTreeMap<String, f64>,
    /// Mean items per call, by hop.
    pub(super) batches: BTreeMap<String, f64>,
    pub(super) violations: Vec<String>,
}

impl Case {
    pub(super) fn landed_per_s(&self) -> f64 {
        if self.landed == 0 {
            0.0
        } else {
            self.landed as f64 / self.landed_in_s
        }
    }
}

/// A whole run.
#[derive(Debug, Default)]
pub struct Report {
    /// What was asked for, and of which machine and engines.
    given: Map<String, Value>,
    cases: Vec<Case>,
}

impl Report {
    pub(super) fn of(given: Map<String, Value>) -> Self {
        Self {
            given,
            cases: Vec::new(),
        }
    }

    pub(super) fn add(&mut self, case: Case) {
        println!("{}", line(&case));
        for violation in &case.violations {
            println!("    VIOLATION: {violation}");
        }
        self.cases.push(case);
    }

    pub fn violations(&self) -> usize {
        self.cases.iter().map(|case| case.violations.len()).sum()
    }

    fn case(&self, name: &str) -> Option<&Case> {
        self.cases.iter().find(|case| case.name == name)
    }

    /// Requests per second of one case, for a case that depends on it.
    pub(super) fn rate(&self, name: &str) -> f64 {
        self.case(name).map_or(0.0, |case| case.result.rate())
    }

    pub fn to_json(&self) -> Value {
        let mut flat = self.given.clone();
        let rate = |name| self.case(name).map(|case| case.result.rate());
        let p99 = |name| self.case(name).map(|case| case.result.percentile_ms(0.99));
        let winner = self.case("allwin");
        for (key, value) in [
            ("bound_rps", rate("bound")),
            ("plain_rps", rate("plain")),
            ("soldout_rps", rate("soldout")),
            ("soldout_p99_ms", p99("soldout")),
            ("allwin_rps", rate("allwin")),
            ("allwin_p99_ms", p99("allwin")),
            ("allwin512_rps", rate("allwin512")),
            ("accepted", winner.map(|case| case.accepted as f64)),
            ("landed", winner.map(|case| case.landed as f64)),
            ("landed_per_s", winner.map(Case::landed_per_s)),
            ("drain_s", winner.map(|case| case.drain_s)),
            ("baseline_soldout_rps", rate("baseline_soldout")),
            (
                "baseline_landed_per_s",
                self.case("baseline_allwin").map(Case::landed_per_s),
            ),
            ("half_soldout_p99_ms", p99("half_soldout")),
            ("half_allwin_p99_ms", p99("half_allwin")),
            ("detail_rps", rate("detail")),
            ("violations", Some(self.violations() as f64)),
        ] {
            flat.insert(key.to_owned(), json!(value));
        }
        let cases: Vec<Value> = self.cases.iter().map(whole).collect();
        flat.insert("cases".to_owned(), cases.into());
        Value::Object(flat)
    }
}

fn line(case: &Case) -> String {
    let result = &case.result;
    let mut line = format!(
        "{:<17} {:>8.0} req/s   p50 {:>6.2}  p95 {:>6.2}  p99 {:>6.2}  max {:>7.1} ms   {:?}",
        case.name,
        result.rate(),
        result.percentile_ms(0.5),
        result.percentile_ms(0.95),
        result.percentile_ms(0.99),
        result.percentile_ms(1.0),
        result.codes,
    );
    if case.bound_rps > 0.0 {
        // Writing to a string cannot fail.
        let _ = write!(
            line,
            "\n{:<17} {:.2} of the bound, which answers {:.0}/s around it",
            "",
            result.rate() / case.bound_rps,
            case.bound_rps
        );
    }
    if case.accepted > 0 {
        let (accepted, landed, drain_s) = (case.accepted, case.landed, case.drain_s);
        let rate = case.landed_per_s();
        let _ = write!(
            line,
            "\n{:<17} accepted {accepted}, landed {landed}: {rate:.0}/s, the last row {drain_s:.2} s \
             after the last answer",
            ""
        );
    }
    let each = |of: &BTreeMap<String, f64>| -> String {
        let shown = of.iter().filter(|(_, value)| **value >= 0.05);
        let shown = shown.map(|(name, value)| format!("{name} {value:.1}"));
        shown.collect::<Vec<_>>().join(", ")
    };
    let _ = write!(
        line,
        "\n{:<17} processor seconds: {}",
        "",
        each(&case.cpu_s)
    );
    if !case.batches.is_empty() {
        let _ = write!(line, "\n{:<17} items per call: {}", "", each(&case.batches));
    }
    line
}

fn whole(case: &Case) -> Value {
    let result = &case.result;
    let codes: Map<String, Value> = result
        .codes
        .iter()
        .map(|(code, count)| (code.to_string(), json!(count)))
        .collect();
    json!({
        "name": case.name,
        "bound_rps": case.bound_rps,
        "answers": result.answers(),
        "rps": result.rate(),
        "p50_ms": result.percentile_ms(0.5),
        "p95_ms": result.percentile_ms(0.95),
        "p99_ms": result.percentile_ms(0.99),
        "max_ms": result.percentile_ms(1.0),
        "codes": codes,
        "accepted": case.accepted,
        "landed": case.landed,
        "landed_per_s": case.landed_per_s(),
        "landed_in_s": case.landed_in_s,
        "drain_s": case.drain_s,
        "cpu_s": case.cpu_s,
        "batches": case.batches,
        "violations": case.violations,
    })
}
