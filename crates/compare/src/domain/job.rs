use ids::UserId;
use money::Money;
use serde::{Deserialize, Serialize};

use super::{Ending, JobName, Price, Source, State, Work, Wrong};
use diff::{Failure, FailureCode, PairReport, Summary};

/// One comparison, from its submission until its files are gone.
#[derive(Debug, Clone, PartialEq)]
pub struct Job {
    /// 0: it has no row yet.
    pub id: i64,
    pub name: JobName,
    /// None: nobody's, whoever knows its name may have it.
    pub owner: Option<UserId>,
    pub request_key: Option<String>,
    pub sources: [Source; 2],
    /// `compare.options/1` as submitted.
    pub options: String,
    /// The fence: it grows with every claim.
    pub attempt: i32,
    pub state: State,
    /// None: it has no result.
    pub compared: Option<Compared>,
    /// None: nothing was paid.
    pub receipt: Option<Receipt>,
    pub created_at_ms: i64,
    pub updated_at_ms: i64,
    /// The last moment to pay, or to download.
    pub expires_at_ms: i64,
}

/// The result that counts.
#[derive(Debug, Clone, PartialEq)]
pub struct Compared {
    pub attempt: i32,
    pub counts: Counts,
    pub price: Price,
}

/// Rows of all pairs of sheets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Counts {
    pub added: u64,
    pub removed: u64,
    pub changed: u64,
    pub unchanged: u64,
    /// Of both sides, also counted above.
    pub keyless: u64,
    pub identical: bool,
}

/// Money that came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    pub payment_no: String,
    pub at_ms: i64,
}

impl Counts {
    pub fn of(summary: &Summary) -> Self {
        let mut counts = Self {
            identical: summary.identical,
            ..Self::default()
        };
        for pair in &summary.pairs {
            counts.add(pair);
        }
        counts
    }

    fn add(&mut self, pair: &PairReport) {
        self.added += pair.rows.added;
        self.removed += pair.rows.removed;
        self.changed += pair.rows.changed;
        self.unchanged += pair.rows.unchanged;
        self.keyless += pair.key.blank1 + pair.key.blank2;
    }
}

impl Job {
    /// When the sweeper has to look at it.
    pub fn due_at_ms(&self) -> Option<i64> {
        match &self.state {
            State::Processing(work) => Some(work.look_at_ms),
            State::AwaitingPayment {
                closing: Some((_, ask_at_ms)),
                ..
            } => Some(*ask_at_ms),
            State::AwaitingPayment { closing: None, .. } | State::Ready | State::Failed(_) => {
                Some(self.expires_at_ms)
            }
            State::Cancelled { .. } | State::Expired => None,
        }
    }

    /// Whether a failed one may be compared once more: its files are kept for that.
    pub fn is_retryable(&self) -> bool {
        matches!(&self.state, State::Failed(failure) if failure.code.is_retryable())
    }

    /// What is paid for it; none: nothing.
    pub fn amount(&self) -> Option<Money> {
        let price = self.compared.as_ref()?.price;
        Some(price.amount).filter(|amount| amount.is_positive())
    }

    /// A worker takes it. Its number is the fence from now on.
    pub fn claim(mut self, now_ms: i64, lease_ms: i64, tries_max: i32) -> Result<Self, Wrong> {
        let State::Processing(work) = self.state else {
            return Err(self.state.wrong());
        };
        if work.lease_until_ms > now_ms {
            return Err(Wrong::Taken);
        }
        if work.tries >= tries_max {
            return Err(Wrong::Exhausted);
        }
        let until_ms = now_ms + lease_ms;
        self.state = State::Processing(Work {
            tries: work.tries + 1,
            lease_until_ms: until_ms,
            look_at_ms: until_ms,
            progress: work.progress,
        });
        self.attempt += 1;
        Ok(self)
    }

    /// The claim's owner stops for reasons of its own: this try does not count.
    pub fn give_back(self, attempt: i32, look_at_ms: i64) -> Result<Self, Wrong> {
        let mut free = self.release(attempt, look_at_ms)?;
        if let State::Processing(work) = &mut free.state {
            work.tries = (work.tries - 1).max(0);
        }
        Ok(free)
    }

    /// The claim is over: it is announced again at `look_at_ms`.
    pub fn release(mut self, attempt: i32, look_at_ms: i64) -> Result<Self, Wrong> {
        let work = self.own_work(attempt)?;
        self.state = State::Processing(Work {
            lease_until_ms: 0,
            look_at_ms,
            ..work
        });
        Ok(self)
    }

    /// Its result is there. Free, or to be paid until `pay_until_ms`.
    pub fn finish(
        mut self,
        compared: Compared,
        pay_until_ms: i64,
        keep_until_ms: i64,
    ) -> Result<Self, Wrong> {
        self.own_work(compared.attempt)?;
        let is_free = !compared.price.amount.is_positive();
        self.compared = Some(compared);
        if is_free {
            self.state = State::Ready;
            self.expires_at_ms = keep_until_ms;
        } else {
            self.state = State::AwaitingPayment {
                opened: false,
                closing: None,
                code_url: None,
            };
            self.expires_at_ms = pay_until_ms;
        }
        Ok(self)
    }

    pub fn fail(mut self, attempt: i32, why: Failure, keep_until_ms: i64) -> Result<Self, Wrong> {
        self.own_work(attempt)?;
        self.state = State::Failed(why);
        self.expires_at_ms = keep_until_ms;
        Ok(self)
    }

    fn own_work(&self, attempt: i32) -> Result<Work, Wrong> {
        match &self.state {
            State::Processing(work) if self.attempt == attempt => Ok(work.clone()),
            State::Processing(_) => Err(Wrong::Taken),
            other => Err(other.wrong()),
        }
    }

    /// What failed is compared once more.
    pub fn retry(mut self, look_at_ms: i64) -> Result<Self, Wrong> {
        if !self.is_retryable() {
            return Err(self.state.wrong());
        }
        self.state = State::Processing(Work::new(look_at_ms));
        Ok(self)
    }

    /// A payment may exist from now on.
    pub fn open_payment(mut self, now_ms: i64) -> Result<Self, Wrong> {
        match self.state {
            State::AwaitingPayment {
                closing: None,
                code_url,
                ..
            } if now_ms < self.expires_at_ms => {
                self.state = State::AwaitingPayment {
                    opened: true,
                    closing: None,
                    code_url,
                };
                Ok(self)
            }
            State::AwaitingPayment { .. } => Err(Wrong::Closing),
            other => Err(other.wrong()),
        }
    }

    /// Its owner does not want it any more. Where a payment may exist, that is closed first.
    pub fn cancel(self, now_ms: i64, ask_at_ms: i64) -> Result<Self, Wrong> {
        match &self.state {
            State::Processing(_) | State::Failed(_) => Ok(self.end(Ending::Cancelled, now_ms)),
            State::AwaitingPayment { .. } => self.close(Ending::Cancelled, now_ms, ask_at_ms),
            State::Cancelled { .. } => Ok(self),
            State::Ready | State::Expired => Err(self.state.wrong()),
        }
    }

    /// Its time is over.
    pub fn lapse(self, now_ms: i64, ask_at_ms: i64) -> Result<Self, Wrong> {
        match &self.state {
            State::AwaitingPayment { .. } => self.close(Ending::Expired, now_ms, ask_at_ms),
            State::Ready | State::Failed(_) => Ok(self.end(Ending::Expired, now_ms)),
            State::Processing(_) | State::Cancelled { .. } | State::Expired => {
                Err(self.state.wrong())
            }
        }
    }

    /// The first wish stands: what was cancelled does not become expired, and one that expires is
    /// cancelled if its owner says so before payment has answered.
    fn close(mut self, ending: Ending, now_ms: i64, ask_at_ms: i64) -> Result<Self, Wrong> {
        let State::AwaitingPayment {
            opened, closing, ..
        } = self.state
        else {
            return Err(self.state.wrong());
        };
        if !opened {
            return Ok(self.end(ending, now_ms));
        }
        let ending = match closing {
            Some((Ending::Cancelled, _)) => Ending::Cancelled,
            Some((Ending::Expired, _)) | None => ending,
        };
        self.state = State::AwaitingPayment {
            opened,
            closing: Some((ending, ask_at_ms)),
            code_url: None,
        };
        Ok(self)
    }

    /// Payment says that nothing can be paid any more.
    pub fn payment_closed(self, now_ms: i64) -> Result<Self, Wrong> {
        match self.state {
            State::AwaitingPayment {
                closing: Some((ending, _)),
                ..
            } => Ok(self.end(ending, now_ms)),
            other => Err(other.wrong()),
        }
    }

    /// Payment says that money came in. Paid while it was being closed is paid.
    pub fn pay(mut self, receipt: Receipt, keep_until_ms: i64) -> Result<Self, Wrong> {
        match self.state {
            State::AwaitingPayment { .. } => {
                self.state = State::Ready;
                self.receipt = Some(receipt);
                self.expires_at_ms = keep_until_ms;
                Ok(self)
            }
            other => Err(other.wrong()),
        }
    }

    fn end(mut self, ending: Ending, now_ms: i64) -> Self {
        self.state = match ending {
            Ending::Cancelled => State::Cancelled { at_ms: now_ms },
            Ending::Expired => State::Expired,
        };
        self
    }
}

/// What a job says that was interrupted too often.
pub fn exhausted() -> Failure {
    Failure::new(FailureCode::ResourceLimit, "任务多次中断,未收费,可重试")
}

#[cfg(test)]
mod tests;
