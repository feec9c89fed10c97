//! Request bodies and queries, read so that every mistake is a coded answer.

use std::time::{Duration, Instant};

use axum::{
    body::{Body, HttpBody},
    http::{HeaderMap, header},
};
use bytes::{Bytes, BytesMut};
use fault::Reason;
use http_body_util::BodyExt;
use serde::de::DeserializeOwned;
use utoipa::ToSchema;

use crate::{
    config,
    connection::Connection,
    handler::{Call, FromCall},
    openapi::Operation,
    refusal::Refusal,
};

/// A JSON body; unknown fields are ignored.
pub(crate) struct Json<T>(pub(crate) T);

/// A JSON body, or none at all.
pub(crate) struct MaybeJson<T>(pub(crate) T);

/// A body as it came, with its headers.
pub(crate) struct Raw(pub(crate) HeaderMap, pub(crate) Bytes);

/// A body that the handler reads as it comes, with its headers.
pub(crate) struct Streamed(pub(crate) HeaderMap, pub(crate) Body);

/// A query whose every field is text, so that a number that is none becomes a default and not an
/// error.
pub(crate) struct Query<T>(pub(crate) T);

impl<T: DeserializeOwned + ToSchema> FromCall for Json<T> {
    fn from_call(call: &mut Call) -> Result<Self, Refusal> {
        json(&call.parts.headers, &call.body).map(Self)
    }

    fn describe(operation: &mut Operation<'_>) {
        operation.takes_json::<T>(true);
    }
}

impl<T: DeserializeOwned + Default + ToSchema> FromCall for MaybeJson<T> {
    fn from_call(call: &mut Call) -> Result<Self, Refusal> {
        maybe_json(&call.body).map(Self)
    }

    fn describe(operation: &mut Operation<'_>) {
        operation.takes_json::<T>(false);
    }
}

impl FromCall for Raw {
    fn from_call(call: &mut Call) -> Result<Self, Refusal> {
        let headers = std::mem::take(&mut call.parts.headers);
        Ok(Self(headers, std::mem::take(&mut call.body)))
    }
}

impl FromCall for Streamed {
    fn from_call(call: &mut Call) -> Result<Self, Refusal> {
        let headers = std::mem::take(&mut call.parts.headers);
        Ok(Self(headers, call.stream.take().unwrap_or_default()))
    }
}

impl<T: DeserializeOwned + Default + ToSchema> FromCall for Query<T> {
    fn from_call(call: &mut Call) -> Result<Self, Refusal> {
        let query = axum::extract::Query::<T>::try_from_uri(&call.parts.uri);
        Ok(Self(query.map(|query| query.0).unwrap_or_default()))
    }

    fn describe(operation: &mut Operation<'_>) {
        operation.takes_query::<T>();
    }
}

/// How slowly a body may come.
#[derive(Debug, Clone, Copy)]
pub(crate) struct MinimumRate {
    grace: Duration,
    bytes_per_s: u32,
}

impl MinimumRate {
    pub(crate) fn new(config: &config::Http) -> Self {
        Self {
            grace: config.body_grace(),
            bytes_per_s: config.body_bytes_per_s_min,
        }
    }

    /// When a body that began at `start` is too slow unless more than `bytes` of it have come.
    pub(crate) fn due(&self, start: Instant, bytes: usize) -> Instant {
        let seconds = bytes as f64 / f64::from(self.bytes_per_s);
        start + self.grace + Duration::from_secs_f64(seconds)
    }
}

/// The whole body, if it is no longer than `max`, comes no slower than `rate`, and ends before
/// `deadline`.
pub(crate) async fn read<B>(
    mut body: B,
    max: usize,
    rate: MinimumRate,
    connection: &Connection,
    deadline: Instant,
) -> Result<Bytes, Reason>
where
    B: HttpBody<Data = Bytes, Error: Into<axum::BoxError>> + Unpin,
{
    if body.is_end_stream() {
        return Ok(Bytes::new());
    }
    if body.size_hint().lower() > max as u64 {
        return Err(Reason::TooLarge);
    }
    let start = Instant::now();
    let mut first = Bytes::new();
    let mut all = BytesMut::new();
    loop {
        let due = rate.due(start, first.len() + all.len()).min(deadline);
        let frame = std::pin::pin!(body.frame());
        let frame = connection.by(due, frame).await.ok_or(Reason::Timeout)?;
        let Some(frame) = frame else {
            return Ok(if all.is_empty() { first } else { all.freeze() });
        };
        let Ok(Ok(data)) = frame.map(http_body::Frame::into_data) else {
            return Err(Reason::BadParameter);
        };
        if first.len() + all.len() + data.len() > max {
            return Err(Reason::TooLarge);
        }
        // A body that comes in one piece, as nearly all do, is not copied.
        if first.is_empty() && all.is_empty() {
            first = data;
        } else {
            all.extend_from_slice(&std::mem::take(&mut first));
            all.extend_from_slice(&data);
        }
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
    serde_json::from_slice(bytes).map_err(|error| Refusal::bad(without_types(&error)))
}

/// The parser's own words, but for those that name a type of ours.
fn without_types(error: &serde_json::Error) -> String {
    let said = error.to_string();
    let names_a_type = ["struct ", "enum ", "tuple ", "variant "];
    if names_a_type.iter().any(|word| said.contains(word)) {
        let (line, column) = (error.line(), error.column());
        format!("an object is expected at line {line} column {column}")
    } else {
        said
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Default, Deserialize)]
    struct SecretName {
        #[serde(rename = "price")]
        _price: i64,
    }

    #[test]
    fn a_parse_error_names_fields_and_no_types() {
        for body in ["7", "[]", "\"x\"", "[1,2]", "{", "{}", "{\"price\":\"x\"}"] {
            let refused = parse::<SecretName>(body.as_bytes()).unwrap_err().message;
            assert!(!refused.contains("SecretName"), "{body}: {refused}");
        }
        let missing = parse::<SecretName>(b"{}").unwrap_err().message;
        assert!(missing.contains("price"), "{missing}");
    }
}
