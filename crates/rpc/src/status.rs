//! Refusals as statuses, and back.

use fault::{Code, Fault, Reason};
use tonic::{Status, metadata::MetadataMap};

use crate::{REASON, RETRY_AFTER};

/// What a caller is told of a refusal. What is our own fault is logged here, once, with its causes.
pub fn status(fault: &dyn Fault) -> Status {
    if fault.code().is_our_fault() {
        tracing::error!(error = %fault::chain(fault), "a call failed");
    }
    let status = build(fault.code(), fault.reason(), &fault.public_message());
    with_retry_after(status, fault.retry_after_s())
}

/// A refusal by the stack itself.
pub(crate) fn refuse(reason: Reason, retry_after_s: Option<u32>) -> Status {
    with_retry_after(
        build(reason.code(), reason, reason.message()),
        retry_after_s,
    )
}

fn build(code: Code, reason: Reason, message: &str) -> Status {
    let mut status = Status::new(to_grpc(code), message);
    status.metadata_mut().insert(REASON, reason.number().into());
    status
}

fn with_retry_after(mut status: Status, seconds: Option<u32>) -> Status {
    if let Some(seconds) = seconds {
        status.metadata_mut().insert(RETRY_AFTER, seconds.into());
    }
    status
}

const fn to_grpc(code: Code) -> tonic::Code {
    match code {
        Code::Invalid | Code::TooLarge | Code::Unprocessable => tonic::Code::InvalidArgument,
        Code::Unauthenticated => tonic::Code::Unauthenticated,
        Code::PaymentRequired | Code::Conflict | Code::Gone => tonic::Code::FailedPrecondition,
        Code::Forbidden => tonic::Code::PermissionDenied,
        Code::NotFound => tonic::Code::NotFound,
        Code::RateLimited => tonic::Code::ResourceExhausted,
        Code::Unavailable => tonic::Code::Unavailable,
        Code::Timeout => tonic::Code::DeadlineExceeded,
        Code::Internal => tonic::Code::Internal,
    }
}

/// The refusal that a status without a reason stands for: the peer's stack, or the way to it, said it.
const fn of_grpc(code: tonic::Code) -> Reason {
    match code {
        tonic::Code::InvalidArgument | tonic::Code::OutOfRange => Reason::BadParameter,
        tonic::Code::PermissionDenied => Reason::Forbidden,
        tonic::Code::NotFound => Reason::NotFound,
        tonic::Code::FailedPrecondition | tonic::Code::AlreadyExists | tonic::Code::Aborted => {
            Reason::Conflict
        }
        tonic::Code::ResourceExhausted => Reason::TooManyRequests,
        tonic::Code::Unavailable | tonic::Code::Cancelled => Reason::Unavailable,
        tonic::Code::DeadlineExceeded => Reason::Timeout,
        // The fleet's secret is wrong, which is no user's fault.
        tonic::Code::Unauthenticated
        | tonic::Code::Ok
        | tonic::Code::Unknown
        | tonic::Code::Unimplemented
        | tonic::Code::Internal
        | tonic::Code::DataLoss => Reason::Internal,
    }
}

/// What a peer answered instead of a reply.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{}: {detail}", .reason.name())]
pub struct PeerError {
    reason: Reason,
    message: String,
    retry_after_s: Option<u32>,
    /// For the log.
    detail: String,
}

impl From<Status> for PeerError {
    fn from(status: Status) -> Self {
        let said = number(status.metadata(), REASON).and_then(Reason::from_number);
        let reason = said.unwrap_or_else(|| of_grpc(status.code()));
        // Without a reason the message is a library's, not for the public.
        let message = if said.is_some() {
            status.message()
        } else {
            reason.message()
        };
        Self {
            reason,
            message: message.to_owned(),
            retry_after_s: number(status.metadata(), RETRY_AFTER),
            detail: status.message().to_owned(),
        }
    }
}

impl Fault for PeerError {
    fn reason(&self) -> Reason {
        self.reason
    }

    fn public_message(&self) -> String {
        self.message.clone()
    }

    fn retry_after_s(&self) -> Option<u32> {
        let default = matches!(self.code(), Code::Unavailable | Code::RateLimited).then_some(1);
        self.retry_after_s.or(default)
    }
}

impl PeerError {
    /// Whether the peer's answer is unknown: it may or may not have done what it was asked.
    pub fn is_unknown(&self) -> bool {
        matches!(
            self.code(),
            Code::Unavailable | Code::Timeout | Code::Internal
        )
    }
}

fn number(metadata: &MetadataMap, key: &str) -> Option<u32> {
    metadata.get(key)?.to_str().ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("row 7 of table orders")]
    struct Example(Reason);

    impl Fault for Example {
        fn reason(&self) -> Reason {
            self.0
        }
    }

    #[test]
    fn every_reason_survives_the_way() {
        for reason in Reason::ALL {
            let error = PeerError::from(status(&Example(*reason)));
            assert_eq!(error.reason(), *reason);
            assert_eq!(error.public_message(), reason.message());
            assert!(!error.public_message().contains("orders"));
        }
    }

    #[test]
    fn a_broken_connection_is_unavailable_and_quotes_nothing() {
        let error = PeerError::from(Status::unavailable("tcp connect error: 10.0.0.7"));
        assert_eq!(error.reason(), Reason::Unavailable);
        assert_eq!(error.retry_after_s(), Some(1));
        assert!(error.is_unknown());
        assert!(!error.public_message().contains("tcp"));
    }
}
