use std::{future::Future, sync::Arc};

use auth::{Claims, Verifier};
use clock::{Clock, FakeClock};
use fault::{Fault, Reason};
use proto::user::{
    LoginRequest, RefreshRequest, RegisterRequest, SignedIn, TokenLife, user_client::UserClient,
};
use tonic::{Request, Response, Status};

pub(crate) type Client = UserClient<rpc::Channel>;

/// A running service of this test's own.
pub(crate) struct Users {
    pub(crate) client: Client,
    pub(crate) clock: Arc<FakeClock>,
    pub(crate) pool: db::Pool,
    pub(crate) config: user::Config,
    pub(crate) app: Arc<user::App>,
    verifier: Verifier,
}

pub(crate) const PASSWORD: &str = "correct horse";

impl Users {
    pub(crate) async fn open() -> Self {
        Self::with(|_| ()).await
    }

    pub(crate) async fn with(change: impl FnOnce(&mut user::Config)) -> Self {
        let mut config: user::Config = testkit::config(user::NAME, user::DEFAULTS);
        config.db = testkit::Mysql::schema(&user::MIGRATOR, user::NAME).await;
        config.grpc.listen = "127.0.0.1:0".parse().unwrap();
        // As cheap as it gets: these tests are not about its cost.
        config.passwords.memory_kib = 64;
        config.passwords.passes = 1;
        change(&mut config);
        Self::start(config).await
    }

    pub(crate) async fn start(config: user::Config) -> Self {
        let (ctx, clock) = testkit::ctx(user::NAME);
        let started = user::start(ctx, config.clone()).await.unwrap();
        let address = started.grpc.unwrap();
        let peer = rpc::PeerConfig {
            url: format!("http://{address}"),
            timeout_ms: 10_000,
        };
        Self {
            client: UserClient::new(rpc::peer(&peer, &config.fleet)),
            clock,
            pool: db::connect(&config.db).await.unwrap(),
            verifier: Verifier::new(&config.auth).unwrap(),
            app: started.app,
            config,
        }
    }

    pub(crate) async fn register(&self, request: RegisterRequest) -> Result<SignedIn, Status> {
        inner(self.client.clone().register(request)).await
    }

    /// An account of this username with [`PASSWORD`].
    pub(crate) async fn add(&self, username: &str) -> SignedIn {
        self.register(registration(username)).await.unwrap()
    }

    pub(crate) async fn login(&self, name: &str, password: &str) -> Result<SignedIn, Status> {
        self.login_from("192.0.2.1", name, password).await
    }

    pub(crate) async fn login_from(
        &self,
        network: &str,
        name: &str,
        password: &str,
    ) -> Result<SignedIn, Status> {
        let (name, password) = (name.to_owned(), password.to_owned());
        let life = TokenLife::Canonical.into();
        inner(self.client.clone().login(LoginRequest {
            name,
            password,
            life,
            network: network.to_owned(),
        }))
        .await
    }

    pub(crate) async fn refresh(&self, token: &str) -> Result<SignedIn, Status> {
        let refresh_token = token.to_owned();
        inner(
            self.client
                .clone()
                .refresh(RefreshRequest { refresh_token }),
        )
        .await
    }

    /// Who an access token speaks for.
    pub(crate) fn claims(&self, token: &str) -> Claims {
        self.verifier
            .verify_access(token, self.clock.now().timestamp())
            .unwrap()
    }

    /// A call by the holder of this access token, as the gateway makes it.
    pub(crate) fn by<T>(&self, token: &str, message: T) -> Request<T> {
        auth::request(&self.claims(token).principal, message)
    }

    /// Sessions that gateways refuse.
    pub(crate) async fn revoked(&self) -> Vec<i64> {
        let start = user::app::Cursor { at_ms: 0, id: 0 };
        self.app.revoked_sessions(start).await.unwrap().session_ids
    }

    pub(crate) fn session(&self, token: &str) -> i64 {
        self.claims(token).principal.session.unwrap().get()
    }

    pub(crate) async fn execute(&self, statement: &'static str) {
        sqlx::query(statement).execute(&self.pool).await.unwrap();
    }
}

async fn inner<T>(call: impl Future<Output = Result<Response<T>, Status>>) -> Result<T, Status> {
    Ok(call.await?.into_inner())
}

pub(crate) fn registration(username: &str) -> RegisterRequest {
    RegisterRequest {
        username: username.to_owned(),
        password: PASSWORD.to_owned(),
        ..RegisterRequest::default()
    }
}

pub(crate) fn reason<T: std::fmt::Debug>(answer: Result<T, Status>) -> Reason {
    rpc::PeerError::from(answer.unwrap_err()).reason()
}
