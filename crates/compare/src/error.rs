use diff::Failure;
use fault::{Fault, Reason};

use crate::{
    domain::{JobName, Wrong},
    store::Corrupt,
};

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Db(#[from] db::Error),
    #[error(transparent)]
    Corrupt(#[from] Corrupt),
    #[error("the object store")]
    Blob(#[source] blob::Error),
    #[error(transparent)]
    Auth(#[from] auth::AuthError),
    /// Also somebody else's.
    #[error("job {0} is not there for this caller")]
    NoJob(String),
    #[error("job {job} cannot be cancelled")]
    NotCancellable {
        job: JobName,
        #[source]
        why: Wrong,
    },
    #[error("job {job} cannot be tried again")]
    NotRetryable {
        job: JobName,
        #[source]
        why: Wrong,
    },
    #[error("job {job} cannot be paid")]
    NotPayable {
        job: JobName,
        #[source]
        why: Wrong,
    },
    #[error("job {job} has no result to hand out")]
    NoResult {
        job: JobName,
        #[source]
        why: Wrong,
    },
    #[error("whether job {0} was paid is not known yet")]
    StillClosing(JobName),
    #[error("the key was used for another comparison")]
    KeyReused,
    /// The upload's sender broke off.
    #[error("the upload broke off: {0}")]
    BrokenOff(String),
    /// Gateway's and ours to get right: a stranger's form never looks like this.
    #[error("the parts of the upload are out of order: {0}")]
    Disorder(&'static str),
    #[error("file {0} is missing")]
    FileMissing(usize),
    #[error("file {0} is empty")]
    FileEmpty(usize),
    #[error("more than {bytes_max} bytes")]
    TooLarge { bytes_max: u64 },
    #[error("the options cannot be taken")]
    Options(#[source] Failure),
    #[error("the upload took too long")]
    GivenUp,
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        Self::Db(error.into())
    }
}

impl From<blob::Error> for Error {
    fn from(error: blob::Error) -> Self {
        match error {
            blob::Error::TooLarge { bytes_max } => Self::TooLarge { bytes_max },
            other => Self::Blob(other),
        }
    }
}

impl db::Retryable for Error {
    fn sqlx(&self) -> Option<&sqlx::Error> {
        match self {
            Self::Db(error) => error.sqlx(),
            // The rest is no statement's fault; another try changes nothing.
            _ => None,
        }
    }
}

impl Error {
    /// An engine is away: whoever can wait should, instead of giving up a message.
    pub fn is_away(&self) -> bool {
        self.reason() == Reason::Unavailable
    }
}

impl Fault for Error {
    fn reason(&self) -> Reason {
        match self {
            Self::Db(error) => error.reason(),
            Self::Blob(error) => match error.reason() {
                Reason::NotFound => Reason::LinkExpired,
                other => other,
            },
            Self::Auth(error) => error.reason(),
            Self::NoJob(_) => Reason::JobNotFound,
            Self::NotCancellable { .. } => Reason::JobNotCancellable,
            Self::NotPayable {
                why: Wrong::Closing,
                ..
            } => Reason::PaymentClosed,
            Self::NotPayable {
                why: Wrong::Finished,
                ..
            } => Reason::OrderPaid,
            Self::NotPayable { why, .. } | Self::NoResult { why, .. } => no_result(*why),
            Self::NotRetryable { why, .. } => match why {
                Wrong::Failed => Reason::CompareFailed,
                other => no_retry(*other),
            },
            Self::StillClosing(_) | Self::GivenUp => Reason::Unavailable,
            Self::KeyReused => Reason::IdempotencyKeyReused,
            Self::BrokenOff(_) | Self::FileMissing(_) => Reason::UploadForm,
            Self::FileEmpty(_) => Reason::FileEmpty,
            Self::TooLarge { .. } => Reason::UploadTooLarge,
            Self::Options(_) => Reason::OptionInvalid,
            Self::Corrupt(_) | Self::Disorder(_) => Reason::Internal,
        }
    }

    fn public_message(&self) -> String {
        const MIB: u64 = 1 << 20;
        match self {
            Self::FileMissing(slot) => format!("请上传文件1和文件2(缺少文件{slot})"),
            Self::FileEmpty(slot) => format!("文件{slot}为空(0字节)"),
            Self::TooLarge { bytes_max } if *bytes_max >= MIB => {
                format!("两个文件合计超过上限{}MB,请删除图片或拆分", bytes_max / MIB)
            }
            Self::TooLarge { bytes_max } => format!("两个文件合计超过上限{bytes_max}字节"),
            Self::Options(failure) => failure.message.clone(),
            Self::StillClosing(_) => "支付正在关闭,请稍后重试".to_owned(),
            other => other.reason().message().to_owned(),
        }
    }

    fn retry_after_s(&self) -> Option<u32> {
        /// About as long as the payment company takes to answer.
        const CLOSING_S: u32 = 2;
        match self {
            Self::StillClosing(_) => Some(CLOSING_S),
            Self::Db(error) => error.retry_after_s(),
            other => (other.reason() == Reason::Unavailable).then_some(1),
        }
    }
}

/// Why there is nothing to hand out, or nothing to pay.
const fn no_result(why: Wrong) -> Reason {
    match why {
        Wrong::Processing | Wrong::Taken => Reason::JobNotReady,
        Wrong::Unpaid | Wrong::Closing | Wrong::Finished => Reason::JobUnpaid,
        Wrong::Failed | Wrong::Exhausted => Reason::CompareFailed,
        Wrong::Cancelled => Reason::JobCancelled,
        Wrong::Expired => Reason::LinkExpired,
    }
}

const fn no_retry(why: Wrong) -> Reason {
    match why {
        Wrong::Cancelled => Reason::JobCancelled,
        Wrong::Expired => Reason::LinkExpired,
        Wrong::Processing
        | Wrong::Unpaid
        | Wrong::Closing
        | Wrong::Finished
        | Wrong::Failed
        | Wrong::Taken
        | Wrong::Exhausted => Reason::Conflict,
    }
}
