//! A request's body that can be taken back as long as nothing of it was sent.

use std::{
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
};

use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};
use tonic::{Status, body::Body};

/// Where a body waits until the transport begins to send it.
#[derive(Clone)]
pub(crate) struct Place(Arc<Mutex<Option<Body>>>);

/// What the transport is given.
pub(crate) struct Lent {
    place: Place,
    begun: Option<Body>,
}

impl Place {
    pub(crate) fn new(body: Body) -> Self {
        Self(Arc::new(Mutex::new(Some(body))))
    }

    pub(crate) fn lend(&self) -> Lent {
        Lent {
            place: self.clone(),
            begun: None,
        }
    }

    /// The body, if nothing of it was sent: the peer cannot have begun its work, and never will.
    pub(crate) fn take(&self) -> Option<Body> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl HttpBody for Lent {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        if self.begun.is_none() {
            self.begun = self.place.take();
        }
        match &mut self.begun {
            Some(body) => Pin::new(body).poll_frame(context),
            None => Poll::Ready(Some(Err(Status::cancelled("the call was given up")))),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.begun.as_ref().is_some_and(HttpBody::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.begun
            .as_ref()
            .map(HttpBody::size_hint)
            .unwrap_or_default()
    }
}
