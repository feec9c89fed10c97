//! What WeChat Pay reports. Payment judges the bytes as they came; SUCCESS is said only after it
//! has answered.

use axum::http::{HeaderName, HeaderValue};
use proto::payment::{NotifyRequest, notify_request::Header};

use crate::{
    body::Raw,
    handler::Done,
    lane::Lane,
    refusal::Refusal,
    route::{Access, Family, KIB, Routes},
    state::Gateway,
};

pub(crate) fn routes() -> Routes {
    const BYTES: usize = 64 * KIB;
    use {Access::Public, Lane::Notify};
    let mut routes = Routes::new(Family::Wechat);
    routes
        .post("/wechatpay/notify", Notify, Public, notify)
        .body_bytes_max(BYTES);
    routes
        .post("/wechatpay/notify/", Notify, Public, notify)
        .body_bytes_max(BYTES);
    routes
}

async fn notify(gateway: Gateway, Raw(headers, body): Raw) -> Result<Done, Refusal> {
    let header = |(name, value): (&HeaderName, &HeaderValue)| {
        name.as_str().starts_with("wechatpay-").then(|| Header {
            name: name.as_str().to_owned(),
            value: String::from_utf8_lossy(value.as_bytes()).into_owned(),
        })
    };
    let message = NotifyRequest {
        headers: headers.iter().filter_map(header).collect(),
        body: body.to_vec(),
    };
    gateway.payment().notify(message).await?;
    Ok(Done)
}
