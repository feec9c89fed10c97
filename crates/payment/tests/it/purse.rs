//! The wallet's calls, as one user makes them.

use auth::{Principal, Role};
use proto::payment::{
    AdjustRequest, CaptureRequest, Channel, GetBalanceRequest, HoldRequest, HoldView,
    ListEntriesRequest, ListEntriesResponse, PaymentView, RefundRequest, RefundView,
    ReleaseRequest, TopUpRequest, TransferRequest, TransferView, VerifyRequest, VerifyResponse,
    WalletView, ledger_client::LedgerClient, payment_admin_client::PaymentAdminClient,
    wallet_client::WalletClient,
};
use tonic::{Response, Status};

use crate::support::{Shop, principal};

#[derive(Clone)]
pub(crate) struct Purses {
    wallet: WalletClient<rpc::Channel>,
    ledger: LedgerClient<rpc::Channel>,
    admin: PaymentAdminClient<rpc::Channel>,
}

impl Shop {
    pub(crate) fn purses(&self) -> Purses {
        Purses::at(&format!("http://{}", self.at), &self.config.fleet)
    }
}

pub(crate) fn admin() -> Principal {
    Principal {
        role: Role::Admin,
        ..principal(1)
    }
}

impl Purses {
    pub(crate) fn at(url: &str, fleet: &rpc::FleetConfig) -> Self {
        let peer = rpc::PeerConfig {
            url: url.to_owned(),
            timeout_ms: 20_000,
        };
        let channel = || rpc::peer(&peer, fleet);
        Self {
            wallet: WalletClient::new(channel()),
            ledger: LedgerClient::new(channel()),
            admin: PaymentAdminClient::new(channel()),
        }
    }

    pub(crate) async fn balance(&self, user: i64) -> WalletView {
        let request = auth::request(&principal(user), GetBalanceRequest::default());
        self.wallet
            .clone()
            .get_balance(request)
            .await
            .unwrap()
            .into_inner()
    }

    pub(crate) async fn available(&self, user: i64) -> i64 {
        self.balance(user).await.available_fen
    }

    pub(crate) async fn entries(&self, user: i64, before: i64, limit: u32) -> ListEntriesResponse {
        let message = ListEntriesRequest {
            before,
            limit,
            user_id: 0,
        };
        let request = auth::request(&principal(user), message);
        self.wallet
            .clone()
            .list_entries(request)
            .await
            .unwrap()
            .into_inner()
    }

    pub(crate) async fn transfer(
        &self,
        from: i64,
        to: i64,
        amount_fen: i64,
        key: &str,
    ) -> Result<TransferView, Status> {
        let message = TransferRequest {
            to_user_id: to,
            amount_fen,
            memo: "谢谢".into(),
            key: key.into(),
        };
        let request = auth::request(&principal(from), message);
        self.wallet
            .clone()
            .transfer(request)
            .await
            .map(Response::into_inner)
    }

    pub(crate) async fn hold(
        &self,
        user: i64,
        amount_fen: i64,
        key: &str,
    ) -> Result<HoldView, Status> {
        let message = HoldRequest {
            key: key.into(),
            amount_fen,
            api_call: "POST /v1/call".into(),
            metadata: "{}".into(),
        };
        let request = auth::request(&principal(user), message);
        self.wallet
            .clone()
            .hold(request)
            .await
            .map(Response::into_inner)
    }

    pub(crate) async fn capture(
        &self,
        user: i64,
        amount_fen: i64,
        key: &str,
    ) -> Result<HoldView, Status> {
        let message = CaptureRequest {
            key: key.into(),
            amount_fen,
            api_call: "POST /v1/call".into(),
        };
        let request = auth::request(&principal(user), message);
        self.wallet
            .clone()
            .capture(request)
            .await
            .map(Response::into_inner)
    }

    pub(crate) async fn release(&self, user: i64, key: &str) -> Result<HoldView, Status> {
        let request = auth::request(&principal(user), ReleaseRequest { key: key.into() });
        self.wallet
            .clone()
            .release(request)
            .await
            .map(Response::into_inner)
    }

    pub(crate) async fn top_up(
        &self,
        user: i64,
        amount_fen: i64,
        key: &str,
        channel: Channel,
    ) -> Result<PaymentView, Status> {
        let message = TopUpRequest {
            amount_fen,
            key: key.into(),
            channel: channel.into(),
        };
        let request = auth::request(&principal(user), message);
        self.wallet
            .clone()
            .top_up(request)
            .await
            .map(Response::into_inner)
    }

    /// What an administrator gives or takes.
    pub(crate) async fn adjust(
        &self,
        user: i64,
        amount_fen: i64,
        key: &str,
    ) -> Result<i64, Status> {
        let message = AdjustRequest {
            user_id: user,
            amount_fen,
            reason: "a gift".into(),
            key: key.into(),
        };
        let request = auth::request(&admin(), message);
        let answer = self.ledger.clone().adjust(request).await?.into_inner();
        Ok(answer.wallet.unwrap().available_fen)
    }

    pub(crate) async fn refund(
        &self,
        payment_no: &str,
        amount_fen: i64,
        key: &str,
    ) -> Result<RefundView, Status> {
        let message = RefundRequest {
            payment_no: payment_no.into(),
            amount_fen,
            reason: "协商退款".into(),
            key: key.into(),
        };
        let request = auth::request(&admin(), message);
        self.admin
            .clone()
            .refund(request)
            .await
            .map(Response::into_inner)
    }

    pub(crate) async fn verify(&self) -> VerifyResponse {
        let request = auth::request(&admin(), VerifyRequest {});
        self.ledger
            .clone()
            .verify(request)
            .await
            .unwrap()
            .into_inner()
    }

    /// The books are right.
    pub(crate) async fn are_exact(&self) {
        let report = self.verify().await;
        assert_eq!(report.differences, 0, "{report:#?}");
    }
}
