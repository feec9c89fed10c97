//! Accounts and sessions.

use proto::user as wire;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    body::Json,
    cx::Cx,
    handler::Done,
    lane::Lane,
    refusal::Refusal,
    route::{Access, Routes},
    sign_in,
    state::Gateway,
    views::{rfc3339, rfc3339_some},
};

#[rustfmt::skip]
pub(super) fn routes(routes: &mut Routes) {
    use {Access::{Public, User}, Lane::Account};
    routes.post("/api/v1/auth/register", Account, Public, register);
    routes.post("/api/v1/auth/login", Account, Public, login);
    routes.post("/api/v1/auth/refresh", Account, Public, refresh);
    routes.post("/api/v1/auth/logout", Account, User, logout);
    routes.post("/api/v1/auth/password", Account, User, change_password);
    routes.get("/api/v1/users/me", Account, User, profile);
    routes.patch("/api/v1/users/me", Account, User, update);
    routes.get("/api/v1/users/profile", Account, User, profile);
    routes.get("/api/v1/profile", Account, User, profile);
}

#[derive(Serialize, ToSchema)]
pub(crate) struct User {
    id: i64,
    username: String,
    email: String,
    mobile: String,
    nickname: String,
    avatar: String,
    sex: i32,
    info: String,
    role: &'static str,
    role_id: i32,
    is_active: bool,
    created_at: String,
    updated_at: Option<String>,
}

impl From<wire::Account> for User {
    fn from(account: wire::Account) -> Self {
        let is_admin = account.role() == wire::Role::Admin;
        Self {
            id: account.id,
            username: account.username,
            email: account.email,
            mobile: account.mobile,
            nickname: account.nickname,
            avatar: account.avatar,
            sex: account.sex,
            info: account.info,
            role: if is_admin { "admin" } else { "user" },
            role_id: if is_admin { 2 } else { 1 },
            is_active: account.active,
            created_at: rfc3339(account.created_at_ms),
            updated_at: rfc3339_some(account.updated_at_ms),
        }
    }
}

#[derive(Serialize, ToSchema)]
struct SignedIn {
    user: User,
    access_token: String,
    refresh_token: String,
    /// What clients of one token read.
    token: String,
    expires_in: i64,
}

impl From<wire::SignedIn> for SignedIn {
    fn from(signed_in: wire::SignedIn) -> Self {
        Self {
            user: signed_in.account.unwrap_or_default().into(),
            token: signed_in.access_token.clone(),
            access_token: signed_in.access_token,
            refresh_token: signed_in.refresh_token,
            expires_in: signed_in.expires_in_s,
        }
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(default)]
#[derive(Default)]
struct RegisterBody {
    username: String,
    email: String,
    mobile: String,
    password: String,
    nickname: String,
}

async fn register(
    gateway: Gateway,
    cx: Cx,
    Json(body): Json<RegisterBody>,
) -> Result<SignedIn, Refusal> {
    let request = wire::RegisterRequest {
        username: body.username,
        email: body.email,
        mobile: body.mobile,
        password: body.password,
        nickname: body.nickname,
        life: wire::TokenLife::Canonical.into(),
    };
    let signed_in = sign_in::register(&gateway, &cx, request).await?;
    Ok(SignedIn::from(signed_in))
}

#[derive(Deserialize, Default, ToSchema)]
#[serde(default)]
struct LoginBody {
    username: String,
    mobile: String,
    password: String,
}

async fn login(gateway: Gateway, cx: Cx, Json(body): Json<LoginBody>) -> Result<SignedIn, Refusal> {
    let name = if body.username.is_empty() {
        body.mobile
    } else {
        body.username
    };
    let life = wire::TokenLife::Canonical;
    let signed_in = sign_in::login(&gateway, &cx, (name, body.password), life).await?;
    Ok(SignedIn::from(signed_in))
}

#[derive(Deserialize, Default, ToSchema)]
#[serde(default)]
struct RefreshBody {
    refresh_token: String,
}

async fn refresh(
    gateway: Gateway,
    cx: Cx,
    Json(body): Json<RefreshBody>,
) -> Result<SignedIn, Refusal> {
    let signed_in = sign_in::refresh(&gateway, &cx, body.refresh_token).await?;
    Ok(SignedIn::from(signed_in))
}

async fn logout(gateway: Gateway, cx: Cx) -> Result<Done, Refusal> {
    gateway
        .user()
        .logout(cx.call(wire::LogoutRequest {}))
        .await?;
    Ok(Done)
}

#[derive(Deserialize, Default, ToSchema)]
#[serde(default)]
struct PasswordBody {
    old_password: String,
    new_password: String,
}

async fn change_password(
    gateway: Gateway,
    cx: Cx,
    Json(body): Json<PasswordBody>,
) -> Result<Done, Refusal> {
    let request = wire::ChangePasswordRequest {
        old_password: body.old_password,
        new_password: body.new_password,
    };
    gateway.user().change_password(cx.call(request)).await?;
    Ok(Done)
}

async fn profile(gateway: Gateway, cx: Cx) -> Result<User, Refusal> {
    let request = cx.call(wire::GetProfileRequest {});
    Ok(User::from(
        gateway.user().get_profile(request).await?.into_inner(),
    ))
}

#[derive(Deserialize, ToSchema)]
struct UpdateBody {
    nickname: Option<String>,
    avatar: Option<String>,
    sex: Option<i32>,
    info: Option<String>,
    email: Option<String>,
}

async fn update(gateway: Gateway, cx: Cx, Json(body): Json<UpdateBody>) -> Result<User, Refusal> {
    let request = wire::UpdateProfileRequest {
        nickname: body.nickname,
        avatar: body.avatar,
        sex: body.sex,
        info: body.info,
        email: body.email,
    };
    let account = gateway
        .user()
        .update_profile(cx.call(request))
        .await?
        .into_inner();
    Ok(User::from(account))
}
