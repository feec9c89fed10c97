//! What a server could answer at all: one bare route that verifies a token, reads JSON and writes
//! JSON.

use std::{net::SocketAddr, sync::Arc};

use anyhow::{Context, Result};
use axum::{
    Json, Router,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::post,
};
use clock::{Clock, SystemClock};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// Which server it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bare {
    /// The gateway's own, with its way of verifying tokens: the bound.
    Bound,
    /// As one would first write it: `axum::serve` and a general decode.
    Plain,
}

impl Bare {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Bound => "bound",
            Self::Plain => "plain",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        [Self::Bound, Self::Plain]
            .into_iter()
            .find(|bare| bare.name() == name)
    }

    /// Serves until the process ends. Keys and the number of threads come from the environment, as
    /// the gateway's do.
    pub fn serve(self, address: SocketAddr) -> Result<()> {
        let config: gateway::Config =
            service::config::load(gateway::NAME, gateway::DEFAULTS, None)?;
        let runtime = service::runtime(config.service.workers)?;
        match self {
            Self::Bound => runtime.block_on(bound(address, config)),
            Self::Plain => runtime.block_on(plain(address, &config)),
        }
    }
}

async fn bound(address: SocketAddr, config: gateway::Config) -> Result<()> {
    let verifier = Arc::new(auth::Verifier::new(&config.auth)?);
    let verify = move |token: &str| {
        let claims = verifier.verify_access(token, SystemClock.now_ms() / 1_000);
        claims.ok().map(|claims| claims.principal.user.get())
    };
    let listener = gateway::listen(address)?;
    let (tracker, stop) = (TaskTracker::new(), CancellationToken::new());
    let router = route(verify);
    gateway::serve(
        listener,
        |_| Some(router.clone()),
        config.http,
        tracker,
        stop,
    )
    .await;
    Ok(())
}

async fn plain(address: SocketAddr, config: &gateway::Config) -> Result<()> {
    let auth = &config.auth;
    let secret = auth.signing_secret().context("the signing key")?;
    let key = Arc::new(DecodingKey::from_secret(secret.expose_secret().as_bytes()));
    let validation = Arc::new(Validation::new(Algorithm::HS256));
    let verify = move |token: &str| {
        let claims = jsonwebtoken::decode::<Value>(token, &key, &validation);
        claims.ok()?.claims["user_id"].as_i64()
    };
    let listener = gateway::listen(address)?;
    axum::serve(listener, route(verify)).await?;
    Ok(())
}

/// Answers the user of a token.
trait Verify: Fn(&str) -> Option<i64> + Clone + Send + Sync + 'static {}

impl<V: Fn(&str) -> Option<i64> + Clone + Send + Sync + 'static> Verify for V {}

fn route<V: Verify>(verify: V) -> Router {
    Router::new()
        .route("/bound", post(answer::<V>))
        .with_state(verify)
}

async fn answer<V: Verify>(
    State(verify): State<V>,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> Response {
    let sent = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok());
    let token = sent
        .and_then(|value| value.strip_prefix("Bearer "))
        .unwrap_or_default();
    match verify(token) {
        Some(user) => {
            let data = json!({"user": user, "quantity": body["quantity"]});
            Json(json!({"code": 0, "message": "OK", "data": data})).into_response()
        }
        None => (StatusCode::UNAUTHORIZED, Json(json!({"code": 401}))).into_response(),
    }
}
