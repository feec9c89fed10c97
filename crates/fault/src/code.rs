/// The kind of a failure, free of any transport. `rpc` maps it to gRPC and `gateway` to HTTP, once each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Code {
    Invalid,
    Unauthenticated,
    PaymentRequired,
    Forbidden,
    /// Also what belongs to another user.
    NotFound,
    Conflict,
    Gone,
    TooLarge,
    Unprocessable,
    RateLimited,
    Unavailable,
    Timeout,
    Internal,
}

impl Code {
    /// Whether an operator should look.
    pub const fn is_our_fault(self) -> bool {
        matches!(self, Self::Internal)
    }
}
