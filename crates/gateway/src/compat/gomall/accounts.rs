//! `/api/user`, `/api/auth`.

use fault::{Code, Reason};
use proto::user as wire;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::or_default;
use crate::{
    body::{Json, MaybeJson},
    cx::Cx,
    handler::Done,
    lane::Lane,
    refusal::Refusal,
    route::{Access, Routes},
    sign_in,
    state::Gateway,
    views::local_time,
};

#[rustfmt::skip]
pub(super) fn routes(routes: &mut Routes) {
    use {Access::{Public, User}, Lane::Account};
    routes.post("/api/user/register", Account, Public, register);
    routes.post("/api/user/login", Account, Public, login);
    routes.get("/api/user/profile", Account, User, profile);
    // Reads a token itself: its pages take HTTP 401 for a lost session.
    routes.post("/api/auth/refresh-token", Account, Public, refresh);
    routes.post("/api/auth/change-password", Account, User, change_password);
    routes.post("/api/auth/logout", Account, User, logout);
}

#[derive(Serialize, ToSchema)]
struct User {
    id: i64,
    username: String,
    email: String,
    phone: String,
    /// 1 user, 2 administrator: the page shows its link by it.
    role: i32,
    created_at: String,
}

impl From<wire::Account> for User {
    fn from(account: wire::Account) -> Self {
        let role = if account.role() == wire::Role::Admin {
            2
        } else {
            1
        };
        Self {
            id: account.id,
            username: account.username,
            email: account.email,
            phone: account.mobile,
            role,
            created_at: local_time(account.created_at_ms),
        }
    }
}

#[derive(Serialize, ToSchema)]
struct SignedIn {
    token: String,
    user: User,
}

impl From<wire::SignedIn> for SignedIn {
    fn from(signed_in: wire::SignedIn) -> Self {
        let user = signed_in.account.unwrap_or_default().into();
        Self {
            token: signed_in.access_token,
            user,
        }
    }
}

const LIFE: wire::TokenLife = wire::TokenLife::Gomall;

#[derive(Deserialize, ToSchema)]
struct RegisterBody {
    #[serde(default, deserialize_with = "or_default")]
    username: String,
    #[serde(default, deserialize_with = "or_default")]
    password: String,
    #[serde(default, deserialize_with = "or_default")]
    email: String,
    #[serde(default, deserialize_with = "or_default")]
    phone: String,
}

async fn register(
    gateway: Gateway,
    cx: Cx,
    Json(body): Json<RegisterBody>,
) -> Result<SignedIn, Refusal> {
    if body.username.is_empty() {
        return Err(Refusal::bad("username"));
    }
    let request = wire::RegisterRequest {
        username: body.username,
        email: body.email,
        mobile: body.phone,
        password: body.password,
        nickname: String::new(),
        life: LIFE.into(),
    };
    Ok(SignedIn::from(
        sign_in::register(&gateway, &cx, request).await?,
    ))
}

#[derive(Deserialize, ToSchema)]
struct LoginBody {
    #[serde(default, deserialize_with = "or_default")]
    username: String,
    #[serde(default, deserialize_with = "or_default")]
    password: String,
}

async fn login(gateway: Gateway, cx: Cx, Json(body): Json<LoginBody>) -> Result<SignedIn, Refusal> {
    if body.username.is_empty() || body.password.is_empty() {
        return Err(Refusal::bad("username, password"));
    }
    let (name, password) = (body.username, body.password);
    let signed_in = sign_in::login(&gateway, &cx, (name, password), LIFE).await;
    // Its limiter is a middleware, with a status of its own.
    let signed_in = signed_in.map_err(|refusal| match refusal.reason {
        Reason::LoginLocked => Refusal {
            retry_after_s: refusal.retry_after_s,
            ..Reason::TooManyRequests.into()
        },
        _ => refusal,
    });
    signed_in.map(SignedIn::from)
}

async fn profile(gateway: Gateway, cx: Cx) -> Result<User, Refusal> {
    let request = cx.call(wire::GetProfileRequest {});
    Ok(User::from(
        gateway.user().get_profile(request).await?.into_inner(),
    ))
}

#[derive(Default, Deserialize, ToSchema)]
struct RefreshBody {
    #[serde(default, deserialize_with = "or_default")]
    refresh_token: String,
}

#[derive(Serialize, ToSchema)]
struct Refreshed {
    token: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    refresh_token: String,
}

/// The shop never handed out refresh tokens: what comes here is an access token, in the body or as
/// Bearer.
async fn refresh(
    gateway: Gateway,
    cx: Cx,
    MaybeJson(body): MaybeJson<RefreshBody>,
) -> Result<Refreshed, Refusal> {
    let renewed = async {
        let renew = wire::RenewRequest { life: LIFE.into() };
        if body.refresh_token.is_empty() {
            cx.caller()?;
            return Ok(gateway.user().renew(cx.call(renew)).await?.into_inner());
        }
        if let Ok(principal) = gateway.caller(&body.refresh_token, gateway.clock.now_ms()) {
            let request = auth::request(&principal, renew);
            return Ok(gateway.user().renew(request).await?.into_inner());
        }
        sign_in::refresh(&gateway, &cx, body.refresh_token).await
    };
    let renewed = renewed.await.map_err(|refusal: Refusal| {
        // HTTP 401 would throw the user out of the page.
        let lost = refusal.reason.code() == Code::Unauthenticated;
        if lost {
            Reason::RefreshReused.into()
        } else {
            refusal
        }
    });
    let signed_in = renewed?;
    let (token, refresh_token) = (signed_in.access_token, signed_in.refresh_token);
    Ok(Refreshed {
        token,
        refresh_token,
    })
}

#[derive(Deserialize, ToSchema)]
struct PasswordBody {
    #[serde(default, deserialize_with = "or_default")]
    old_password: String,
    #[serde(default, deserialize_with = "or_default")]
    new_password: String,
}

async fn change_password(
    gateway: Gateway,
    cx: Cx,
    Json(body): Json<PasswordBody>,
) -> Result<Done, Refusal> {
    let (old_password, new_password) = (body.old_password, body.new_password);
    let request = wire::ChangePasswordRequest {
        old_password,
        new_password,
    };
    gateway.user().change_password(cx.call(request)).await?;
    Ok(Done)
}

async fn logout(gateway: Gateway, cx: Cx) -> Result<Done, Refusal> {
    gateway
        .user()
        .logout(cx.call(wire::LogoutRequest {}))
        .await?;
    Ok(Done)
}
