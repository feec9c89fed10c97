//! What the service can be asked to do: one verb, one file.

mod adjust;
mod audit;
mod capture;
mod check;
mod close;
mod create;
mod get;
mod get_refund;
mod hold;
mod journals;
mod list;
mod notify;
mod numbers;
mod pay_at_once;
mod prune_inbox;
mod record;
mod refund;
mod refund_due;
mod release;
mod report_day;
mod send_refunds;
mod subject_closing;
mod top_up;
mod transfer;
mod wallet;

use auth::Principal;
use clock::SharedClock;
use outbox::Wake;

pub(crate) use self::{
    audit::audit,
    get::Wanted,
    numbers::Numbers,
    refund::RefundWish,
    refund_due::{DueRefund, Taken},
    report_day::DayReport,
    subject_closing::ClosingSubject,
    wallet::Purse,
};
use crate::{
    compare::Compare,
    domain::{Bill, Payment, Refund, Subject},
    error::Error,
    ledger::{LedgerStore, Transfers},
    order::Order,
    provider::wechat::Wechat,
    purposes::Purpose,
    store::Store,
};

pub struct App {
    pub(crate) store: Store,
    pub(crate) numbers: Numbers,
    pub(crate) ledger: LedgerStore,
    pub(crate) transfers: Transfers,
    pub(crate) order: Order,
    pub(crate) compare: Compare,
    /// None: there is no contract with WeChat.
    pub(crate) wechat: Option<Wechat>,
    /// Whether anybody may pay without a payment company.
    pub(crate) mock: bool,
    pub(crate) clock: SharedClock,
    pub(crate) wake: Wake,
}

/// A payment as its owner sees it.
#[derive(Debug)]
pub(crate) struct View {
    pub payment: Payment,
    pub refund: Option<Refund>,
}

impl App {
    /// Asks the subject's owner, with the caller's own identity.
    async fn allow(
        &self,
        principal: Option<&Principal>,
        purpose: Purpose,
        subject: &Subject,
    ) -> Result<Bill, Error> {
        match purpose {
            Purpose::Order => {
                let principal = principal.ok_or(auth::AuthError::NotLoggedIn)?;
                self.order.allow_payment(principal, subject).await
            }
            Purpose::CompareJob => self.compare.allow_payment(principal, subject).await,
            // Opened by `top_up` only, which says the amount.
            Purpose::TopUp => Err(Error::Parameter("a top-up is opened by its own call")),
        }
    }

    fn wechat(&self) -> Result<&Wechat, Error> {
        self.wechat.as_ref().ok_or(Error::NoProvider)
    }

    async fn view(&self, payment: Payment) -> Result<View, Error> {
        let refund = match payment.state.receipt() {
            Some(_) => self.store.refund_of(payment.no).await?,
            None => None,
        };
        Ok(View { payment, refund })
    }
}

/// What is somebody else's is not there; administrators see everything.
fn owned(principal: &Principal, payment: &Payment) -> bool {
    principal.role == auth::Role::Admin || payment.user == Some(principal.user)
}

/// Names whoever claims rows: nobody else has it.
fn token() -> String {
    format!("{:032x}", rand::random::<u128>())
}
