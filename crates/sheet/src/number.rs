//! Numbers as they are compared and shown, and the texts that are numbers.

const POWERS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
];

/// The number as it is compared: whole numbers as the doubles they are; of others 16 significant
/// digits, because half of the writers write 17 and the other half 16 of the same double. No
/// negative zero.
pub fn canonical(value: f64) -> f64 {
    if value == 0.0 {
        return 0.0;
    }
    if !value.is_finite() || value.fract() == 0.0 || is_short(value) {
        return value;
    }
    format!("{value:.15e}").parse().unwrap_or(value)
}

/// Whether the number is its own canonical value.
pub fn is_canonical(value: f64) -> bool {
    is_same(canonical(value), value)
}

/// A decimal of at most nine places survives the way there and back.
fn is_short(value: f64) -> bool {
    let scaled = value * 1e9;
    scaled.abs() < 1e15 && is_same(scaled.round() / 1e9, value)
}

/// The number as Excel shows it: rounded to 15 significant digits, without a negative zero.
pub fn fifteen_digits(value: f64) -> f64 {
    if value == 0.0 {
        return 0.0;
    }
    if !value.is_finite() || (value.fract() == 0.0 && value.abs() < 1e15) {
        return value;
    }
    if is_short(value) {
        return value;
    }
    format!("{value:.14e}").parse().unwrap_or(value)
}

#[expect(clippy::float_cmp, reason = "the very same number is meant")]
fn is_same(one: f64, other: f64) -> bool {
    one == other
}

/// A number as a cell stores it: the value, and whether it is its own canonical value. `None`: not a number.
pub fn parse_decimal(text: &[u8]) -> Option<(f64, bool)> {
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
    value.is_finite().then(|| (value, is_canonical(value)))
}

/// The value of a text that is a plain decimal: no leading zero, no plus sign, commas only between
/// thousands, and no more digits than a double holds: of a whole number up to 2^53, of another 17.
pub fn parse_plain(text: &str) -> Option<f64> {
    let bytes = text.as_bytes();
    let digits = bytes.strip_prefix(b"-").unwrap_or(bytes);
    if digits.len() > 24 || !digits.first()?.is_ascii_digit() {
        return None;
    }
    let point = digits.iter().position(|&byte| byte == b'.');
    let (whole, fraction) = digits.split_at(point.unwrap_or(digits.len()));
    if (whole.len() > 1 && whole[0] == b'0') || fraction == b"." {
        return None;
    }
    if !whole.contains(&b',') {
        let plain = |bytes: &[u8]| bytes.iter().all(u8::is_ascii_digit);
        let places = fraction.strip_prefix(b".").unwrap_or(fraction);
        if !plain(whole) || !plain(places) || significant(whole, places) > 17 {
            return None;
        }
        let (value, _) = parse_decimal(bytes)?;
        let held = value.fract() != 0.0 || value.abs() <= WHOLE_MAX;
        return held.then(|| canonical(value));
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

/// Every whole number up to here is a double of its own.
pub const WHOLE_MAX: f64 = 9_007_199_254_740_992.0;

/// Digits from the first that is not zero to the last.
fn significant(whole: &[u8], places: &[u8]) -> usize {
    let digits = || whole.iter().chain(places);
    let leading = digits().take_while(|&&digit| digit == b'0').count();
    let trailing = places
        .iter()
        .rev()
        .take_while(|&&digit| digit == b'0')
        .count();
    (whole.len() + places.len()).saturating_sub(leading + trailing)
}

/// The value of a text as a spreadsheet writes a number into a text file, if there is only one
/// reading: `12.5%`, `1,234.50`, `(1,234.50)`, `¥1,234.50`, `1.20E+05`.
pub fn parse_written(text: &str) -> Option<f64> {
    let text = text.trim();
    if let Some(inner) = text
        .strip_prefix('(')
        .and_then(|rest| rest.strip_suffix(')'))
    {
        let value = parse_written(inner)?;
        return (value > 0.0).then_some(-value);
    }
    if let Some(share) = text.strip_suffix('%') {
        return Some(canonical(parse_plain(share.trim_end())? / 100.0));
    }
    let (minus, rest) = match text.strip_prefix('-') {
        Some(rest) => (-1.0, rest),
        None => (1.0, text),
    };
    if let Some(amount) = rest.strip_prefix(['¥', '￥', '$', '€', '£']) {
        return Some(minus * parse_plain(amount.trim_start())?);
    }
    if text.contains(['E', 'e']) && text.starts_with(|first: char| "-0123456789".contains(first)) {
        return parse_decimal(text.as_bytes()).map(|(value, _)| canonical(value));
    }
    parse_plain(text)
}

/// A number as text, the way a general cell shows it, but for whole numbers of 16 digits: they are
/// told from each other, so they are shown.
pub fn display(value: f64) -> String {
    if value.fract() == 0.0 && (1e15..=WHOLE_MAX).contains(&value.abs()) {
        return format!("{value}");
    }
    let value = fifteen_digits(value);
    if value == 0.0 || (1e-5..1e15).contains(&value.abs()) {
        format!("{value}")
    } else {
        format!("{value:e}")
    }
}
