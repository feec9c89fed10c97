use std::time::Duration;

use axum::http::StatusCode;

use super::*;
use crate::{
    lane::Lane,
    route::{Family, Routes},
};

async fn panics(_: Cx) -> Response {
    panic!("on purpose")
}

async fn sleeps(_: Cx) -> Response {
    tokio::time::sleep(Duration::from_secs(60)).await;
    Response::default()
}

/// A gateway whose only routes are these.
fn start(routes: Routes) -> String {
    let (ctx, _) = testkit::ctx(crate::NAME);
    let mut config: crate::Config = testkit::config(crate::NAME, crate::DEFAULTS);
    config.http.request_timeout_ms = 200;
    let (http, gateway) = (config.http.clone(), crate::parts(&ctx, config).unwrap());
    let listener = crate::listen("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = listener.local_addr().unwrap();
    let connect = connect(gateway, Table::new(vec![routes]).unwrap(), None);
    let (tracker, stop) = (ctx.tracker().clone(), ctx.stop().clone());
    ctx.spawn(crate::serve(listener, connect, http, tracker, stop));
    format!("http://{address}")
}

#[tokio::test]
async fn a_panic_or_a_handler_that_takes_too_long_ends_one_request() {
    let mut routes = Routes::new(Family::V1);
    let (lane, access) = (Lane::Exempt, Access::Public);
    routes.get("/panic", lane, access, panics);
    routes.get("/panic/inline", lane, access, panics).inline();
    routes.get("/sleep", lane, access, sleeps);
    routes.get("/sleep/inline", lane, access, sleeps).inline();
    let address = start(routes);
    let http = reqwest::Client::builder();
    let http = http.timeout(Duration::from_secs(5)).build().unwrap();
    let (broken, late) = (
        StatusCode::INTERNAL_SERVER_ERROR,
        StatusCode::GATEWAY_TIMEOUT,
    );
    for _ in 0..2 {
        for (path, status) in [
            ("/panic", broken),
            ("/panic/inline", broken),
            ("/sleep", late),
            ("/sleep/inline", late),
        ] {
            let answer = http.get(format!("{address}{path}")).send().await.unwrap();
            assert_eq!(answer.status(), status, "{path}");
        }
    }
}
