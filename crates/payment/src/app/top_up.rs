use auth::Principal;
use money::Money;

use super::{App, View};
use crate::{
    domain::{Bill, Channel, Subject},
    error::Error,
    purposes::Purpose,
};

/// How long a top-up can be paid.
const OPEN_MS: i64 = 15 * 60_000;
/// 50,000.00 at a time.
const TOP_UP_FEN_MAX: i64 = 5_000_000;

impl App {
    /// Opens a payment whose money becomes the caller's balance in the transaction that records it.
    /// The same key is the same payment.
    pub(crate) async fn top_up(
        &self,
        principal: &Principal,
        amount: Money,
        key: &str,
        channel: Channel,
    ) -> Result<View, Error> {
        if amount.fen() > TOP_UP_FEN_MAX {
            return Err(Error::AmountRange);
        }
        let subject = Subject::top_up_of(principal.user, key).ok_or(Error::Parameter(
            "the key of a top-up has 1 to 40 letters, digits, - and _",
        ))?;
        let known = self
            .store
            .payments_of(Purpose::TopUp, &subject.name)
            .await?;
        if known.iter().any(|payment| payment.amount != amount) {
            return Err(Error::KeyReused);
        }
        // A repeat of what is paid is not another payment.
        if let Some(paid) = known.into_iter().find(|p| p.state.receipt().is_some()) {
            return self.view(paid).await;
        }
        let bill = Bill {
            user: Some(principal.user),
            amount,
            expires_at_ms: self.clock.now_ms() + OPEN_MS,
        };
        match channel {
            Channel::WechatNative => self.open_at_wechat(Purpose::TopUp, subject, bill).await,
            Channel::Mock if self.mock => {
                self.pay_at_once(Purpose::TopUp, subject, bill, channel)
                    .await
            }
            Channel::Mock => Err(Error::NoProvider),
            Channel::Wallet | Channel::None => {
                Err(Error::Parameter("a balance is topped up from outside"))
            }
        }
    }
}
