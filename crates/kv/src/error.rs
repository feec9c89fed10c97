use fault::{Fault, Reason};

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("kv.url cannot be read")]
    Url(#[source] redis::RedisError),
    #[error("kv.url is empty")]
    NoUrl,
    /// Nothing was sent, or the connection broke on the way.
    #[error("Redis does not answer")]
    Away(#[source] redis::RedisError),
    /// The command may have been executed.
    #[error("Redis took too long")]
    Timeout(#[source] redis::RedisError),
    /// The server answered with an error.
    #[error("Redis refused a command")]
    Refused(#[source] redis::RedisError),
    #[error("Redis answered in another shape than expected")]
    Reply(#[source] redis::ParsingError),
    #[error("the server's INFO cannot be read: {0}")]
    Identity(String),
}

impl Error {
    pub(crate) fn from_redis(error: redis::RedisError) -> Self {
        use redis::{ErrorKind, ServerErrorKind};
        if error.is_timeout() {
            return Self::Timeout(error);
        }
        match error.kind() {
            // A server that loads its data, or a cluster that elects, is as good as none.
            ErrorKind::Io
            | ErrorKind::ClusterConnectionNotFound
            | ErrorKind::Server(
                ServerErrorKind::BusyLoading
                | ServerErrorKind::ClusterDown
                | ServerErrorKind::MasterDown
                | ServerErrorKind::TryAgain
                | ServerErrorKind::ReadOnly,
            ) => Self::Away(error),
            _ => Self::Refused(error),
        }
    }

    /// Worth asking again later; nothing is wrong with the command.
    pub fn is_away(&self) -> bool {
        match self {
            Self::Away(_) | Self::Timeout(_) => true,
            Self::Url(_) | Self::NoUrl | Self::Refused(_) | Self::Reply(_) | Self::Identity(_) => {
                false
            }
        }
    }

    pub(crate) fn is_no_script(&self) -> bool {
        let no_script = redis::ErrorKind::Server(redis::ServerErrorKind::NoScript);
        matches!(self, Self::Refused(error) if error.kind() == no_script)
    }
}

impl Fault for Error {
    fn reason(&self) -> Reason {
        if self.is_away() {
            Reason::Unavailable
        } else {
            Reason::Internal
        }
    }
}
