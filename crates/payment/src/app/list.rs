use super::App;
use crate::{
    domain::{Payment, Refund},
    error::Error,
    store::{PaymentFilter, RefundFilter},
};

impl App {
    /// Newest first.
    pub(crate) async fn list_payments(
        &self,
        filter: &PaymentFilter,
    ) -> Result<Vec<Payment>, Error> {
        self.store.list_payments(filter).await
    }

    /// Newest first.
    pub(crate) async fn list_refunds(&self, filter: &RefundFilter) -> Result<Vec<Refund>, Error> {
        self.store.list_refunds(filter).await
    }
}
