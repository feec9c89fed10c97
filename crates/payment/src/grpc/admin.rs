use proto::payment::{
    ListPaymentsRequest, ListPaymentsResponse, ListRefundsRequest, ListRefundsResponse,
    RefundRequest, RefundView, ReportDayRequest, ReportDayResponse,
    payment_admin_server::PaymentAdmin as Server,
};
use tonic::{Request, Response, Status};

use super::{Grpc, amount, answer, limit, payment_no, views};
use crate::{
    app::RefundWish,
    error::Error,
    store::{PaymentFilter, RefundFilter},
};

#[tonic::async_trait]
impl Server for Grpc {
    async fn refund(
        &self,
        request: Request<RefundRequest>,
    ) -> Result<Response<RefundView>, Status> {
        answer(async {
            auth::require_admin(request.metadata())?;
            let message = request.into_inner();
            let wish = RefundWish {
                payment: payment_no(&message.payment_no)?,
                amount: match message.amount_fen {
                    0 => None,
                    fen => Some(amount(fen)?),
                },
                reason: message.reason,
                key: message.key,
            };
            self.app.refund(&wish).await.map(views::refund_view)
        })
        .await
    }

    async fn list_payments(
        &self,
        request: Request<ListPaymentsRequest>,
    ) -> Result<Response<ListPaymentsResponse>, Status> {
        answer(async {
            auth::require_admin(request.metadata())?;
            let message = request.into_inner();
            let filter = PaymentFilter {
                state: views::state_name(message.state()),
                user: message.user_id,
                about: message.about,
                before: before(&message.before)?,
                limit: limit(message.limit),
            };
            let payments = self.app.list_payments(&filter).await?;
            Ok(views::payments(payments, filter.limit))
        })
        .await
    }

    async fn list_refunds(
        &self,
        request: Request<ListRefundsRequest>,
    ) -> Result<Response<ListRefundsResponse>, Status> {
        answer(async {
            auth::require_admin(request.metadata())?;
            let message = request.into_inner();
            let filter = RefundFilter {
                state: views::refund_state_name(message.state()),
                payment: match message.payment_no.as_str() {
                    "" => 0,
                    no => payment_no(no)?.id().get(),
                },
                before: before(&message.before)?,
                limit: limit(message.limit),
            };
            let refunds = self.app.list_refunds(&filter).await?;
            Ok(views::refunds(refunds, filter.limit))
        })
        .await
    }

    async fn report_day(
        &self,
        request: Request<ReportDayRequest>,
    ) -> Result<Response<ReportDayResponse>, Status> {
        answer(async {
            auth::require_admin(request.metadata())?;
            let date = request.into_inner().date;
            let report = self.app.report_day(&date).await?;
            Ok(views::report(report))
        })
        .await
    }
}

/// Where the page before ended; empty: from the newest on.
fn before(text: &str) -> Result<i64, Error> {
    if text.is_empty() {
        return Ok(i64::MAX);
    }
    text.parse()
        .map_err(|_| Error::Parameter("before is not a cursor"))
}
