//! The order service, which allows payments.

use auth::Principal;
use ids::{OrderNo, UserId};
use money::Money;
use proto::order::{AllowPaymentRequest, order_client::OrderClient};

use crate::{domain::Bill, error::Error};

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
        no: OrderNo,
    ) -> Result<Bill, Error> {
        let message = AllowPaymentRequest {
            order_no: no.to_string(),
        };
        let request = auth::request(principal, message);
        let answer = self.client.clone().allow_payment(request).await;
        let answer = answer.map_err(rpc::PeerError::from)?.into_inner();
        let order = answer.order.ok_or(Error::OrderAnswer("no order"))?;
        if order.id != no.id().get() {
            return Err(Error::OrderAnswer("another order"));
        }
        let amount = Money::from_fen(order.total_fen)
            .ok()
            .filter(|amount| amount.is_positive())
            .ok_or(Error::OrderAnswer("no amount"))?;
        let user = UserId::try_from(order.user_id).map_err(|_| Error::OrderAnswer("no user"))?;
        Ok(Bill {
            user,
            amount,
            expires_at_ms: order.expires_at_ms,
        })
    }
}
