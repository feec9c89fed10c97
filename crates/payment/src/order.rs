//! The order service, which allows payments.

use auth::Principal;
use ids::UserId;
use money::Money;
use proto::order::{AllowPaymentRequest, order_client::OrderClient};

use crate::{
    domain::{Bill, Subject},
    error::Error,
};

#[derive(Clone)]
pub(crate) struct Order {
    client: OrderClient<rpc::Channel>,
}

impl Order {
    pub(crate) fn new(config: &rpc::PeerConfig, fleet: &rpc::FleetConfig) -> Self {
        Self {
            client: OrderClient::new(rpc::peer(config, fleet)),
        }
    }

    /// What the order costs and until when, once its row allows a payment; its refusals pass
    /// through.
    pub(crate) async fn allow_payment(
        &self,
        principal: &Principal,
        subject: &Subject,
    ) -> Result<Bill, Error> {
        let message = AllowPaymentRequest {
            order_no: subject.name.clone(),
        };
        let request = auth::request(principal, message);
        let answer = self.client.clone().allow_payment(request).await;
        let answer = answer.map_err(rpc::PeerError::from)?.into_inner();
        let order = answer.order.ok_or(Error::OwnerAnswer("no order"))?;
        if order.id != subject.id {
            return Err(Error::OwnerAnswer("another order"));
        }
        let amount = Money::from_fen(order.total_fen)
            .ok()
            .filter(|amount| amount.is_positive())
            .ok_or(Error::OwnerAnswer("no amount"))?;
        let user = UserId::try_from(order.user_id).map_err(|_| Error::OwnerAnswer("no user"))?;
        let user = Some(user);
        Ok(Bill {
            user,
            amount,
            expires_at_ms: order.expires_at_ms,
        })
    }
}
