use std::sync::Arc;

use auth::{Principal, Role};
use proto::user as wire;
use tonic::{Request, Response, Status};

use crate::{
    App, Error,
    app::{Cursor, Registration, SignedIn},
    domain::{Account, Change, Invalid, Life, LoginName, Names, Network},
};

#[derive(Debug)]
pub(crate) struct Grpc {
    pub(crate) app: Arc<App>,
}

type Answer<T> = Result<Response<T>, Status>;

fn refuse(error: impl Into<Error>) -> Status {
    rpc::status(&error.into())
}

fn caller<T>(request: &Request<T>) -> Result<Principal, Status> {
    auth::require(request.metadata()).map_err(|error| rpc::status(&error))
}

#[tonic::async_trait]
impl wire::user_server::User for Grpc {
    async fn register(&self, request: Request<wire::RegisterRequest>) -> Answer<wire::SignedIn> {
        let registration = registration(request.into_inner()).map_err(refuse)?;
        let signed_in = self.app.register(registration).await.map_err(refuse)?;
        Ok(Response::new(encode_signed_in(signed_in)))
    }

    async fn login(&self, request: Request<wire::LoginRequest>) -> Answer<wire::SignedIn> {
        let request = request.into_inner();
        let life = life(request.life()).unwrap_or(Life::Canonical);
        let name = LoginName::new(&request.name);
        let network = Network::new(&request.network);
        let login = self
            .app
            .login(name, request.password.into(), life, &network);
        let signed_in = login.await;
        Ok(Response::new(encode_signed_in(signed_in.map_err(refuse)?)))
    }

    async fn refresh(&self, request: Request<wire::RefreshRequest>) -> Answer<wire::SignedIn> {
        let signed_in = self.app.refresh(&request.into_inner().refresh_token).await;
        Ok(Response::new(encode_signed_in(signed_in.map_err(refuse)?)))
    }

    async fn renew(&self, request: Request<wire::RenewRequest>) -> Answer<wire::SignedIn> {
        let caller = caller(&request)?;
        let signed_in = self
            .app
            .renew(&caller, life(request.get_ref().life()))
            .await;
        Ok(Response::new(encode_signed_in(signed_in.map_err(refuse)?)))
    }

    async fn logout(&self, request: Request<wire::LogoutRequest>) -> Answer<wire::LogoutResponse> {
        self.app.logout(&caller(&request)?).await.map_err(refuse)?;
        Ok(Response::new(wire::LogoutResponse {}))
    }

    async fn change_password(
        &self,
        request: Request<wire::ChangePasswordRequest>,
    ) -> Answer<wire::ChangePasswordResponse> {
        let caller = caller(&request)?;
        let request = request.into_inner();
        let new = request
            .new_password
            .try_into()
            .map_err(|invalid: Invalid| refuse(invalid))?;
        let changed = self
            .app
            .change_password(&caller, request.old_password.into(), new)
            .await;
        changed.map_err(refuse)?;
        Ok(Response::new(wire::ChangePasswordResponse {}))
    }

    async fn get_profile(
        &self,
        request: Request<wire::GetProfileRequest>,
    ) -> Answer<wire::Account> {
        let account = self
            .app
            .get_profile(&caller(&request)?)
            .await
            .map_err(refuse)?;
        Ok(Response::new(encode(account)))
    }

    async fn update_profile(
        &self,
        request: Request<wire::UpdateProfileRequest>,
    ) -> Answer<wire::Account> {
        let caller = caller(&request)?;
        let change = change(request.into_inner()).map_err(refuse)?;
        let account = self
            .app
            .update_profile(&caller, change)
            .await
            .map_err(refuse)?;
        Ok(Response::new(encode(account)))
    }

    async fn revoked_sessions(
        &self,
        request: Request<wire::RevokedSessionsRequest>,
    ) -> Answer<wire::RevokedSessionsResponse> {
        let request = request.into_inner();
        let after = Cursor {
            at_ms: request.since_ms,
            id: request.after_id,
        };
        let revoked = self.app.revoked_sessions(after).await.map_err(refuse)?;
        Ok(Response::new(wire::RevokedSessionsResponse {
            session_ids: revoked.session_ids,
            now_ms: revoked.next.at_ms,
            after_id: revoked.next.id,
            more: revoked.more,
        }))
    }
}

fn registration(request: wire::RegisterRequest) -> Result<Registration, Invalid> {
    let life = life(request.life()).unwrap_or(Life::Canonical);
    Ok(Registration {
        names: Names::new(request.username, request.email, request.mobile)?,
        password: request.password.try_into()?,
        nickname: request.nickname.try_into()?,
        life,
    })
}

fn change(request: wire::UpdateProfileRequest) -> Result<Change, Invalid> {
    let email = |text: String| {
        if text.trim().is_empty() {
            Ok(None)
        } else {
            text.try_into().map(Some)
        }
    };
    Ok(Change {
        nickname: request.nickname.map(TryInto::try_into).transpose()?,
        avatar: request.avatar.map(TryInto::try_into).transpose()?,
        sex: request.sex.map(TryInto::try_into).transpose()?,
        info: request.info.map(TryInto::try_into).transpose()?,
        email: request.email.map(email).transpose()?,
    })
}

fn life(life: wire::TokenLife) -> Option<Life> {
    match life {
        wire::TokenLife::Unspecified => None,
        wire::TokenLife::Canonical => Some(Life::Canonical),
        wire::TokenLife::Gomall => Some(Life::Gomall),
    }
}

fn encode_signed_in(signed_in: SignedIn) -> wire::SignedIn {
    wire::SignedIn {
        account: Some(encode(signed_in.account)),
        access_token: signed_in.access_token,
        refresh_token: signed_in.refresh_token,
        expires_in_s: signed_in.expires_in_s as i64,
    }
}

fn encode(account: Account) -> wire::Account {
    let role = match account.role {
        Role::User => wire::Role::User,
        Role::Admin => wire::Role::Admin,
    };
    wire::Account {
        id: account.id.get(),
        username: account.username.unwrap_or_default(),
        email: account.email.unwrap_or_default(),
        mobile: account.mobile.unwrap_or_default(),
        nickname: account.nickname,
        avatar: account.avatar,
        sex: account.sex.into(),
        info: account.info,
        role: role.into(),
        active: account.active,
        created_at_ms: account.created_at_ms,
        updated_at_ms: account.updated_at_ms,
    }
}
