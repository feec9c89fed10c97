use auth::Principal;
use ids::UserId;
use proto::payment::{
    CaptureRequest, EntryView, GetBalanceRequest, HoldRequest, HoldView, ListEntriesRequest,
    ListEntriesResponse, PaymentView, ReleaseRequest, TopUpRequest, TransferRequest, TransferView,
    WalletView, wallet_server::Wallet as Server,
};
use tonic::{Request, Response, Status};

use super::{Grpc, amount, answer, channel, limit, views};
use crate::error::Error;

#[tonic::async_trait]
impl Server for Grpc {
    async fn get_balance(
        &self,
        request: Request<GetBalanceRequest>,
    ) -> Result<Response<WalletView>, Status> {
        answer(async {
            let principal = auth::require(request.metadata())?;
            let user = whose(&principal, request.get_ref().user_id)?;
            let purse = self.app.purse(user).await?;
            Ok(views::purse(&purse))
        })
        .await
    }

    async fn list_entries(
        &self,
        request: Request<ListEntriesRequest>,
    ) -> Result<Response<ListEntriesResponse>, Status> {
        answer(async {
            let principal = auth::require(request.metadata())?;
            let message = request.into_inner();
            let user = whose(&principal, message.user_id)?;
            let before = if message.before > 0 {
                message.before
            } else {
                i64::MAX
            };
            let limit = limit(message.limit);
            let entries = self.app.ledger.entries(user, before, limit).await?;
            // The first movement of an account is number 1.
            let next_before = entries
                .last()
                .map(|entry| entry.seq)
                .filter(|seq| entries.len() >= limit as usize && *seq > 1)
                .unwrap_or(0);
            let entries = entries.into_iter().map(|entry| EntryView {
                seq: entry.seq,
                kind: entry.kind,
                about: entry.about,
                memo: entry.memo,
                amount_fen: entry.amount_fen,
                balance_after_fen: entry.balance_fen,
                at_ms: entry.at_ms,
                journal_id: entry.journal_id,
            });
            Ok(ListEntriesResponse {
                entries: entries.collect(),
                next_before,
            })
        })
        .await
    }

    async fn top_up(
        &self,
        request: Request<TopUpRequest>,
    ) -> Result<Response<PaymentView>, Status> {
        answer(async {
            let principal = auth::require(request.metadata())?;
            let message = request.into_inner();
            let channel = channel(message.channel())?;
            let amount = amount(message.amount_fen)?;
            let view = self.app.top_up(&principal, amount, &message.key, channel);
            view.await.map(views::payment_view)
        })
        .await
    }

    async fn transfer(
        &self,
        request: Request<TransferRequest>,
    ) -> Result<Response<TransferView>, Status> {
        answer(async {
            let principal = auth::require(request.metadata())?;
            let message = request.into_inner();
            let to = user(message.to_user_id)?;
            let amount = amount(message.amount_fen)?;
            let repeated = self
                .app
                .transfer(principal.user, to, amount, &message.memo, &message.key)
                .await?;
            Ok(TransferView {
                from_user_id: principal.user.get(),
                to_user_id: to.get(),
                amount_fen: amount.fen(),
                repeated,
            })
        })
        .await
    }

    async fn hold(&self, request: Request<HoldRequest>) -> Result<Response<HoldView>, Status> {
        answer(async {
            let principal = auth::require(request.metadata())?;
            let message = request.into_inner();
            let amount = amount(message.amount_fen)?;
            self.app
                .hold(
                    principal.user,
                    &message.key,
                    amount,
                    (&message.api_call, &message.metadata),
                )
                .await
                .map(views::hold)
        })
        .await
    }

    async fn capture(
        &self,
        request: Request<CaptureRequest>,
    ) -> Result<Response<HoldView>, Status> {
        answer(async {
            let principal = auth::require(request.metadata())?;
            let message = request.into_inner();
            let wanted = match message.amount_fen {
                0 => None,
                fen => Some(amount(fen)?),
            };
            self.app
                .capture(principal.user, &message.key, wanted, &message.api_call)
                .await
                .map(views::hold)
        })
        .await
    }

    async fn release(
        &self,
        request: Request<ReleaseRequest>,
    ) -> Result<Response<HoldView>, Status> {
        answer(async {
            let principal = auth::require(request.metadata())?;
            let key = request.into_inner().key;
            let hold = self.app.release(principal.user, &key).await?;
            Ok(views::hold(hold))
        })
        .await
    }
}

pub(super) fn user(id: i64) -> Result<UserId, Error> {
    UserId::try_from(id).map_err(|_| Error::AccountNotFound(id))
}

/// 0: the caller's own. Another one's is not there, except for administrators.
fn whose(principal: &Principal, id: i64) -> Result<UserId, Error> {
    if id == 0 || id == principal.user.get() {
        return Ok(principal.user);
    }
    if principal.is_admin() {
        user(id)
    } else {
        Err(Error::AccountNotFound(id))
    }
}
