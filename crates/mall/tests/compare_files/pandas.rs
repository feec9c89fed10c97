//! The same answers as pandas with datacompy, on random workbooks; what the result says is read by
//! openpyxl.

use std::{env, path::Path, process::Command};

const FIRST_SEED: &str = "1";
const SEEDS: &str = "40";

#[test]
fn pandas_finds_the_same() {
    let Some(python) = env::var_os("MALL_PYTHON") else {
        panic!(
            "MALL_PYTHON: a Python with pandas, datacompy, python-calamine and openpyxl, as cargo xtask test makes one"
        );
    };
    let folder = tempfile::tempdir().unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/compare_files/by_pandas.py");
    let done = Command::new(python)
        .arg(script)
        .arg(env!("CARGO_BIN_EXE_mall"))
        .arg(folder.path())
        .args([FIRST_SEED, SEEDS])
        .output()
        .unwrap();
    assert!(
        done.status.success(),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );
}
