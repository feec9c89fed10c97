//! The vocabulary of refusals: what kind of failure it is ([`Code`]), which one exactly ([`Reason`]), and how
//! an error type says so ([`Fault`]).

mod chain;
mod code;
mod reason;

pub use chain::chain;
pub use code::Code;
pub use reason::Reason;

/// An error that a caller can be told about.
///
/// `Display` is for the log: it may name tables, keys and peers. [`public_message`](Self::public_message) is
/// for the caller and may not.
pub trait Fault: std::error::Error {
    fn reason(&self) -> Reason;

    fn code(&self) -> Code {
        self.reason().code()
    }

    fn public_message(&self) -> String {
        self.reason().message().to_owned()
    }

    /// When it is worth asking again, in seconds.
    fn retry_after_s(&self) -> Option<u32> {
        match self.code() {
            Code::RateLimited | Code::Unavailable => Some(1),
            Code::Invalid
            | Code::Unauthenticated
            | Code::PaymentRequired
            | Code::Forbidden
            | Code::NotFound
            | Code::Conflict
            | Code::Gone
            | Code::TooLarge
            | Code::Unprocessable
            | Code::Timeout
            | Code::Internal => None,
        }
    }
}
