//! Demo data, made through the API as anybody would. Running it again changes nothing.

use std::{
    thread,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use anyhow::{Context, Result, anyhow};
use serde_json::{Value, json};

use crate::{
    fleet::{self, Env},
    ports, process,
};

pub(crate) const ADMIN_PASSWORD: &str = "admin-demo";
pub(crate) const BUYER_PASSWORD: &str = "buyer-demo";
const BUYERS: [&str; 3] = ["alice", "bob", "carol"];

/// What the welcome names.
pub(crate) struct Catalogue {
    pub(crate) product: i64,
    pub(crate) activity: i64,
    pub(crate) units: i64,
}

/// Name, category, price in yuan, stock.
const PRODUCTS: [(&str, &str, &str, i64); 4] = [
    ("旗舰手机", "数码", "4999.00", 1_000),
    ("降噪耳机", "数码", "899.00", 2_000),
    ("机械键盘", "外设", "399.00", 3_000),
    ("咖啡礼盒", "食品", "129.00", 5_000),
];
const SALE_UNITS: i64 = 100;

/// The code of a service that cannot be reached just now.
const UNAVAILABLE: i64 = 503;
const TRIES: u32 = 50;
const BETWEEN_TRIES: Duration = Duration::from_millis(200);

pub(crate) fn seed(env: &Env) -> Result<Catalogue> {
    let admin = admin(env)?;
    for buyer in BUYERS {
        account(buyer, BUYER_PASSWORD)?;
    }
    let listed = call("GET", "/api/v1/products?page_size=100", None, &Value::Null)?;
    if listed["total"].as_i64() == Some(0) {
        for (name, category, price, stock) in PRODUCTS {
            let body = json!({"name": name, "category": category, "price": price, "stock": stock,
                "description": format!("演示商品：{name}")});
            call("POST", "/api/v1/admin/products", Some(&admin), &body)?;
        }
    }
    let running = call(
        "GET",
        "/api/v1/seckill/activities?status=active",
        None,
        &Value::Null,
    )?;
    if let Some(activity) = running["items"].as_array().and_then(|items| items.first()) {
        return catalogue(activity);
    }
    let products = call(
        "GET",
        "/api/v1/products?sort=created_at,asc",
        None,
        &Value::Null,
    )?;
    let product = products["items"][0]["id"]
        .as_i64()
        .context("no product was listed")?;
    #[expect(
        clippy::disallowed_methods,
        reason = "the sale starts when the data is seeded"
    )]
    let start_ms = SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis();
    let body = json!({
        "product_id": product, "name": "开张秒杀", "spike_price": "1999.00", "spike_stock": SALE_UNITS,
        "per_user_limit": 1, "payment_window_s": 900,
        "start_at": rfc3339(start_ms), "end_at": rfc3339(start_ms + 30 * 24 * 3_600_000),
    });
    catalogue(&call(
        "POST",
        "/api/v1/admin/seckill/activities",
        Some(&admin),
        &body,
    )?)
}

fn catalogue(activity: &Value) -> Result<Catalogue> {
    let number = |key: &str| {
        activity[key]
            .as_i64()
            .with_context(|| format!("no {key} in {activity}"))
    };
    Ok(Catalogue {
        product: number("product_id")?,
        activity: number("id")?,
        units: number("spike_stock")?,
    })
}

/// The administrator's access token. Its account is made like any other and named by its id.
fn admin(env: &Env) -> Result<String> {
    const NAME: &str = "admin";
    let signed_in = sign_in(NAME, ADMIN_PASSWORD)?;
    if signed_in["user"]["role"] != "admin" {
        let id = signed_in["user"]["id"]
            .as_i64()
            .context("no account id")?
            .to_string();
        process::run(&mut fleet::mall(env, &["admin", "grant", &id]))?;
    }
    // A role comes with the next login.
    account(NAME, ADMIN_PASSWORD)
}

/// Logs in, or registers first; answers the access token.
fn account(name: &str, password: &str) -> Result<String> {
    let signed_in = sign_in(name, password)?;
    signed_in["access_token"]
        .as_str()
        .map(str::to_owned)
        .context("no access token")
}

fn sign_in(name: &str, password: &str) -> Result<Value> {
    let body = json!({"username": name, "password": password});
    call("POST", "/api/v1/auth/login", None, &body)
        .or_else(|_| call("POST", "/api/v1/auth/register", None, &body))
}

/// One call of the canonical API; answers `data`. Services that have just started may not have met yet.
fn call(method: &str, path: &str, token: Option<&str>, body: &Value) -> Result<Value> {
    let mut tries = 0..TRIES;
    loop {
        let answer = ask(method, path, token, body)?;
        match answer["code"].as_i64() {
            Some(0) => return Ok(answer["data"].clone()),
            Some(UNAVAILABLE) if tries.next().is_some() => thread::sleep(BETWEEN_TRIES),
            _ => return Err(anyhow!("{method} {path}: {answer}")),
        }
    }
}

fn ask(method: &str, path: &str, token: Option<&str>, body: &Value) -> Result<Value> {
    let url = format!("http://127.0.0.1:{}{path}", ports::GATEWAY);
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .build()
        .into();
    let bearer = token.map(|token| format!("Bearer {token}"));
    let mut response = if method == "GET" {
        let mut request = agent.get(&url);
        if let Some(bearer) = &bearer {
            request = request.header("authorization", bearer);
        }
        request.call()?
    } else {
        let mut request = agent.post(&url);
        if let Some(bearer) = &bearer {
            request = request.header("authorization", bearer);
        }
        request.send_json(body)?
    };
    Ok(response.body_mut().read_json()?)
}

/// Unix milliseconds in RFC 3339, UTC (days to a civil date after Howard Hinnant's algorithm).
fn rfc3339(ms: u128) -> String {
    let seconds = (ms / 1_000) as i64;
    let (days, rest) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1_460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let (day, month) = (
        doy - (153 * mp + 2) / 5 + 1,
        if mp < 10 { mp + 3 } else { mp - 9 },
    );
    let year = yoe + era * 400 + i64::from(month <= 2);
    format!(
        "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z",
        rest / 3_600,
        rest / 60 % 60,
        rest % 60
    )
}
