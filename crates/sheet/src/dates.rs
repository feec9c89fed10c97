//! Dates as Excel's serial numbers (days since 1899-12-30, times as fractions).

const DAY_MS: f64 = 86_400_000.0;

/// To the nearest millisecond.
pub fn to_millisecond(serial: f64) -> f64 {
    if serial.fract() == 0.0 || serial.abs() > 1e7 {
        return serial;
    }
    (serial * DAY_MS).round() / DAY_MS
}

/// Year-first dates only, with or without a time: 2024-05-06, 2024/5/6, 2024.5.6, 2024年5月6日,
/// 20240506. Day and month are never guessed.
pub fn parse_date(text: &str) -> Option<f64> {
    if text.len() < 8 || text.len() > 40 {
        return None;
    }
    let (year, rest) = digits(text, 4, 4)?;
    let separator = rest.chars().next()?;
    if separator.is_ascii_digit() {
        let (month, rest) = digits(rest, 2, 2)?;
        let (day, rest) = digits(rest, 2, 2)?;
        return rest.is_empty().then(|| serial(year, month, day)).flatten();
    }
    let (month, rest) = digits(&rest[separator.len_utf8()..], 1, 2)?;
    let rest = match separator {
        '-' | '/' | '.' => rest.strip_prefix(separator)?,
        '年' => rest.strip_prefix('月')?,
        _ => return None,
    };
    let (day, rest) = digits(rest, 1, 2)?;
    let rest = if separator == '年' {
        rest.strip_prefix('日')?
    } else {
        rest
    };
    let days = serial(year, month, day)?;
    if rest.is_empty() {
        return Some(days);
    }
    let rest = rest
        .strip_prefix(['T', ' '])
        .or(Some(rest).filter(|_| separator == '年'))?;
    Some(days + time(rest.trim_start())?)
}

/// A time of day or a duration in days: 13:45, 13:45:06.789, 36:00:00.
pub fn parse_time(text: &str) -> Option<f64> {
    let (hours, rest) = digits(text, 1, 5)?;
    let days = f64::from(hours / 24);
    Some(days + time(&format!("{:02}{rest}", hours % 24))?)
}

/// 13:45, 13:45:06, 13:45:06.789, a trailing Z ignored.
fn time(text: &str) -> Option<f64> {
    let (hour, rest) = digits(text, 1, 2)?;
    let (minute, rest) = digits(rest.strip_prefix(':')?, 2, 2)?;
    let mut milliseconds = f64::from(hour * 3600 + minute * 60) * 1000.0;
    let mut rest = rest;
    if let Some(seconds) = rest.strip_prefix(':') {
        let (second, after) = digits(seconds, 2, 2)?;
        milliseconds += f64::from(second) * 1000.0;
        rest = after;
        if second > 59 {
            return None;
        }
        if rest.starts_with('.') {
            let end = rest[1..]
                .find(|c: char| !c.is_ascii_digit())
                .map_or(rest.len(), |at| at + 1);
            milliseconds += format!("0{}", &rest[..end]).parse::<f64>().ok()? * 1000.0;
            rest = &rest[end..];
        }
    }
    let ends = rest.is_empty() || rest == "Z";
    (ends && hour < 24 && minute < 60).then_some(milliseconds / DAY_MS)
}

fn digits(text: &str, at_least: usize, at_most: usize) -> Option<(u32, &str)> {
    let count = text
        .bytes()
        .take(at_most)
        .take_while(u8::is_ascii_digit)
        .count();
    if count < at_least {
        return None;
    }
    let (number, rest) = text.split_at(count);
    Some((number.parse().ok()?, rest))
}

fn serial(year: u32, month: u32, day: u32) -> Option<f64> {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let length = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 => 28 + u32::from(leap),
        _ => return None,
    };
    if !(1900..=9999).contains(&year) || day == 0 || day > length {
        return None;
    }
    let days = days_from_civil(i64::from(year), i64::from(month), i64::from(day)) + 25_569;
    // Excel believes in 29 February 1900 and counts one day less before it.
    Some(if days < 61 { days - 1 } else { days } as f64)
}

/// Days since 1970-01-01 in the proleptic Gregorian calendar; years count from March.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// 2024-05-06, with the time when there is one.
pub fn date_text(serial: f64) -> String {
    if !(0.0..2_958_466.0).contains(&serial) {
        return crate::display(serial);
    }
    let milliseconds = (serial * DAY_MS).round() as i64;
    let (days, rest) = (
        milliseconds.div_euclid(86_400_000),
        milliseconds.rem_euclid(86_400_000),
    );
    let (hours, minutes) = (rest / 3_600_000, rest / 60_000 % 60);
    let seconds = rest as f64 % 60_000.0 / 1000.0;
    let clock = if seconds.fract() == 0.0 {
        format!("{hours:02}:{minutes:02}:{seconds:02}")
    } else {
        format!("{hours:02}:{minutes:02}:{seconds:06.3}")
    };
    if days == 0 {
        return clock;
    }
    let (year, month, day) = match days {
        60 => (1900, 2, 29),
        _ => civil_from_days(days - 25_569 + i64::from(days < 60)),
    };
    let date = format!("{year:04}-{month:02}-{day:02}");
    if rest == 0 {
        date
    } else {
        format!("{date} {clock}")
    }
}

fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}
