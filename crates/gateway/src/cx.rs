//! What a handler knows of its request.

use std::{net::IpAddr, sync::Arc};

use auth::Principal;
use fault::{Fault, Reason};
use ids::UserId;

use crate::{refusal::Refusal, route::Family};

/// One request's context. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Cx(pub(crate) Arc<Inner>);

#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) family: Family,
    pub(crate) request_id: String,
    /// In hex; of a trace that may not be kept.
    pub(crate) trace_id: String,
    pub(crate) now_ms: i64,
    pub(crate) address: IpAddr,
    /// Of the token that came along; `Err` when it is no good.
    pub(crate) caller: Result<Option<Principal>, auth::TokenError>,
}

impl Cx {
    /// The caller, who has to be logged in.
    pub(crate) fn caller(&self) -> Result<&Principal, Refusal> {
        match &self.0.caller {
            Ok(Some(principal)) => Ok(principal),
            Ok(None) => Err(Reason::NotLoggedIn.into()),
            Err(error) => Err(error.reason().into()),
        }
    }

    pub(crate) fn user(&self) -> Result<UserId, Refusal> {
        self.caller().map(|principal| principal.user)
    }

    pub(crate) fn admin(&self) -> Result<&Principal, Refusal> {
        let principal = self.caller()?;
        if principal.is_admin() {
            Ok(principal)
        } else {
            Err(Reason::NotAdmin.into())
        }
    }

    /// A gRPC call in the caller's name; an anonymous one without a valid token.
    pub(crate) fn call<T>(&self, message: T) -> tonic::Request<T> {
        match &self.0.caller {
            Ok(Some(principal)) => auth::request(principal, message),
            Ok(None) | Err(_) => tonic::Request::new(message),
        }
    }
}
