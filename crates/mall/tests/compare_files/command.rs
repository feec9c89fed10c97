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

#[test]
fn with_csv_the_result_is_a_zip_and_called_so() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    fs::write(path("old.csv"), "id,value\nA1,1\nA2,2\n").unwrap();
    fs::write(path("new.csv"), "id,value\nA1,1\nA2,3\n").unwrap();
    let options = r#"{"output":{"csv":true,"lang":"en"}}"#;
    let run_to = |output: &str| {
        let (old, new) = (path("old.csv"), path("new.csv"));
        run(&[&old, &new, "--options", options, "-o", output])
    };
    let wrong = run_to(&path("result.xlsx"));
    assert_eq!(wrong.status.code(), Some(2), "{wrong:?}");
    let right = run_to(&path("result.zip"));
    assert_eq!(right.status.code(), Some(1), "{right:?}");
    let zip = fs::read(path("result.zip")).unwrap();
    let holds = |name: &str| zip.windows(name.len()).any(|part| part == name.as_bytes());
    assert!(holds("comparison.xlsx") && holds("02 Changed.csv"));
}

#[test]
fn a_command_speaks_of_no_server() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    fs::write(path("a.csv"), "id,value\nA1,1\n").unwrap();
    let failed = run(&[&path("a.csv"), &path("none.csv"), "-o", &path("r.xlsx")]);
    assert_eq!(failed.status.code(), Some(2));
    let said = String::from_utf8(failed.stderr).unwrap();
    assert!(said.contains("找不到文件"), "{said}");
    assert!(!said.contains("上传") && !said.contains("收费"), "{said}");
    let late = run(&[
        &path("a.csv"),
        &path("a.csv"),
        "-o",
        &path("r.xlsx"),
        "--time",
        "0",
    ]);
    let said = String::from_utf8(late.stderr).unwrap();
    assert!(!said.contains("收费"), "{said}");
}
