//! What several answers share.

use chrono::SecondsFormat;
use money::Money;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::refusal::Refusal;

/// Unix milliseconds as RFC 3339 in the shop's time zone.
pub(crate) fn rfc3339(ms: i64) -> String {
    clock::in_shanghai(clock::from_ms(ms)).to_rfc3339_opts(SecondsFormat::Millis, false)
}

/// The same, absent when 0.
pub(crate) fn rfc3339_some(ms: i64) -> Option<String> {
    (ms > 0).then(|| rfc3339(ms))
}

/// Gomall's form: `2026-11-21 10:00:00`, in the shop's time zone.
pub(crate) fn local_time(ms: i64) -> String {
    clock::in_shanghai(clock::from_ms(ms))
        .format("%Y-%m-%d %H:%M:%S")
        .to_string()
}

/// Fen from a service; one that is out of range shows as 0 rather than as nonsense.
pub(crate) fn yuan(fen: i64) -> Money {
    Money::from_fen(fen).unwrap_or_default()
}

/// `2026-11-21T10:00:00+08:00` → Unix milliseconds.
pub(crate) fn parse_time(text: &str) -> Result<i64, Refusal> {
    chrono::DateTime::parse_from_rfc3339(text)
        .map(|at| at.timestamp_millis())
        .map_err(|_| Refusal::bad(format!("{text} is not an RFC 3339 time")))
}

/// `page` and `page_size`, as text: what is no number, or out of range, becomes the default.
#[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
pub(crate) struct Paging {
    page: Option<String>,
    page_size: Option<String>,
}

const PAGE_SIZE_MAX: u32 = 100;

impl Paging {
    pub(crate) fn of(&self, size_default: u32) -> (u32, u32) {
        let number =
            |text: &Option<String>| text.as_ref().and_then(|text| text.parse::<u32>().ok());
        let page = number(&self.page).filter(|page| *page > 0).unwrap_or(1);
        let size = number(&self.page_size).filter(|size| (1..=PAGE_SIZE_MAX).contains(size));
        (page, size.unwrap_or(size_default))
    }
}

/// A page of the canonical API.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Page<T> {
    pub(crate) items: Vec<T>,
    pub(crate) page: u32,
    pub(crate) page_size: u32,
    pub(crate) total: i64,
    pub(crate) total_page: i64,
}

impl<T> Page<T> {
    pub(crate) fn new(items: Vec<T>, (page, page_size): (u32, u32), total: i64) -> Self {
        Self {
            items,
            page,
            page_size,
            total,
            total_page: pages(total, page_size),
        }
    }
}

pub(crate) fn pages(total: i64, page_size: u32) -> i64 {
    let size = i64::from(page_size.max(1));
    (total + size - 1) / size
}
