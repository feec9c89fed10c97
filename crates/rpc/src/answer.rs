//! An answer on its way out.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use fault::Reason;
use http::{HeaderMap, Response};
use http_body::{Body as HttpBody, Frame, SizeHint};
use tokio::sync::OwnedSemaphorePermit;
use tonic::{Status, body::Body};

use crate::{
    metrics::{self, Call},
    status::refuse,
};

/// A body that holds its call's place until it ends, and knows how the call ended.
pub(crate) struct Answer {
    body: Body,
    call: Call,
    _place: OwnedSemaphorePermit,
}

/// Lets an answer go out. One that is a refusal has ended already.
pub(crate) fn begin(
    response: Response<Body>,
    mut call: Call,
    place: OwnedSemaphorePermit,
) -> Response<Body> {
    call.begin();
    if response.headers().contains_key(Status::GRPC_STATUS) {
        call.end(metrics::outcome(response.headers()));
        return response;
    }
    response.map(|body| {
        Body::new(Answer {
            body,
            call,
            _place: place,
        })
    })
}

impl HttpBody for Answer {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let this = self.get_mut();
        let body = Pin::new(&mut this.body);
        // A panic here would take the connection with it, and every call on it.
        let Ok(polled) = catch_unwind(AssertUnwindSafe(|| body.poll_frame(context))) else {
            tracing::error!("a stream panicked");
            this.body = Body::empty();
            this.call.end(Reason::Internal.name());
            return Poll::Ready(Some(Ok(Frame::trailers(internal()))));
        };
        match &polled {
            Poll::Ready(Some(Ok(frame))) => {
                if let Some(trailers) = frame.trailers_ref() {
                    this.call.end(metrics::outcome(trailers));
                }
            }
            Poll::Ready(Some(Err(status))) => this.call.end(metrics::name(status.code())),
            Poll::Ready(None) => this.call.end(metrics::outcome(&HeaderMap::new())),
            Poll::Pending => {}
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

fn internal() -> HeaderMap {
    let refusal: Response<Body> = refuse(Reason::Internal, None).into_http();
    let mut trailers = refusal.into_parts().0.headers;
    trailers.remove(http::header::CONTENT_TYPE);
    trailers
}
