//! What the service can be asked to do: one verb, one file.

mod check;
mod close;
mod create;
mod get;
mod get_refund;
mod mock_pay;
mod notify;
mod numbers;
mod order_closing;
mod prune_inbox;
mod record;
mod refund_due;
mod send_refunds;

use auth::Principal;
use clock::SharedClock;
use ids::OrderNo;
use outbox::Wake;

pub(crate) use self::{
    get::Wanted,
    numbers::Numbers,
    order_closing::ClosingOrder,
    refund_due::{DueRefund, Taken},
};
use crate::{
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
    /// The subject by its public name; only orders can be paid for.
    pub(crate) fn subject(purpose: Purpose, name: &str) -> Result<(Subject, OrderNo), Error> {
        match purpose {
            Purpose::Order => {
                let no: OrderNo = name
                    .parse()
                    .map_err(|_| Error::Parameter("the order number is not one"))?;
                Ok((Subject::order(no), no))
            }
            Purpose::CompareJob | Purpose::TopUp => Err(Error::NotWired(purpose)),
        }
    }

    /// Asks the subject's owner, with the caller's own identity.
    async fn allow(&self, principal: &Principal, no: OrderNo) -> Result<Bill, Error> {
        self.order.allow_payment(principal, no).await
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
    principal.role == auth::Role::Admin || principal.user == payment.user
}

/// Names whoever claims rows: nobody else has it.
fn token() -> String {
    format!("{:032x}", rand::random::<u128>())
}
