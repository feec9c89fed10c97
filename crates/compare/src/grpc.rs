//! One function per RPC: decode, one verb, encode.

mod encode;

use std::sync::Arc;

use auth::Principal;
use futures_util::StreamExt;
use proto::compare::{
    self as wire, AllowPaymentRequest, Bill, CancelRequest, ExportRequest, ExportResponse,
    GetRequest, JobView, ListRequest, ListResponse, PreviewRequest, PreviewResponse, RetryRequest,
    SubmitRequest, SubmitResponse, compare_server::Compare, submit_request::Part,
};
use tonic::{Request, Response, Status, Streaming};

use crate::{
    app::App,
    domain::{JobName, Upload},
    error::Error,
};

pub(crate) struct Grpc {
    pub app: Arc<App>,
}

#[tonic::async_trait]
impl Compare for Grpc {
    async fn submit(
        &self,
        request: Request<Streaming<SubmitRequest>>,
    ) -> Result<Response<SubmitResponse>, Status> {
        answer(async {
            let caller = caller(&request)?;
            let parts = request.into_inner().map(|part| match part {
                Ok(part) => upload(part),
                Err(status) => Err(Error::BrokenOff(status.message().to_owned())),
            });
            let submitted = Box::pin(self.app.submit(caller.as_ref(), parts)).await?;
            Ok(SubmitResponse {
                job: Some(encode::job(&submitted.job)),
                repeated: submitted.repeated,
            })
        })
        .await
    }

    async fn get(&self, request: Request<GetRequest>) -> Result<Response<JobView>, Status> {
        answer(async {
            let caller = caller(&request)?;
            let GetRequest { job_id, payable } = request.into_inner();
            let job = self
                .app
                .get(caller.as_ref(), &name(&job_id)?, payable)
                .await?;
            Ok(encode::job(&job))
        })
        .await
    }

    async fn list(&self, request: Request<ListRequest>) -> Result<Response<ListResponse>, Status> {
        answer(async {
            let caller = auth::require(request.metadata())?;
            let message = request.into_inner();
            let state = state(message.state());
            let (page, page_size) = (message.page, message.page_size);
            let found = self.app.list(&caller, state, page, page_size).await?;
            Ok(ListResponse {
                jobs: found.jobs.iter().map(encode::job).collect(),
                total: found.total,
            })
        })
        .await
    }

    async fn preview(
        &self,
        request: Request<PreviewRequest>,
    ) -> Result<Response<PreviewResponse>, Status> {
        answer(async {
            let caller = caller(&request)?;
            let name = name(&request.into_inner().job_id)?;
            let (job, report) = self.app.preview(caller.as_ref(), &name).await?;
            Ok(PreviewResponse {
                job: Some(encode::job(&job)),
                summary: report.summary,
                preview: report.preview,
            })
        })
        .await
    }

    async fn export(
        &self,
        request: Request<ExportRequest>,
    ) -> Result<Response<ExportResponse>, Status> {
        answer(async {
            let caller = caller(&request)?;
            let name = name(&request.into_inner().job_id)?;
            let link = self.app.export(caller.as_ref(), &name).await?;
            Ok(ExportResponse {
                url: link.url,
                file_name: link.file_name.to_owned(),
                expires_in_s: i32::try_from(link.expires_in_s).unwrap_or(i32::MAX),
            })
        })
        .await
    }

    async fn cancel(&self, request: Request<CancelRequest>) -> Result<Response<JobView>, Status> {
        answer(async {
            let caller = caller(&request)?;
            let name = name(&request.into_inner().job_id)?;
            let job = self.app.cancel(caller.as_ref(), &name).await?;
            Ok(encode::job(&job))
        })
        .await
    }

    async fn retry(&self, request: Request<RetryRequest>) -> Result<Response<JobView>, Status> {
        answer(async {
            let caller = caller(&request)?;
            let name = name(&request.into_inner().job_id)?;
            let job = self.app.retry(caller.as_ref(), &name).await?;
            Ok(encode::job(&job))
        })
        .await
    }

    async fn allow_payment(
        &self,
        request: Request<AllowPaymentRequest>,
    ) -> Result<Response<Bill>, Status> {
        answer(async {
            let caller = caller(&request)?;
            let name = name(&request.into_inner().job_id)?;
            let job = self.app.allow_payment(caller.as_ref(), &name).await?;
            Ok(encode::bill(&job))
        })
        .await
    }
}

async fn answer<T>(verb: impl Future<Output = Result<T, Error>>) -> Result<Response<T>, Status> {
    verb.await
        .map(Response::new)
        .map_err(|error| rpc::status(&error))
}

/// Nobody is somebody too.
fn caller<T>(request: &Request<T>) -> Result<Option<Principal>, Error> {
    Principal::read(request.metadata()).map_err(|_| auth::AuthError::NotLoggedIn.into())
}

/// A name that nobody can have been given is not there.
fn name(text: &str) -> Result<JobName, Error> {
    text.parse().map_err(|_| Error::NoJob(text.to_owned()))
}

fn upload(request: SubmitRequest) -> Result<Upload, Error> {
    let part = request.part.ok_or(Error::Disorder("a part is empty"))?;
    Ok(match part {
        Part::Begin(begin) => Upload::Begin {
            request_key: (!begin.request_key.is_empty()).then_some(begin.request_key),
        },
        Part::File(file) => Upload::File {
            slot: usize::try_from(file.slot).unwrap_or_default(),
            name: file.name,
        },
        Part::Chunk(bytes) => Upload::Chunk(bytes.into()),
        Part::End(end) => Upload::End {
            options: end.options,
        },
    })
}

/// As the column spells it; empty: any.
const fn state(state: wire::State) -> &'static str {
    match state {
        wire::State::Unspecified => "",
        wire::State::Processing => "processing",
        wire::State::AwaitingPayment => "awaiting_payment",
        wire::State::Ready => "ready",
        wire::State::Failed => "failed",
        wire::State::Cancelled => "cancelled",
        wire::State::Expired => "expired",
    }
}
