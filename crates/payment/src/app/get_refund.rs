use auth::Principal;
use ids::RefundNo;

use super::App;
use crate::{domain::Refund, error::Error};

impl App {
    pub(crate) async fn get_refund(
        &self,
        principal: &Principal,
        no: RefundNo,
    ) -> Result<Refund, Error> {
        let not_found = || Error::NotFound(no.to_string());
        let refund = self.store.refund(no).await?.ok_or_else(not_found)?;
        self.owned_payment(principal, refund.payment_no)
            .await
            .map_err(|error| match error {
                Error::NotFound(_) => not_found(),
                other => other,
            })?;
        Ok(refund)
    }
}
