//! Request bodies and queries, read so that every mistake is a coded answer.

use axum::{
    body::Body,
    extract::{FromRequest, FromRequestParts, Request},
    http::{header, request::Parts},
    response::Response,
};
use bytes::Bytes;
use fault::Reason;
use serde::de::DeserializeOwned;

use crate::{cx::Cx, refusal::Refusal, state::Gateway};

/// A JSON body; unknown fields are ignored.
pub(crate) struct Json<T>(pub(crate) T);

/// A JSON body, or none at all.
pub(crate) struct MaybeJson<T>(pub(crate) T);

/// A query whose every field is text, so that a number that is none becomes a default and not an
/// error.
pub(crate) struct Query<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest<Gateway> for Json<T> {
    type Rejection = Response;

    async fn from_request(request: Request, state: &Gateway) -> Result<Self, Response> {
        let (cx, bytes, is_json) = read(request, state).await?;
        if !is_json {
            return Err(cx.refuse(&Reason::MediaType.into()));
        }
        parse(&bytes)
            .map(Self)
            .map_err(|refusal| cx.refuse(&refusal))
    }
}

impl<T: DeserializeOwned + Default> FromRequest<Gateway> for MaybeJson<T> {
    type Rejection = Response;

    async fn from_request(request: Request, state: &Gateway) -> Result<Self, Response> {
        let (cx, bytes, _) = read(request, state).await?;
        if bytes.is_empty() {
            Ok(Self(T::default()))
        } else {
            parse(&bytes)
                .map(Self)
                .map_err(|refusal| cx.refuse(&refusal))
        }
    }
}

impl<T: DeserializeOwned + Default, S: Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Response> {
        let query = axum::extract::Query::<T>::try_from_uri(&parts.uri);
        Ok(Self(query.map(|query| query.0).unwrap_or_default()))
    }
}

async fn read(request: Request<Body>, state: &Gateway) -> Result<(Cx, Bytes, bool), Response> {
    let (mut parts, body) = request.into_parts();
    let Ok(cx) = Cx::from_request_parts(&mut parts, state).await;
    let said = parts
        .headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let is_json = said.is_some_and(|said| {
        let kind = said.split(';').next().unwrap_or_default().trim();
        kind.eq_ignore_ascii_case("application/json")
    });
    match all_of(body, state.config.http.body_bytes_max, state).await {
        Ok(bytes) => Ok((cx, bytes, is_json)),
        Err(reason) => Err(cx.refuse_early(&reason.into())),
    }
}

/// The whole body, if it is short enough and comes in time: nobody waits for the rest of one,
/// however slowly it trickles in.
pub(crate) async fn all_of(body: Body, max: usize, gateway: &Gateway) -> Result<Bytes, Reason> {
    let all = axum::body::to_bytes(body, max);
    match tokio::time::timeout(gateway.config.http.request_timeout(), all).await {
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(_)) => Err(Reason::TooLarge),
        Err(_) => Err(Reason::Timeout),
    }
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Refusal> {
    serde_json::from_slice(bytes).map_err(Refusal::bad)
}
