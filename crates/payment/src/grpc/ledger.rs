use proto::payment::{
    AdjustRequest, AdjustResponse, JournalView, ListJournalsRequest, ListJournalsResponse,
    TrialBalanceRequest, TrialBalanceResponse, VerifyRequest, VerifyResponse,
    ledger_server::Ledger as Server, trial_balance_response::Line, verify_response::Finding,
};
use tonic::{Request, Response, Status};

use super::{Grpc, answer, limit, views, wallet::user};
use crate::app;

#[tonic::async_trait]
impl Server for Grpc {
    async fn adjust(
        &self,
        request: Request<AdjustRequest>,
    ) -> Result<Response<AdjustResponse>, Status> {
        answer(async {
            let admin = auth::require_admin(request.metadata())?;
            let message = request.into_inner();
            let user = user(message.user_id)?;
            let (purse, repeated) = self
                .app
                .adjust(
                    &admin,
                    user,
                    message.amount_fen,
                    (&message.reason, &message.key),
                )
                .await?;
            Ok(AdjustResponse {
                wallet: Some(views::purse(&purse)),
                repeated,
            })
        })
        .await
    }

    async fn trial_balance(
        &self,
        request: Request<TrialBalanceRequest>,
    ) -> Result<Response<TrialBalanceResponse>, Status> {
        answer(async {
            auth::require_admin(request.metadata())?;
            let totals = self.app.ledger.totals().await?;
            Ok(TrialBalanceResponse {
                sum_fen: totals.iter().map(|total| total.balance_fen).sum(),
                lines: totals
                    .into_iter()
                    .map(|total| Line {
                        kind: total.account.kind.name().to_owned(),
                        owner: total.account.owner,
                        balance_fen: total.balance_fen,
                    })
                    .collect(),
            })
        })
        .await
    }

    async fn list_journals(
        &self,
        request: Request<ListJournalsRequest>,
    ) -> Result<Response<ListJournalsResponse>, Status> {
        answer(async {
            auth::require_admin(request.metadata())?;
            let message = request.into_inner();
            let before = if message.before > 0 {
                message.before
            } else {
                i64::MAX
            };
            let limit = limit(message.limit);
            let journals = self
                .app
                .ledger
                .journals(&message.about, before, limit)
                .await?;
            let next_before = journals
                .last()
                .map(|journal| journal.id)
                .filter(|_| journals.len() >= limit as usize)
                .unwrap_or(0);
            let journals = journals.into_iter().map(|journal| JournalView {
                id: journal.id,
                key: journal.idempotency_key,
                kind: journal.kind,
                about: journal.about,
                memo: journal.memo,
                movement: journal.movement,
                at_ms: journal.at_ms,
            });
            Ok(ListJournalsResponse {
                journals: journals.collect(),
                next_before,
            })
        })
        .await
    }

    async fn verify(
        &self,
        request: Request<VerifyRequest>,
    ) -> Result<Response<VerifyResponse>, Status> {
        answer(async {
            auth::require_admin(request.metadata())?;
            let report = app::audit(&self.app.store).await?;
            let findings = report.findings.into_iter().map(|finding| Finding {
                about: finding.about,
                what: finding.what,
            });
            Ok(VerifyResponse {
                accounts: report.accounts,
                journals: report.journals,
                payments: report.payments,
                refunds: report.refunds,
                differences: report.differences,
                findings: findings.collect(),
            })
        })
        .await
    }
}
