use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use fault::{Fault, Reason};

type Source = Box<dyn std::error::Error + Send + Sync>;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("there is no object {key}")]
    NotFound { key: String },
    #[error("an object is longer than {bytes_max} bytes")]
    TooLarge { bytes_max: u64 },
    /// Whoever sent the content broke off.
    #[error("the content of {key} broke off")]
    Content {
        key: String,
        #[source]
        source: Source,
    },
    #[error("the object store failed to {verb} {key}")]
    Store {
        verb: &'static str,
        key: String,
        #[source]
        source: Source,
    },
}

impl Fault for Error {
    fn reason(&self) -> Reason {
        match self {
            Self::NotFound { .. } => Reason::NotFound,
            Self::TooLarge { .. } => Reason::TooLarge,
            Self::Content { .. } => Reason::BadParameter,
            Self::Store { .. } => Reason::Unavailable,
        }
    }
}

impl Error {
    pub(crate) fn store(verb: &'static str, key: &str, source: impl Into<Source>) -> Self {
        Self::Store {
            verb,
            key: key.to_owned(),
            source: source.into(),
        }
    }

    pub(crate) fn of<E>(verb: &'static str, key: &str, error: SdkError<E>) -> Self
    where
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    {
        if is_not_found(&error) {
            Self::NotFound {
                key: key.to_owned(),
            }
        } else {
            Self::store(verb, key, error)
        }
    }
}

/// By status as well: the answer to a HEAD has no body that could hold a code.
pub(crate) fn is_not_found<E: ProvideErrorMetadata>(error: &SdkError<E>) -> bool {
    error
        .raw_response()
        .is_some_and(|response| response.status().as_u16() == 404)
        && error.code() != Some("NoSuchBucket")
}
