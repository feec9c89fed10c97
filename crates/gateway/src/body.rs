//! Request bodies and queries, read so that every mistake is a coded answer.

use axum::{
    body::{Body, HttpBody},
    extract::{FromRequest, FromRequestParts, Request},
    http::{HeaderMap, header, request::Parts},
    response::Response,
};
use bytes::Bytes;
use fault::Reason;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde::de::DeserializeOwned;

use crate::{cx::Cx, refusal::Refusal, state::Gateway};

/// A JSON body; unknown fields are ignored.
pub(crate) struct Json<T>(pub(crate) T);

/// A JSON body, or none at all.
pub(crate) struct MaybeJson<T>(pub(crate) T);

/// A body as it came, with its headers.
pub(crate) struct Raw(pub(crate) HeaderMap, pub(crate) Bytes);

/// A query whose every field is text, so that a number that is none becomes a default and not an
/// error.
pub(crate) struct Query<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest<Gateway> for Json<T> {
    type Rejection = Response;

    async fn from_request(request: Request, state: &Gateway) -> Result<Self, Response> {
        let (cx, headers, bytes) = read(request, state).await?;
        json(&headers, &bytes)
            .map(Self)
            .map_err(|refusal| cx.refuse(&refusal))
    }
}

impl<T: DeserializeOwned + Default> FromRequest<Gateway> for MaybeJson<T> {
    type Rejection = Response;

    async fn from_request(request: Request, state: &Gateway) -> Result<Self, Response> {
        let (cx, _, bytes) = read(request, state).await?;
        maybe_json(&bytes)
            .map(Self)
            .map_err(|refusal| cx.refuse(&refusal))
    }
}

impl FromRequest<Gateway> for Raw {
    type Rejection = Response;

    async fn from_request(request: Request, state: &Gateway) -> Result<Self, Response> {
        let (_, headers, bytes) = read(request, state).await?;
        Ok(Self(headers, bytes))
    }
}

impl<T: DeserializeOwned + Default, S: Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Response> {
        let query = axum::extract::Query::<T>::try_from_uri(&parts.uri);
        Ok(Self(query.map(|query| query.0).unwrap_or_default()))
    }
}

async fn read(request: Request<Body>, state: &Gateway) -> Result<(Cx, HeaderMap, Bytes), Response> {
    let (mut parts, body) = request.into_parts();
    let Ok(cx) = Cx::from_request_parts(&mut parts, state).await;
    match all_of(body, state.config.http.body_bytes_max, state).await {
        Ok(bytes) => Ok((cx, parts.headers, bytes)),
        Err(reason) => Err(cx.refuse_early(&reason.into())),
    }
}

/// The whole body, if it is short enough and comes in time: nobody waits for the rest of one,
/// however slowly it trickles in.
pub(crate) async fn all_of<B>(body: B, max: usize, gateway: &Gateway) -> Result<Bytes, Reason>
where
    B: HttpBody<Data = Bytes, Error: Into<axum::BoxError>>,
{
    let limit = gateway.config.http.request_timeout();
    tokio::time::timeout(limit, bounded(body, max))
        .await
        .unwrap_or(Err(Reason::Timeout))
}

/// The same for a request that is timed as a whole.
pub(crate) async fn bounded<B>(body: B, max: usize) -> Result<Bytes, Reason>
where
    B: HttpBody<Data = Bytes, Error: Into<axum::BoxError>>,
{
    match Limited::new(body, max).collect().await {
        Ok(all) => Ok(all.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(Reason::TooLarge),
        Err(_) => Err(Reason::BadParameter),
    }
}

/// A body that has to say that it is JSON.
pub(crate) fn json<T: DeserializeOwned>(headers: &HeaderMap, body: &[u8]) -> Result<T, Refusal> {
    let said = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let is_json = said.is_some_and(|said| {
        let kind = said.split(';').next().unwrap_or_default().trim();
        kind.eq_ignore_ascii_case("application/json")
    });
    if is_json {
        parse(body)
    } else {
        Err(Reason::MediaType.into())
    }
}

/// A body that may be missing, whatever it says that it is.
pub(crate) fn maybe_json<T: DeserializeOwned + Default>(body: &[u8]) -> Result<T, Refusal> {
    if body.is_empty() {
        Ok(T::default())
    } else {
        parse(body)
    }
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Refusal> {
    serde_json::from_slice(bytes).map_err(Refusal::bad)
}
