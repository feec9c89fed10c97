use chrono::{FixedOffset, NaiveDate, NaiveTime};

use super::App;
use crate::{error::Error, store::ReportLine};

const DAY_MS: i64 = 24 * 3_600_000;
/// Shanghai has no summer time.
const SHANGHAI_S: i32 = 8 * 3_600;

/// What one day moved, as the ledger has it.
#[derive(Debug)]
pub(crate) struct DayReport {
    pub date: String,
    pub lines: Vec<ReportLine>,
    /// What was sold.
    pub paid_fen: i64,
    /// What of sales was given back.
    pub refunded_fen: i64,
    pub fees_fen: i64,
    /// What users had at the end of the day, held money among it.
    pub wallets_fen: i64,
}

impl App {
    pub(crate) async fn report_day(&self, date: &str) -> Result<DayReport, Error> {
        let from_ms = day_start_ms(date)?;
        let until_ms = from_ms + DAY_MS;
        let lines = self.store.report_lines(from_ms, until_ms).await?;
        let sum = |kind: &str, account: &str| -> i64 {
            lines
                .iter()
                .filter(|line| line.kind == kind && line.account.starts_with(account))
                .map(|line| line.sum_fen)
                .sum()
        };
        Ok(DayReport {
            date: date.to_owned(),
            paid_fen: sum("payment", "sales:"),
            refunded_fen: -sum("refund", "sales:"),
            fees_fen: -sum("fee", "fees:"),
            wallets_fen: self.store.wallets_until(until_ms).await?,
            lines,
        })
    }
}

/// The first moment of a day of Shanghai.
pub(crate) fn day_start_ms(date: &str) -> Result<i64, Error> {
    let wrong = || Error::Parameter("the date is not yyyy-mm-dd");
    let day = NaiveDate::parse_from_str(date, "%Y-%m-%d").map_err(|_| wrong())?;
    let zone = FixedOffset::east_opt(SHANGHAI_S).ok_or_else(wrong)?;
    day.and_time(NaiveTime::MIN)
        .and_local_timezone(zone)
        .single()
        .map(|start| start.timestamp_millis())
        .ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_one_of_shanghai() {
        assert_eq!(day_start_ms("1970-01-02").unwrap(), 16 * 3_600_000);
        for wrong in ["", "2026-02-30", "20260101", "2026-1-1x"] {
            assert!(day_start_ms(wrong).is_err(), "{wrong}");
        }
    }
}
