//! Refusals, whoever they come from, and their HTTP status.

use axum::http::StatusCode;
use fault::{Code, Fault, Reason};

/// What a caller is told instead of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) reason: Reason,
    pub(crate) message: String,
    pub(crate) retry_after_s: Option<u32>,
}

impl Refusal {
    pub(crate) fn new(reason: Reason, message: impl Into<String>) -> Self {
        let retry = matches!(reason.code(), Code::RateLimited | Code::Unavailable);
        Self {
            reason,
            message: message.into(),
            retry_after_s: retry.then_some(1),
        }
    }

    pub(crate) fn bad(message: impl std::fmt::Display) -> Self {
        Self::new(
            Reason::BadParameter,
            format!("{}: {message}", Reason::BadParameter.message()),
        )
    }

    /// The canonical API's status. Three kinds have a status of their own that no code has.
    pub(crate) fn status(&self) -> StatusCode {
        match self.reason {
            Reason::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Reason::MediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            reason => of_code(reason.code()),
        }
    }
}

const fn of_code(code: Code) -> StatusCode {
    match code {
        Code::Invalid => StatusCode::BAD_REQUEST,
        Code::Unauthenticated => StatusCode::UNAUTHORIZED,
        Code::PaymentRequired => StatusCode::PAYMENT_REQUIRED,
        Code::Forbidden => StatusCode::FORBIDDEN,
        Code::NotFound => StatusCode::NOT_FOUND,
        Code::Conflict => StatusCode::CONFLICT,
        Code::Gone => StatusCode::GONE,
        Code::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        Code::Unprocessable => StatusCode::UNPROCESSABLE_ENTITY,
        Code::RateLimited => StatusCode::TOO_MANY_REQUESTS,
        Code::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        Code::Timeout => StatusCode::GATEWAY_TIMEOUT,
        Code::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

impl From<Reason> for Refusal {
    fn from(reason: Reason) -> Self {
        Self::new(reason, reason.message())
    }
}

impl From<tonic::Status> for Refusal {
    fn from(status: tonic::Status) -> Self {
        let error = rpc::PeerError::from(status);
        if error.is_unknown() {
            tracing::warn!(error = %fault::chain(&error), "a service did not answer");
        }
        Self {
            reason: error.reason(),
            message: error.public_message(),
            retry_after_s: error.retry_after_s(),
        }
    }
}
