use auth::Principal;
use ids::UserId;

use super::{
    App, Purse,
    wallet::{key, moved},
};
use crate::{
    error::Error,
    ledger::{Account, Journal},
};

impl App {
    /// Corrects a user's balance, once under the administrator's key. The balance stays at 0 or
    /// above.
    pub(crate) async fn adjust(
        &self,
        admin: &Principal,
        user: UserId,
        amount_fen: i64,
        (reason, request_key): (&str, &str),
    ) -> Result<(Purse, bool), Error> {
        if reason.trim().is_empty() {
            return Err(Error::Parameter("an adjustment has a reason"));
        }
        let admin = admin.user;
        let journal = Journal::between(
            "adjustment",
            format!("adjust/{admin}/{}", key(request_key)?),
            format!("admin {admin}"),
            (Account::adjustment(), Account::user(user)),
            amount_fen,
        )?
        .memo(reason);
        let repeated = self.transfers.post(journal).await.and_then(moved)?;
        Ok((self.purse(user).await?, repeated))
    }
}
