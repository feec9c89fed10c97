use db::Retryable;
use fault::{Fault, Reason};
use ids::{PaymentNo, RefundNo};

use crate::{domain::NotMoved, ledger::NotAJournal, provider::Failure, store::CorruptRow};

#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("the database refused a statement")]
    Statement(#[from] sqlx::Error),
    #[error("the database did something else")]
    Database(#[from] db::Error),
    #[error("a row is corrupt")]
    Corrupt(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error(transparent)]
    Caller(#[from] auth::AuthError),
    #[error("the owner of what is paid for did not allow a payment")]
    Owner(#[from] rpc::PeerError),
    #[error("the answer of what is paid for makes no sense: {0}")]
    OwnerAnswer(&'static str),
    #[error("payment {0} is not there, or not the caller's")]
    NotFound(String),
    #[error("{0}")]
    Parameter(&'static str),
    #[error("no payment company is configured for this channel")]
    NoProvider,
    #[error("{0} is no longer payable")]
    Closed(String),
    #[error("{0} is paid")]
    Paid(String),
    #[error("payment {no} could not be opened")]
    NotOpened {
        no: PaymentNo,
        #[source]
        source: Failure,
    },
    #[error("payment {0} is being opened by somebody else")]
    BeingOpened(PaymentNo),
    #[error("payment {0} is still being closed")]
    StillClosing(PaymentNo),
    #[error("payment {0} cannot be closed: it is paid")]
    CloseOfPaid(PaymentNo),
    #[error("what became of payment {no} is not known")]
    NotKnown {
        no: PaymentNo,
        #[source]
        source: Failure,
    },
    #[error("what became of refund {no} is not known")]
    RefundNotKnown {
        no: RefundNo,
        #[source]
        source: Failure,
    },
    #[error("the notification is not the company's")]
    Forged(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error("the notification cannot be opened with our API v3 key")]
    Undecryptable(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error("the notification is signed and makes no sense")]
    Unreadable(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error("the movement was not made")]
    Movement(Reason),
    #[error("a movement is not one")]
    NotAJournal(#[from] NotAJournal),
    #[error("another transaction has just used the key, or opened the account")]
    KeyRace,
    #[error("the ledger: {0}")]
    Ledger(&'static str),
    #[error("the balance is too small")]
    BalanceTooLittle,
    #[error("account {0} is not there")]
    AccountNotFound(i64),
    #[error("both accounts are the same")]
    SameAccount,
    #[error("the amount is out of range")]
    AmountRange,
    #[error("the key belongs to another request")]
    KeyReused,
    #[error("hold {0} is not there")]
    HoldNotFound(String),
    #[error("hold {0} is settled")]
    HoldSettled(String),
    #[error("payment {0} is not paid")]
    NotPaid(PaymentNo),
    #[error("the refund is above what is left of the payment")]
    RefundAboveRest,
    #[error("a rule was broken")]
    NotMoved(#[from] NotMoved),
    #[cfg_attr(
        not(feature = "failpoints"),
        expect(dead_code, reason = "only tests stop here")
    )]
    #[error("a test stopped here: {0}")]
    FailPoint(&'static str),
}

impl From<CorruptRow> for Error {
    fn from(row: CorruptRow) -> Self {
        Self::Corrupt(Box::new(row))
    }
}

impl Retryable for Error {
    fn sqlx(&self) -> Option<&sqlx::Error> {
        match self {
            Self::Statement(error) => Some(error),
            Self::Database(error) => error.sqlx(),
            // The rest says what happened in our own words; none of it is cured by another try.
            _ => None,
        }
    }
}

impl Error {
    /// Whether it passes by itself when an engine or a company is back.
    pub(crate) fn is_outage(&self) -> bool {
        matches!(self.reason(), Reason::Unavailable)
    }
}

impl Fault for Error {
    fn reason(&self) -> Reason {
        match self {
            Self::Statement(error) => db::reason(error),
            Self::Database(error) => error.reason(),
            Self::Caller(error) => error.reason(),
            Self::Owner(error) => error.reason(),
            Self::NotFound(_) => Reason::PaymentNotFound,
            Self::Parameter(_) | Self::Unreadable(_) => Reason::PaymentParameter,
            Self::NoProvider => Reason::NoPaymentMethod,
            Self::Closed(_) => Reason::PaymentClosed,
            Self::Paid(_) => Reason::OrderPaid,
            Self::NotOpened { .. } | Self::BeingOpened(_) | Self::StillClosing(_) => {
                Reason::PaymentCreateFailed
            }
            Self::CloseOfPaid(_) => Reason::PaymentCloseFailed,
            Self::NotKnown { .. } | Self::RefundNotKnown { .. } => Reason::PaymentQueryFailed,
            Self::Forged(_) => Reason::SignatureWrong,
            Self::Movement(reason) => *reason,
            Self::KeyRace => Reason::Unavailable,
            Self::NotAJournal(_) | Self::AmountRange => Reason::AmountRange,
            Self::BalanceTooLittle => Reason::BalanceTooLittle,
            Self::AccountNotFound(_) => Reason::AccountNotFound,
            Self::SameAccount => Reason::SameAccount,
            Self::KeyReused => Reason::IdempotencyKeyReused,
            Self::HoldNotFound(_) => Reason::HoldNotFound,
            Self::HoldSettled(_) => Reason::HoldSettled,
            Self::RefundAboveRest => Reason::RefundAboveRest,
            Self::NotPaid(_) => Reason::RefundFailed,
            Self::Corrupt(_)
            | Self::Ledger(_)
            | Self::OwnerAnswer(_)
            | Self::Undecryptable(_)
            | Self::NotMoved(_)
            | Self::FailPoint(_) => Reason::Internal,
        }
    }

    fn public_message(&self) -> String {
        match self {
            Self::Caller(error) => error.public_message(),
            Self::Owner(error) => error.public_message(),
            other => other.reason().message().to_owned(),
        }
    }

    fn retry_after_s(&self) -> Option<u32> {
        /// About as long as the company takes to answer a repeat.
        const PROVIDER_S: u32 = 2;
        match self {
            Self::Caller(error) => error.retry_after_s(),
            Self::Owner(error) => error.retry_after_s(),
            Self::NotOpened { .. }
            | Self::BeingOpened(_)
            | Self::StillClosing(_)
            | Self::NotKnown { .. }
            | Self::RefundNotKnown { .. } => Some(PROVIDER_S),
            Self::Statement(_) | Self::Database(_) => {
                (self.reason() == Reason::Unavailable).then_some(1)
            }
            _ => None,
        }
    }
}
