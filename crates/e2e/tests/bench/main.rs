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
    let all = "bound,soldout,allwin,half_allwin,baseline_soldout,baseline_allwin";
    for (activities, cases) in [("1", all), ("20", "soldout,allwin")] {
        let short = ["--duration", "1", "--requests", "1000"];
        let told = ["--cases", cases, "--activities", activities];
        let figures = bench("sale", &[short, told].concat());
        let [violations, accepted, landed] =
            ["violations", "accepted", "landed"].map(|key| figure(&figures, key) as u64);
        assert_eq!((violations, accepted), (0, landed), "{figures}");
        assert!(accepted >= 1_000, "{figures}");
        assert!(figure(&figures, "soldout_rps") > 0.0, "{figures}");
    }
}

/// Twice and ten times as many as the lane takes: most of the peak is answered, the rest is shed at once, and
/// afterwards all is as before.
#[test]
fn a_short_storm_is_shed_and_survived() {
    let figures = bench("overload", &["overload", "--duration", "5"]);
    for crowd in ["twice", "ten_times"] {
        let at = |what: &str| figure(&figures, &format!("{crowd}_{what}"));
        assert!(at("kept") > 0.4, "{figures}");
        assert!(at("shed_rps") > 0.0, "{figures}");
        assert!(at("shed_p99_ms") < 1_000.0, "{figures}");
        assert!(at("after_kept") > 0.4, "{figures}");
        assert!(at("resident_mb") < 4.0 * figure(&figures, "resident_before_mb") + 200.0);
    }
    assert!(figure(&figures, "slow_kept") > 0.3, "{figures}");
}
