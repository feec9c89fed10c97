//! What the service can be asked to do: one verb, one file.

mod check;
mod close;
mod create;
mod get;
mod get_refund;
mod mock_pay;
mod notify;
mod numbers;
mod prune_inbox;
mod record;
mod refund_due;
mod send_refunds;
mod subject_closing;

use auth::Principal;
use clock::SharedClock;
use outbox::Wake;

pub(crate) use self::{
    get::Wanted,
    numbers::Numbers,
    refund_due::{DueRefund, Taken},
    subject_closing::ClosingSubject,
};
use crate::{
    compare::Compare,
    domain::{Bill, Payment, Refund, Subject},
    error::Error,
    order::Order,
    provider::wechat::Wechat,
    purposes::Purpose,
    store::Store,
};

pub struct App {
    pub(crate) store: Store,
    pub(crate) numbers: Numbers,
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
            Purpose::TopUp => Err(Error::NotWired(purpose)),
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
