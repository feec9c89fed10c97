use super::*;

fn parse(json: &str) -> Options {
    Options::from_json(json).unwrap()
}

#[test]
fn the_defaults_are_valid_and_come_back_from_json() {
    let options = Options::default();
    options.validate().unwrap();
    let json = serde_json::to_string(&options).unwrap();
    assert_eq!(parse(&json), options);
    assert_eq!(parse("{}"), options);
}

#[test]
fn unknown_names_are_refused() {
    for json in [
        r#"{"tolerence":1}"#,
        r#"{"values":{"abs_tolerance":1}}"#,
        r#"{"mode":"fuzzy"}"#,
        r#"{"output":{"lang":"fr"}}"#,
        "[]",
        r#"{"values":["v1"]}"#,
        r#"{"values":{"per_column":{"数量":[1,0]}}}"#,
    ] {
        assert!(Options::from_json(json).is_err(), "{json}");
    }
}

#[test]
fn what_is_not_done_is_refused() {
    for json in [
        r#"{"header":{"levels":4}}"#,
        r#"{"output":{"notes_with_old_value":true,"layout":"log_only"}}"#,
        r#"{"header":{"levels":2,"mode":"none"}}"#,
        r#"{"header":{"mode":"row","row1":1}}"#,
        r#"{"key":{"mode":"columns"}}"#,
        r#"{"values":{"abs_tol":-1}}"#,
    ] {
        let failure = parse(json).validate().unwrap_err();
        assert_eq!(failure.code, crate::FailureCode::OptionInvalid, "{json}");
    }
}
