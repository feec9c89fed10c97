//! The options of a comparison: `compare.options/1` in the field `options`, or the fields that
//! stand for the commonest of them.

use fault::Reason;
use serde_json::{Map, Value, json};

use crate::{refusal::Refusal, upload::Fields};

const SHORT: [&str; 6] = [
    "key_columns",
    "sheet1",
    "sheet2",
    "header_row",
    "ignore_columns",
    "case_sensitive",
];

/// `compare.options/1` as JSON; empty: the defaults. What the names mean is compare's to judge.
pub(super) fn of(fields: &Fields) -> Result<String, Refusal> {
    let field = |name: &str| {
        fields
            .get(name)
            .map(|text| text.trim())
            .filter(|t| !t.is_empty())
    };
    let used: Vec<_> = SHORT
        .into_iter()
        .filter(|name| field(name).is_some())
        .collect();
    match (field("options"), used.first()) {
        (Some(_), Some(short)) => Err(refused(format!("options 与 {short} 不能同时使用"))),
        (Some(options), None) => Ok(options.to_owned()),
        (None, None) => Ok(String::new()),
        (None, Some(_)) => short(field).map(|options| options.to_string()),
    }
}

fn short<'a>(field: impl Fn(&str) -> Option<&'a str>) -> Result<Value, Refusal> {
    let mut options = Map::new();
    if let Some(names) = field("key_columns") {
        let key = json!({"mode": "columns", "columns": names_of(names)?});
        options.insert("key".into(), key);
    }
    if let Some(names) = field("ignore_columns") {
        options.insert("columns".into(), json!({"ignore": names_of(names)?}));
    }
    match (field("sheet1"), field("sheet2")) {
        (None, None) => {}
        (Some(one), Some(two)) => {
            let pair = json!({"sheet1": one, "sheet2": two});
            options.insert("sheets".into(), json!({"match": "pairs", "pairs": [pair]}));
        }
        (Some(_), None) | (None, Some(_)) => {
            return Err(refused("sheet1 与 sheet2 须同时给出".into()));
        }
    }
    match field("header_row").map(str::parse::<u32>) {
        None => {}
        Some(Ok(0)) => {
            options.insert("header".into(), json!({"mode": "none"}));
        }
        Some(Ok(row)) => {
            let header = json!({"mode": "row", "row1": row, "row2": row});
            options.insert("header".into(), header);
        }
        Some(Err(_)) => return Err(refused("header_row 须为数字".into())),
    }
    match field("case_sensitive") {
        None | Some("true" | "1") => {}
        Some("false" | "0") => {
            options.insert("values".into(), json!({"case": "ignore"}));
        }
        Some(_) => return Err(refused("case_sensitive 须为 true 或 false".into())),
    }
    Ok(Value::Object(options))
}

/// A JSON list, or names with commas between them.
fn names_of(text: &str) -> Result<Vec<String>, Refusal> {
    if text.starts_with('[') {
        return serde_json::from_str(text).map_err(|_| refused("列名须为JSON数组".into()));
    }
    let names = text.split([',', ',']).map(str::trim);
    Ok(names
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect())
}

fn refused(message: String) -> Refusal {
    Refusal::new(Reason::OptionInvalid, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(fields: &[(&str, &str)]) -> Result<Value, Refusal> {
        let fields = fields
            .iter()
            .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()))
            .collect();
        of(&fields).map(|text| serde_json::from_str(&text).unwrap_or(Value::Null))
    }

    #[test]
    fn short_fields_stand_for_options() {
        assert_eq!(made(&[]), Ok(Value::Null));
        assert_eq!(
            made(&[("options", "{\"a\":1}"), ("sheet1", " ")]),
            Ok(json!({"a": 1}))
        );
        let all = [
            ("key_columns", "编号, 月份"),
            ("ignore_columns", "[\"更新,时间\"]"),
            ("sheet1", "旧"),
            ("sheet2", "新"),
            ("header_row", "2"),
            ("case_sensitive", "false"),
        ];
        let options = json!({
            "key": {"mode": "columns", "columns": ["编号", "月份"]},
            "columns": {"ignore": ["更新,时间"]},
            "sheets": {"match": "pairs", "pairs": [{"sheet1": "旧", "sheet2": "新"}]},
            "header": {"mode": "row", "row1": 2, "row2": 2},
            "values": {"case": "ignore"},
        });
        assert_eq!(made(&all), Ok(options));
        assert_eq!(
            made(&[("header_row", "0")]),
            Ok(json!({"header": {"mode": "none"}}))
        );
    }

    #[test]
    fn contradictions_are_refused() {
        for wrong in [
            &[("options", "{}"), ("sheet1", "a")][..],
            &[("sheet1", "a")],
            &[("header_row", "first")],
            &[("case_sensitive", "maybe")],
            &[("key_columns", "[1]")],
        ] {
            assert_eq!(
                made(wrong).unwrap_err().reason,
                Reason::OptionInvalid,
                "{wrong:?}"
            );
        }
    }
}
