//! A job as columns, and back.

use diff::{Failure, FailureCode, Progress, Stage};
use ids::UserId;
use money::Money;

use super::Corrupt;
use crate::domain::{
    CodeUrl, Compared, Ending, Job, JobName, Price, Receipt, Rule, Source, State, Work,
};

pub(super) struct Row {
    pub(super) id: i64,
    pub(super) name: String,
    pub(super) user_id: i64,
    pub(super) request_key: Option<String>,
    pub(super) file1_name: String,
    pub(super) file1_bytes: i64,
    pub(super) file1_sha256: String,
    pub(super) file2_name: String,
    pub(super) file2_bytes: i64,
    pub(super) file2_sha256: String,
    pub(super) options: String,
    pub(super) state: String,
    pub(super) attempt: i32,
    pub(super) tries: i32,
    pub(super) lease_until_ms: i64,
    pub(super) stage: String,
    pub(super) percent: i32,
    pub(super) rows_read: i64,
    pub(super) failure_code: String,
    pub(super) failure_message: String,
    pub(super) result_attempt: i32,
    pub(super) counts: Option<String>,
    pub(super) amount_fen: i64,
    pub(super) price_rule: String,
    pub(super) pay_opened: bool,
    pub(super) closing: String,
    pub(super) payment_no: String,
    pub(super) code_url: String,
    pub(super) code_url_at_ms: i64,
    pub(super) paid_at_ms: i64,
    pub(super) cancelled_at_ms: i64,
    pub(super) created_at_ms: i64,
    pub(super) updated_at_ms: i64,
    pub(super) expires_at_ms: i64,
    pub(super) due_at_ms: Option<i64>,
}

impl TryFrom<Row> for Job {
    type Error = Corrupt;

    fn try_from(row: Row) -> Result<Self, Corrupt> {
        let corrupt = |what, value: &str| Corrupt {
            table: "jobs",
            id: row.id,
            what,
            value: value.to_owned(),
        };
        let name: JobName = row.name.parse().map_err(|_| corrupt("name", &row.name))?;
        let owner = match row.user_id {
            0 => None,
            id => Some(UserId::try_from(id).map_err(|_| corrupt("user_id", &id.to_string()))?),
        };
        let state = state(&row).ok_or_else(|| corrupt("state", &row.state))?;
        let compared = compared(&row).map_err(|what| corrupt(what, &row.price_rule))?;
        let receipt = (row.paid_at_ms > 0).then(|| Receipt {
            payment_no: row.payment_no.clone(),
            at_ms: row.paid_at_ms,
        });
        Ok(Self {
            id: row.id,
            name,
            owner,
            request_key: row.request_key,
            sources: [
                Source {
                    name: row.file1_name,
                    bytes: row.file1_bytes,
                    sha256: row.file1_sha256,
                },
                Source {
                    name: row.file2_name,
                    bytes: row.file2_bytes,
                    sha256: row.file2_sha256,
                },
            ],
            options: row.options,
            attempt: row.attempt,
            state,
            compared,
            receipt,
            created_at_ms: row.created_at_ms,
            updated_at_ms: row.updated_at_ms,
            expires_at_ms: row.expires_at_ms,
        })
    }
}

fn state(row: &Row) -> Option<State> {
    Some(match row.state.as_str() {
        "processing" => State::Processing(Work {
            tries: row.tries,
            lease_until_ms: row.lease_until_ms,
            look_at_ms: row.due_at_ms?,
            progress: Progress {
                stage: stage(&row.stage)?,
                percent: u8::try_from(row.percent).ok()?,
                rows: u64::try_from(row.rows_read).ok()?,
            },
        }),
        "awaiting_payment" => State::AwaitingPayment {
            opened: row.pay_opened,
            closing: match row.closing.as_str() {
                "" => None,
                name => Some((Ending::from_name(name)?, row.due_at_ms?)),
            },
            code_url: (!row.code_url.is_empty()).then(|| CodeUrl {
                text: row.code_url.clone(),
                at_ms: row.code_url_at_ms,
                payment_no: row.payment_no.clone(),
            }),
        },
        "ready" => State::Ready,
        "failed" => State::Failed(Failure::new(
            failure_code(&row.failure_code)?,
            row.failure_message.as_str(),
        )),
        "cancelled" => State::Cancelled {
            at_ms: row.cancelled_at_ms,
        },
        "expired" => State::Expired,
        _ => return None,
    })
}

fn compared(row: &Row) -> Result<Option<Compared>, &'static str> {
    let Some(counts) = &row.counts else {
        return Ok(None);
    };
    let counts = serde_json::from_str(counts).map_err(|_| "counts")?;
    Ok(Some(Compared {
        attempt: row.result_attempt,
        counts,
        price: Price {
            amount: Money::from_fen(row.amount_fen).map_err(|_| "amount_fen")?,
            rule: Rule::from_name(&row.price_rule).ok_or("price_rule")?,
        },
    }))
}

pub(super) const fn stage_name(stage: Stage) -> &'static str {
    match stage {
        Stage::Preflight => "preflight",
        Stage::Parse => "parse",
        Stage::Join => "join",
        Stage::Write => "write",
    }
}

fn stage(name: &str) -> Option<Stage> {
    [Stage::Preflight, Stage::Parse, Stage::Join, Stage::Write]
        .into_iter()
        .find(|stage| stage_name(*stage) == name)
}

fn failure_code(name: &str) -> Option<FailureCode> {
    serde_json::from_value(name.into()).ok()
}

/// What a job is as columns; those that other states use are empty.
#[derive(Debug, Default)]
pub(super) struct Flat<'a> {
    pub(super) tries: i32,
    pub(super) lease_until_ms: i64,
    pub(super) stage: &'static str,
    pub(super) percent: i32,
    pub(super) rows_read: i64,
    pub(super) failure_code: &'static str,
    pub(super) failure_message: String,
    pub(super) result_attempt: i32,
    pub(super) counts: Option<String>,
    pub(super) amount_fen: i64,
    pub(super) price_rule: &'static str,
    pub(super) pay_opened: bool,
    pub(super) closing: &'static str,
    pub(super) code_url: &'a str,
    pub(super) code_url_at_ms: i64,
    pub(super) paid_at_ms: i64,
    pub(super) cancelled_at_ms: i64,
}

impl<'a> Flat<'a> {
    pub(super) fn of(job: &'a Job) -> Self {
        let mut flat = Self {
            paid_at_ms: job.receipt.as_ref().map_or(0, |receipt| receipt.at_ms),
            ..Self::default()
        };
        if let Some(compared) = &job.compared {
            flat.result_attempt = compared.attempt;
            flat.counts = serde_json::to_string(&compared.counts).ok();
            flat.amount_fen = compared.price.amount.fen();
            flat.price_rule = compared.price.rule.name();
        }
        flat.set_state(&job.state);
        flat
    }

    fn set_state(&mut self, state: &'a State) {
        /// As wide as the column.
        const MESSAGE_CHARS_MAX: usize = 1024;
        match state {
            State::Processing(work) => {
                self.tries = work.tries;
                self.lease_until_ms = work.lease_until_ms;
                self.stage = stage_name(work.progress.stage);
                self.percent = work.progress.percent.into();
                self.rows_read = i64::try_from(work.progress.rows).unwrap_or(i64::MAX);
            }
            State::AwaitingPayment {
                opened,
                closing,
                code_url,
            } => {
                self.pay_opened = *opened;
                self.closing = closing.map_or("", |(ending, _)| ending.name());
                if let Some(code_url) = code_url {
                    (self.code_url, self.code_url_at_ms) = (&code_url.text, code_url.at_ms);
                }
            }
            State::Failed(failure) => {
                self.failure_code = failure.code.name();
                self.failure_message = failure.message.chars().take(MESSAGE_CHARS_MAX).collect();
            }
            State::Cancelled { at_ms } => self.cancelled_at_ms = *at_ms,
            State::Ready | State::Expired => {}
        }
    }
}
