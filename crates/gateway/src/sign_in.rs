//! Registering, logging in and renewing: one verb for every dialect, limited by network and account,
//! with a security event for what fails.

use fault::Reason;
use proto::user as wire;

use crate::{
    client::network_of,
    cx::Cx,
    pipeline::too_often,
    refusal::Refusal,
    security::{self, Event},
    state::Gateway,
};

/// The names that an account goes by are shorter.
const NAME_BYTES_MAX: usize = 320;

pub(crate) async fn register(
    gateway: &Gateway,
    cx: &Cx,
    request: wire::RegisterRequest,
) -> Result<wire::SignedIn, Refusal> {
    gateway.limits.register(cx.0.address)?;
    Ok(gateway.user().register(request).await?.into_inner())
}

pub(crate) async fn login(
    gateway: &Gateway,
    cx: &Cx,
    (name, password): (String, String),
    life: wire::TokenLife,
) -> Result<wire::SignedIn, Refusal> {
    let attempt = attempt(gateway, cx, name, password, life).await;
    match &attempt {
        Err(refusal) if refusal.reason == Reason::LoginLocked => {
            security::record(cx, Event::LoginLocked);
        }
        Err(refusal) if refusal.reason == Reason::WrongPassword => {
            security::record(cx, Event::LoginFailed);
        }
        Ok(_) | Err(_) => {}
    }
    attempt
}

async fn attempt(
    gateway: &Gateway,
    cx: &Cx,
    name: String,
    password: String,
    life: wire::TokenLife,
) -> Result<wire::SignedIn, Refusal> {
    if name.len() > NAME_BYTES_MAX {
        return Err(Reason::WrongPassword.into());
    }
    gateway
        .limits
        .login(&name, cx.0.address)
        .map_err(|often| too_often(Reason::LoginLocked, often))?;
    let request = wire::LoginRequest {
        name,
        password,
        life: life.into(),
        network: network_of(cx.0.address).to_string(),
    };
    Ok(gateway.user().login(request).await?.into_inner())
}

pub(crate) async fn refresh(
    gateway: &Gateway,
    cx: &Cx,
    refresh_token: String,
) -> Result<wire::SignedIn, Refusal> {
    let request = wire::RefreshRequest { refresh_token };
    let renewed = gateway.user().refresh(request).await;
    renewed.map(tonic::Response::into_inner).map_err(|status| {
        let refusal = Refusal::from(status);
        if refusal.reason == Reason::RefreshReused {
            security::record(cx, Event::RefreshTokenReused);
        }
        refusal
    })
}
