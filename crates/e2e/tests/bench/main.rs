//! Short runs of `cargo xtask bench`: how fast is nothing here, what comes out is.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail their test")]

use std::{
    fs,
    path::Path,
    process::Command,
    sync::{Mutex, PoisonError},
};

use serde_json::Value;

/// Overload has the engines to itself.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

fn bench(name: &str, arguments: &[&str]) -> Value {
    let _alone = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.json"));
    let status = Command::new(env!("CARGO_BIN_EXE_bench"))
        .args(arguments)
        .arg("--json")
        .arg(&file)
        .status()
        .unwrap();
    assert!(status.success(), "{name}: {status}");
    serde_json::from_slice(&fs::read(file).unwrap()).unwrap()
}

fn figure(figures: &Value, key: &str) -> f64 {
    let figure = figures[key].as_f64();
    figure.unwrap_or_else(|| panic!("no {key} in {figures}"))
}

#[test]
fn every_winner_of_a_short_sale_lands_and_no_book_is_wrong() {
    for (activities, cases) in [
        ("1", "soldout,allwin,baseline_allwin"),
        ("20", "soldout,allwin"),
    ] {
        let short = [
            "--duration",
            "1",
            "--requests",
            "1000",
            "--connections",
            "16",
        ];
        let told = ["--cases", cases, "--activities", activities];
        let figures = bench("sale", &[&short[..], &told].concat());
        let [violations, accepted, landed] =
            ["violations", "accepted", "landed"].map(|key| figure(&figures, key) as u64);
        assert_eq!((violations, accepted), (0, landed), "{figures}");
        assert!(accepted >= 1_000, "{figures}");
        assert!(figure(&figures, "soldout_rps") > 0.0, "{figures}");
    }
}

/// Twice and ten times as many as the lane takes. Answers other than "sold out", 429 and 503, and a 503 that does not
/// say when to come back, end the run; how much of its peak a fleet keeps is nothing on a busy machine in the dev
/// profile, but that it goes on answering, sheds the rest and does not grow.
#[test]
fn a_short_storm_is_shed_and_survived() {
    let figures = bench("overload", &["overload", "--duration", "5"]);
    for crowd in ["twice", "ten_times"] {
        let at = |what: &str| figure(&figures, &format!("{crowd}_{what}"));
        assert!(at("served_rps") > 20.0, "{figures}");
        assert!(at("shed_rps") > 0.0, "{figures}");
        assert!(at("after_kept") > 0.05, "{figures}");
        let grown_mb = at("resident_mb") - figure(&figures, "resident_before_mb");
        assert!(grown_mb < 150.0, "{figures}");
    }
}
