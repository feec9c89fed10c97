//! The payment service, which opens a job's payment.

use std::time::Duration;

use auth::Principal;
use proto::payment::{Channel, CreateRequest, PaymentView, Purpose, payment_client::PaymentClient};
use tonic::Request;

use crate::domain::JobName;

/// Whoever looks at a job is not kept waiting for a code: the next look finds it.
const LOOK_MAX: Duration = Duration::from_secs(3);

#[derive(Clone)]
pub(crate) struct Payment {
    client: PaymentClient<rpc::Channel>,
}

impl Payment {
    pub(crate) fn new(config: &rpc::PeerConfig, fleet: &rpc::FleetConfig) -> Self {
        Self {
            client: PaymentClient::new(rpc::peer(config, fleet)),
        }
    }

    /// Opens the job's payment, or answers with the one that is open.
    pub(crate) async fn open(
        &self,
        caller: Option<&Principal>,
        job: &JobName,
    ) -> Result<PaymentView, rpc::PeerError> {
        let message = CreateRequest {
            purpose: Purpose::CompareJob.into(),
            subject: job.to_string(),
            channel: Channel::WechatNative.into(),
        };
        let mut request = match caller {
            Some(caller) => auth::request(caller, message),
            None => Request::new(message),
        };
        request.set_timeout(LOOK_MAX);
        let opened = self.client.clone().create(request).await?;
        Ok(opened.into_inner())
    }
}
