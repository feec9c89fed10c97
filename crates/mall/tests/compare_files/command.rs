//! The command's exit codes and what it prints.

use std::{
    fs,
    process::{Command, Output},
};

fn run(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_mall"))
        .arg("compare-files")
        .args(arguments)
        .output()
        .unwrap()
}

#[test]
fn identical_is_0_different_is_1_and_failure_is_2() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    fs::write(path("old.csv"), "编号,值\nA1,1\nA2,2\n").unwrap();
    fs::write(path("new.csv"), "编号,值\nA1,1\nA2,3\nA3,4\n").unwrap();
    let result = path("result.xlsx");

    let same = run(&[&path("old.csv"), &path("old.csv"), "-o", &result]);
    assert_eq!(same.status.code(), Some(0), "{same:?}");
    let different = run(&[
        &path("old.csv"),
        &path("new.csv"),
        "-o",
        &result,
        "--key",
        "编号",
    ]);
    assert_eq!(different.status.code(), Some(1), "{different:?}");
    let shown = String::from_utf8(different.stdout).unwrap();
    assert!(
        shown.contains("有差异") && shown.contains("编号"),
        "{shown}"
    );
    assert!(fs::read(&result).unwrap().starts_with(b"PK"));

    let kept = fs::read(path("new.csv")).unwrap();
    for output in [path("new.csv"), path("no/folder.xlsx"), path("")] {
        let failed = run(&[&path("old.csv"), &path("new.csv"), "-o", &output]);
        assert_eq!(failed.status.code(), Some(2), "{output}: {failed:?}");
    }
    assert_eq!(fs::read(path("new.csv")).unwrap(), kept);

    for wrong in [
        vec![path("old.csv"), path("missing.csv")],
        vec![
            path("old.csv"),
            path("new.csv"),
            "--key".into(),
            "没有".into(),
        ],
        vec![
            path("old.csv"),
            path("new.csv"),
            "--options".into(),
            "{\"nonsense\":1}".into(),
        ],
    ] {
        let mut arguments: Vec<&str> = wrong.iter().map(String::as_str).collect();
        arguments.extend(["-o", &result]);
        let failed = run(&arguments);
        assert_eq!(failed.status.code(), Some(2), "{failed:?}");
        assert!(!failed.stderr.is_empty());
    }
}
