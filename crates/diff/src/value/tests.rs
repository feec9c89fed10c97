#![expect(clippy::float_cmp, reason = "the very same numbers are meant")]

use proptest::prelude::*;

use sheet::{date_text, fifteen_digits, parse_decimal};

use super::*;
use crate::Values;

fn profile() -> Profile {
    Profile::new(&Values::default())
}

fn same(left: &str, right: &str) -> bool {
    profile().text(left) == profile().text(right)
}

#[test]
fn what_does_not_show_does_not_count() {
    assert!(same(" 北京 ", "北京"));
    assert!(same("a\u{200B}b", "ab"));
    assert!(same("ＡＢＣ１２３", "ABC123"));
    assert!(same("北京\u{3000}", "北京"));
    assert!(same("line\r\nbreak", "line\nbreak"));
    assert!(same("e\u{301}", "é"));
    assert!(!same("①", "1"));
    assert!(!same("㎡", "m2"));
    assert!(!same("ABC", "abc"));
    assert!(!same("a b", "ab"));
    assert_eq!(profile().text(" \u{3000}\t"), Canon::Blank);
}

#[test]
fn plain_decimals_are_numbers_and_codes_are_not() {
    for text in ["1", "1.0", "１", " 1 "] {
        assert_eq!(profile().text(text), Canon::Number(1.0), "{text}");
    }
    assert_eq!(profile().text("1,000"), Canon::Number(1000.0));
    assert_eq!(profile().text("-12,345.60"), Canon::Number(-12345.6));
    for text in [
        "001",
        "+1",
        "1,00",
        "1.",
        ".5",
        "1e3",
        "1,0000",
        "12345678901234567",
        "0.123456789012345678",
        "12,34",
    ] {
        assert!(matches!(profile().text(text), Canon::Text(_)), "{text}");
    }
}

#[test]
fn numbers_are_the_doubles_they_are_to_sixteen_digits() {
    let profile = profile();
    assert_ne!(
        profile.number(1_405_202_108_700_589.0, false),
        profile.number(1_405_202_108_700_588.0, false)
    );
    assert_eq!(
        profile.text("1405202108700589"),
        Canon::Number(1_405_202_108_700_589.0)
    );
    assert_eq!(
        profile.number(0.121_869_343_405_147_48, false),
        profile.number(0.121_869_343_405_147_5, false)
    );
    assert_eq!(profile.number(0.1 + 0.2, false), profile.number(0.3, false));
    assert_ne!(
        profile.number(0.1, false),
        profile.number(0.100_000_000_000_1, false)
    );
    assert_eq!(profile.number(-0.0, false).to_bits(), 0);
    assert_eq!(
        fifteen_digits(123_456_789_012_345_678.0),
        123_456_789_012_346_000.0
    );
}

#[test]
fn dates_are_year_first() {
    let may = 45_418.0;
    for text in [
        "2024-05-06",
        "2024/5/6",
        "2024年5月6日",
        "20240506",
        "2024.05.06",
    ] {
        assert_eq!(parse_date(text), Some(may), "{text}");
    }
    assert_eq!(parse_date("2024-05-06 12:00"), Some(may + 0.5));
    assert_eq!(parse_date("2024-05-06T12:00:00Z"), Some(may + 0.5));
    for text in [
        "05/06/2024",
        "2024-13-01",
        "2024-02-30",
        "2024-5",
        "20240532",
        "2024-05-06x",
    ] {
        assert_eq!(parse_date(text), None, "{text}");
    }
    assert_eq!(date_text(may), "2024-05-06");
    assert_eq!(date_text(may + 0.5), "2024-05-06 12:00:00");
    assert_eq!(parse_date("1900-01-01"), Some(1.0));
    assert_eq!(parse_date("1900-03-01"), Some(61.0));
}

#[test]
fn the_parts_of_a_key_do_not_run_together() {
    let seed = Seed::random();
    let digest = |text: &'static str| seed.digest(&Canon::Text(text.into()));
    let key = |a, b| seed.join(seed.join(0, digest(a)), digest(b));
    assert_ne!(key("a", "bc"), key("ab", "c"));
    assert_ne!(key("a", "b"), key("b", "a"));
    assert_ne!(seed.share(digest("a"), 1, 0), seed.share(digest("a"), 2, 0));
    assert_ne!(
        seed.digest(&Canon::Text("1".into())),
        seed.digest(&Canon::Number(1.0))
    );
}

proptest! {
    #[test]
    fn the_canonical_text_is_its_own_canonical_text(raw in "\\PC{0,12}|[ 　Ａａ１\\r\\n\u{200B}e\u{301}]{0,8}") {
        let profile = profile();
        if let Canon::Text(first) = profile.text(&raw) {
            prop_assert_eq!(profile.text(&first), Canon::Text(first.clone()));
        }
    }

    #[test]
    fn rounding_twice_is_rounding_once(value in any::<f64>()) {
        for round in [canonical, fifteen_digits] {
            let once = round(value);
            prop_assert!(once.is_nan() || round(once) == once);
        }
    }

    #[test]
    fn the_fast_parser_agrees_with_the_standard_one(text in "-?[0-9]{1,12}(\\.[0-9]{1,9})?(e-?[0-9]{1,2})?") {
        let (value, exact) = parse_decimal(text.as_bytes()).unwrap();
        prop_assert_eq!(value, text.parse::<f64>().unwrap());
        if exact {
            prop_assert_eq!(canonical(value), value);
        }
    }

    #[test]
    fn a_date_comes_back_from_its_text(days in 1_u32..2_958_465) {
        prop_assume!(days != 60);
        prop_assert_eq!(parse_date(&date_text(f64::from(days))), Some(f64::from(days)));
    }

    #[test]
    fn different_numbers_have_different_digests(left in any::<i32>(), right in any::<i32>()) {
        let seed = Seed::random();
        prop_assert_eq!(
            seed.number(f64::from(left)) == seed.number(f64::from(right)),
            left == right
        );
    }
}
