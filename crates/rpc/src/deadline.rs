//! How long a call may take: on the wire, and handed down to the calls that it makes itself.

use std::time::Duration;

use http::{HeaderMap, HeaderValue};
use tokio::time::Instant;

const HEADER: &str = "grpc-timeout";

tokio::task_local! {
    /// When the call that this task answers has to be answered.
    static DEADLINE: Instant;
}

/// Runs a handler, so that its own calls end when it has to.
pub(crate) fn scope<F: Future>(deadline: Instant, handler: F) -> impl Future<Output = F::Output> {
    DEADLINE.scope(deadline, handler)
}

/// When the call that is being answered here has to be answered.
pub(crate) fn inherited() -> Option<Instant> {
    DEADLINE.try_with(|deadline| *deadline).ok()
}

/// Up to eight digits and a unit.
pub(crate) fn read(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(HEADER)?.to_str().ok()?;
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let amount: u64 = digits.parse().ok()?;
    Some(match unit {
        "H" => Duration::from_secs(amount.saturating_mul(3_600)),
        "M" => Duration::from_secs(amount.saturating_mul(60)),
        "S" => Duration::from_secs(amount),
        "m" => Duration::from_millis(amount),
        "u" => Duration::from_micros(amount),
        "n" => Duration::from_nanos(amount),
        _ => return None,
    })
}

pub(crate) fn write(headers: &mut HeaderMap, limit: Duration) {
    const DIGITS_END: u128 = 100_000_000;
    let text = if limit.as_micros() < DIGITS_END {
        format!("{}u", limit.as_micros())
    } else if limit.as_millis() < DIGITS_END {
        format!("{}m", limit.as_millis())
    } else {
        format!("{}S", limit.as_secs().min(99_999_999))
    };
    if let Ok(value) = HeaderValue::try_from(text) {
        headers.insert(HEADER, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        for limit in [
            Duration::from_micros(7),
            Duration::from_millis(300),
            Duration::from_secs(30),
            Duration::from_secs(3_600),
            Duration::from_secs(1_000_000),
        ] {
            let mut headers = HeaderMap::new();
            write(&mut headers, limit);
            assert_eq!(read(&headers), Some(limit));
            assert!(headers[HEADER].len() <= 9, "{:?}", headers[HEADER]);
        }
    }

    #[test]
    fn nonsense_is_no_deadline() {
        for text in ["", "u", "5", "5x", "-5m"] {
            let mut headers = HeaderMap::new();
            headers.insert(HEADER, HeaderValue::from_str(text).unwrap());
            assert_eq!(read(&headers), None, "{text}");
        }
    }
}
