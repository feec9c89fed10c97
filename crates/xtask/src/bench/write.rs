//! `bench write sale|growth|overload|compare FILE…`: puts the figures of runs into `deploy/BENCHMARKS.md`,
//! between `<!-- sale -->` and `<!-- /sale -->`. Nobody types a figure.

use std::{fmt::Write, fs};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::paths;

pub(super) fn run(arguments: &[String]) -> Result<()> {
    let Some((what, files)) = arguments
        .split_first()
        .filter(|(_, files)| !files.is_empty())
    else {
        bail!("usage: cargo xtask bench write sale|growth|overload|compare FILE…");
    };
    let runs = files
        .iter()
        .map(|file| {
            let bytes = fs::read(file).with_context(|| file.clone())?;
            serde_json::from_slice(&bytes).with_context(|| file.clone())
        })
        .collect::<Result<Vec<Value>>>()?;
    let text = match what.as_str() {
        "sale" => sale(&runs[0]),
        "growth" => growth(&runs),
        "overload" => overload(&runs[0]),
        "compare" => compare(&runs[0]),
        _ => bail!("there are no figures of {what}"),
    };
    let page = paths::root().join("deploy/BENCHMARKS.md");
    let before = fs::read_to_string(&page)?;
    let (open, close) = (format!("<!-- {what} -->\n"), format!("<!-- /{what} -->"));
    let (head, rest) = before.split_once(&open).context("no place for it")?;
    let (_, tail) = rest.split_once(&close).context("no end of its place")?;
    fs::write(&page, format!("{head}{open}{text}{close}{tail}"))?;
    Ok(())
}

fn number(value: &Value, key: &str) -> f64 {
    value[key].as_f64().unwrap_or_default()
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}

fn cases(run: &Value) -> &[Value] {
    run["cases"].as_array().map_or(&[], Vec::as_slice)
}

fn line(page: &mut String, cells: &[String]) {
    // Writing to a string cannot fail.
    let _ = writeln!(page, "| {} |", cells.join(" | "));
}

fn head(page: &mut String, cells: &[&str]) {
    line(
        page,
        &cells.iter().map(ToString::to_string).collect::<Vec<_>>(),
    );
    line(page, &vec!["---".to_owned(); cells.len()]);
}

fn sale(run: &Value) -> String {
    let mut page = format!(
        "{} × {}, {}, Linux {}; MySQL {}, Redis {}. {} connections, {} s a case and at least \
         100,000 requests, {} thread(s) a process. Violations found by the audit: {}.\n\n",
        number(run, "processors"),
        text(run, "processor"),
        text(run, "memory"),
        text(run, "kernel"),
        text(run, "mysql"),
        text(run, "redis"),
        number(run, "connections"),
        number(run, "duration_s"),
        number(run, "workers"),
        number(run, "violations"),
    );
    head(
        &mut page,
        &[
            "case",
            "answers/s",
            "÷ bound",
            "÷ plain",
            "p50 ms",
            "p95",
            "p99",
            "max",
            "landed/s",
            "last row after the last answer, s",
        ],
    );
    for case in cases(run) {
        let landed = number(case, "landed") > 0.0;
        let of_landing = |key: &str, digits: usize| {
            let value = number(case, key);
            if landed {
                format!("{value:.digits$}")
            } else {
                String::new()
            }
        };
        let mut cells = vec![
            text(case, "name").to_owned(),
            format!("{:.0}", number(case, "rps")),
            share(case).map_or_else(String::new, |share| format!("{share:.2}")),
            of_plain(run, case).map_or_else(String::new, |share| format!("{share:.2}")),
        ];
        cells.extend(
            ["p50_ms", "p95_ms", "p99_ms", "max_ms"].map(|key| format!("{:.1}", number(case, key))),
        );
        cells.extend([of_landing("landed_per_s", 0), of_landing("drain_s", 2)]);
        line(&mut page, &cells);
    }
    page += "\n";
    goals(&mut page, run);
    page += "\nProcessor microseconds a request, by process:\n\n";
    costs(&mut page, run);
    page
}

/// What a case answered of what the bound did right before it.
fn share(case: &Value) -> Option<f64> {
    let bound = number(case, "bound_rps");
    (bound > 0.0).then(|| number(case, "rps") / bound)
}

/// Of what the plain server would have done then, which had its share of the bound too.
fn of_plain(run: &Value, case: &Value) -> Option<f64> {
    let plain = named(run, "plain").and_then(share)?;
    share(case).map(|share| share / plain)
}

fn named<'a>(run: &'a Value, name: &str) -> Option<&'a Value> {
    cases(run).iter().find(|case| text(case, "name") == name)
}

fn goals(page: &mut String, run: &Value) {
    head(page, &["measure", "goal", "here", ""]);
    let at_least = |name: &str, goal: f64, here: f64| {
        (name.to_owned(), format!("≥ {goal}"), here, here >= goal)
    };
    let at_most = |name: &str, goal: f64, here: f64| {
        (name.to_owned(), format!("≤ {goal}"), here, here <= goal)
    };
    let baseline = number(run, "baseline_landed_per_s");
    let of_bound = |name: &str| named(run, name).and_then(share).unwrap_or_default();
    for (name, goal, here, reached) in [
        at_least("sold-out answers ÷ bound", 0.90, of_bound("soldout")),
        at_least(
            "all-win answers ÷ bound, 128 connections",
            0.28,
            of_bound("allwin"),
        ),
        at_least(
            "all-win answers ÷ bound, 512 connections",
            0.42,
            of_bound("allwin512"),
        ),
        at_least(
            "landed ÷ landed without batching",
            20.0,
            number(run, "landed_per_s") / baseline,
        ),
        at_most("last answer → last row, s", 1.0, number(run, "drain_s")),
        at_most("sold-out p99, ms", 8.0, number(run, "soldout_p99_ms")),
        at_most("all-win p99, ms", 25.0, number(run, "allwin_p99_ms")),
        at_most(
            "sold-out p99 at half load, ms",
            5.0,
            number(run, "half_soldout_p99_ms"),
        ),
        at_most(
            "all-win p99 at half load, ms",
            10.0,
            number(run, "half_allwin_p99_ms"),
        ),
    ] {
        let verdict = if reached { "reached" } else { "not reached" };
        line(
            page,
            &[name, goal, format!("{here:.2}"), verdict.to_owned()],
        );
    }
}

fn costs(page: &mut String, run: &Value) {
    let processes = [
        "gateway",
        "seckill",
        "order",
        "redis",
        "rabbitmq",
        "mysql",
        "generator",
    ];
    let mut names = vec!["case"];
    names.extend(processes);
    head(page, &names);
    for case in cases(run) {
        let per_answer = |process: &&str| {
            let seconds = number(&case["cpu_s"], process);
            format!("{:.1}", seconds * 1e6 / number(case, "answers").max(1.0))
        };
        let mut cells = vec![text(case, "name").to_owned()];
        cells.extend(processes.iter().map(per_answer));
        line(page, &cells);
    }
}

fn growth(runs: &[Value]) -> String {
    let mut page = String::new();
    head(
        &mut page,
        &[
            "activities",
            "orders before",
            "sold-out/s",
            "÷ bound",
            "all-win/s",
            "÷ bound",
            "landed/s",
            "all-win p99 ms",
        ],
    );
    for run in runs {
        let whole = |key: &str| format!("{:.0}", number(run, key));
        let of_bound = |name: &str| {
            let share = named(run, name).and_then(share);
            format!("{:.2}", share.unwrap_or_default())
        };
        let cells = [
            whole("activities"),
            whole("rows"),
            whole("soldout_rps"),
            of_bound("soldout"),
            whole("allwin_rps"),
            of_bound("allwin"),
            whole("landed_per_s"),
            whole("allwin_p99_ms"),
        ];
        line(&mut page, &cells);
    }
    page
}

fn overload(run: &Value) -> String {
    let mut page = format!(
        "At its peak the fleet answers {:.0} buyers/s; the gateway then has {:.0} MB.\n\n",
        number(run, "peak_rps"),
        number(run, "resident_before_mb"),
    );
    head(
        &mut page,
        &[
            "crowd",
            "answered/s",
            "÷ peak",
            "shed/s",
            "a newcomer's 503, p99 ms",
            "catalogue, p99 ms",
            "gateway MB",
            "÷ peak in the 5 s after",
        ],
    );
    for (name, crowd) in [("twice", "twice"), ("ten_times", "ten times")] {
        let of = |what: &str, digits: usize| {
            let value = number(run, &format!("{name}_{what}"));
            format!("{value:.digits$}")
        };
        let cells = [
            crowd.to_owned(),
            of("served_rps", 0),
            of("kept", 2),
            of("shed_rps", 0),
            of("shed_p99_ms", 0),
            of("browse_p99_ms", 0),
            of("resident_mb", 0),
            of("after_kept", 2),
        ];
        line(&mut page, &cells);
    }
    let _ = writeln!(
        page,
        "\nBeside {:.0} slow clients, half of which send a byte at a time and half never read their answers, \
         it keeps {:.2} of its peak, with {:.0} MB.",
        number(run, "slow_clients"),
        number(run, "slow_kept"),
        number(run, "slow_resident_mb"),
    );
    page
}

fn compare(run: &Value) -> String {
    let mut page = String::new();
    head(
        &mut page,
        &[
            "pair",
            "tool",
            "wall s",
            "CPU s",
            "peak MB",
            "largest process MB",
            "added",
            "removed",
            "changed",
        ],
    );
    for pair in ["10kx42", "200kx10", "1Mx10"] {
        for tool in ["mall", "polars", "pandas", "openpyxl"] {
            let of = |what: &str| run[format!("{pair}.{tool}.{what}")].as_f64();
            let Some(wall) = of("wall_s") else {
                continue;
            };
            let rest = [
                "cpu_s",
                "peak_mb",
                "largest_mb",
                "added",
                "removed",
                "changed",
            ]
            .map(|what| of(what).unwrap_or_default());
            let mut cells = vec![pair.to_owned(), tool.to_owned(), format!("{wall:.2}")];
            cells.push(format!("{:.2}", rest[0]));
            cells.extend(rest[1..].iter().map(|value| format!("{value:.0}")));
            line(&mut page, &cells);
        }
    }
    page
}
