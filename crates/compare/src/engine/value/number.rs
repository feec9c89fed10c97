//! Numbers to Excel's fifteen digits, and the texts that are numbers.

const POWERS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
];

/// The number Excel means: rounded to 15 significant digits, without a negative zero.
pub(crate) fn fifteen_digits(value: f64) -> f64 {
    if value == 0.0 {
        return 0.0;
    }
    if !value.is_finite() || (value.fract() == 0.0 && value.abs() < 1e15) {
        return value;
    }
    // A decimal of at most nine places survives the way there and back.
    let scaled = value * 1e9;
    if scaled.abs() < 1e15 {
        let rounded = scaled.round();
        if is_same(rounded / 1e9, value) {
            return value;
        }
    }
    format!("{value:.14e}").parse().unwrap_or(value)
}

/// Whether the number is its own canonical value.
pub(crate) fn is_fifteen_digits(value: f64) -> bool {
    is_same(fifteen_digits(value), value)
}

#[expect(clippy::float_cmp, reason = "the very same number is meant")]
fn is_same(one: f64, other: f64) -> bool {
    one == other
}

/// A number as a cell stores it: the value, and whether it has at most 15 digits and so is its own
/// canonical value. `None`: not a number.
pub(crate) fn parse_decimal(text: &[u8]) -> Option<(f64, bool)> {
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        _ => (false, text),
    };
    let mut mantissa = 0_u64;
    let mut seen = 0_usize;
    let mut places = None;
    for &byte in digits {
        match byte {
            b'0'..=b'9' => {
                seen += 1;
                if seen > 15 {
                    return parse_slow(text);
                }
                mantissa = mantissa * 10 + u64::from(byte - b'0');
                if let Some(places) = &mut places {
                    *places += 1;
                }
            }
            b'.' if places.is_none() => places = Some(0_usize),
            _ => return parse_slow(text),
        }
    }
    if seen == 0 {
        return None;
    }
    // Both operands are exact, so the quotient is the nearest double.
    let value = mantissa as f64 / POWERS[places.unwrap_or(0)];
    Some((if negative { -value } else { value }, true))
}

fn parse_slow(text: &[u8]) -> Option<(f64, bool)> {
    let text = std::str::from_utf8(text).ok()?.trim();
    // The standard parser also takes words.
    if text
        .bytes()
        .any(|byte| byte.is_ascii_alphabetic() && !matches!(byte, b'e' | b'E'))
    {
        return None;
    }
    let value: f64 = text.parse().ok()?;
    value.is_finite().then(|| (value, is_fifteen_digits(value)))
}

/// The value of a text that is a plain decimal: no leading zero, no plus sign, at most 15 digits,
/// commas only between thousands.
pub(crate) fn parse_plain(text: &str) -> Option<f64> {
    let bytes = text.as_bytes();
    let digits = bytes.strip_prefix(b"-").unwrap_or(bytes);
    if digits.len() > 20 || !digits.first()?.is_ascii_digit() {
        return None;
    }
    let point = digits.iter().position(|&byte| byte == b'.');
    let (whole, fraction) = digits.split_at(point.unwrap_or(digits.len()));
    if (whole.len() > 1 && whole[0] == b'0') || fraction == b"." {
        return None;
    }
    if !whole.contains(&b',') {
        let plain = |bytes: &[u8]| bytes.iter().all(u8::is_ascii_digit);
        let plain = plain(whole) && plain(fraction.strip_prefix(b".").unwrap_or(fraction));
        let value = plain.then(|| parse_decimal(bytes)).flatten();
        return value
            .filter(|(_, exact)| *exact)
            .map(|(value, _)| value + 0.0);
    }
    let mut groups = whole.split(|&byte| byte == b',');
    let first = groups.next()?;
    let grouped = (1..=3).contains(&first.len()) && groups.all(|group| group.len() == 3);
    if !grouped || fraction.contains(&b',') {
        return None;
    }
    let bare: String = text.chars().filter(|&character| character != ',').collect();
    parse_plain(&bare)
}

/// A number as text, the way a general cell shows it.
pub(crate) fn display(value: f64) -> String {
    let value = fifteen_digits(value);
    if value == 0.0 || (1e-5..1e15).contains(&value.abs()) {
        format!("{value}")
    } else {
        format!("{value:e}")
    }
}
