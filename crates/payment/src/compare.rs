//! The compare service, which allows payments of its jobs.

use auth::Principal;
use ids::UserId;
use money::Money;
use proto::compare::{AllowPaymentRequest, compare_client::CompareClient};
use tonic::Request;

use crate::{
    domain::{Bill, Subject},
    error::Error,
};

#[derive(Clone)]
pub(crate) struct Compare {
    client: CompareClient<rpc::Channel>,
}

impl Compare {
    pub(crate) fn new(config: &rpc::PeerConfig, fleet: &rpc::FleetConfig) -> Self {
        Self {
            client: CompareClient::new(rpc::peer(config, fleet)),
        }
    }

    /// What the result costs and until when, once the job's row allows a payment; its refusals pass
    /// through. Nobody may pay what nobody submitted.
    pub(crate) async fn allow_payment(
        &self,
        principal: Option<&Principal>,
        subject: &Subject,
    ) -> Result<Bill, Error> {
        let message = AllowPaymentRequest {
            job_id: subject.name.clone(),
        };
        let request = match principal {
            Some(principal) => auth::request(principal, message),
            None => Request::new(message),
        };
        let answer = self.client.clone().allow_payment(request).await;
        let bill = answer.map_err(rpc::PeerError::from)?.into_inner();
        if bill.job_id != subject.name {
            return Err(Error::OwnerAnswer("another job"));
        }
        let amount = Money::from_fen(bill.amount_fen)
            .ok()
            .filter(|amount| amount.is_positive())
            .ok_or(Error::OwnerAnswer("no amount"))?;
        let user = match bill.user_id {
            0 => None,
            id => Some(UserId::try_from(id).map_err(|_| Error::OwnerAnswer("no user"))?),
        };
        Ok(Bill {
            user,
            amount,
            expires_at_ms: bill.expires_at_ms,
        })
    }
}
