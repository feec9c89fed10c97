//! Far more than the fleet can take: the gateway sheds early and says when to come back, whoever is
//! admitted is served, the other lanes shed nothing, memory does not grow with the storm, and
//! nothing of it is left behind.

use std::{
    fs,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use e2e::{
    api::{Account, Api},
    fleet::Fleet,
    load::{Load, Requests, Told},
    sale,
};
use reqwest::Method;

/// Purchases under way at once; one more is shed.
const LANE: usize = 32;
const CALM: usize = 24;
/// Each asks again as soon as it is answered.
const STORM: usize = 600;
const FIRST_USER: i64 = 1_000_000;
/// So many that nobody meets the limit per user.
const USERS: usize = 30_000;
const A_WHILE: Duration = Duration::from_secs(3);
const LONG: Duration = Duration::from_secs(10);
const SOLD_OUT: i64 = 60_003;
const SHED: i64 = 503;
/// Of a service that does not grow with what is asked of it.
const GROWTH_KIB_MAX: u64 = 200 * 1_024;

#[tokio::test(flavor = "multi_thread")]
async fn a_storm_is_shed_early_and_leaves_nothing_behind() {
    let mut fleet = Fleet::start().await.unwrap();
    let lane = LANE.to_string();
    let small = [("MALL_LANES__SECKILL", lane.as_str())];
    fleet.restart("gateway", &small).await.unwrap();
    let (api, admin) = (fleet.api().unwrap(), fleet.admin().await.unwrap());
    let activity = sale::open(&api, &admin, 5, 900).await.unwrap();
    let last = FIRST_USER + i64::try_from(USERS).unwrap() - 1;
    let requests = requests(activity, fleet.tokens(FIRST_USER, last).unwrap());
    let first = Account {
        name: "first".into(),
        id: FIRST_USER,
        token: fleet.tokens(FIRST_USER, FIRST_USER).unwrap().remove(0),
    };
    sale::patiently(async || api.reserve(activity, &first, None, 1).await)
        .await
        .unwrap();

    let calm = load(&fleet, &requests, CALM, A_WHILE).await;
    assert_eq!(calm.of(SHED), 0, "{:?}", calm.codes);
    let before_kib = resident_kib(&fleet);

    let over = Arc::new(AtomicBool::new(false));
    let browsing = tokio::spawn(browse(api.clone(), over.clone()));
    let shed = tokio::spawn(when_to_come_back(
        api.clone(),
        activity,
        first,
        over.clone(),
    ));
    let storm = load(&fleet, &requests, STORM, LONG).await;
    over.store(true, Ordering::SeqCst);
    let (slowest, hint) = (browsing.await.unwrap(), shed.await.unwrap());
    let grown_kib = resident_kib(&fleet).saturating_sub(before_kib);
    println!(
        "calm {:.0}/s · storm {:?}, sold out {:.0}/s · browsing at most {slowest:?} · come back in \
         {hint:?} s · {grown_kib} KiB more",
        calm.rate(),
        storm.codes,
        served(&storm),
    );
    assert!(storm.of(SHED) > storm.of(SOLD_OUT), "{:?}", storm.codes);
    assert!(storm.of(SOLD_OUT) > 0, "{:?}", storm.codes);
    assert_eq!(
        storm.of(-1) + storm.of(500) + storm.of(504),
        0,
        "{:?}",
        storm.codes
    );
    assert!(hint.is_some_and(|seconds| seconds >= 1), "no Retry-After");
    assert!(grown_kib < GROWTH_KIB_MAX, "{grown_kib} KiB more");

    let after = load(&fleet, &requests, CALM, A_WHILE).await;
    assert_eq!(after.of(SHED), 0, "{:?}", after.codes);
    assert!(after.of(SOLD_OUT) > 0, "{:?}", after.codes);
}

fn served(told: &Told) -> f64 {
    told.of(SOLD_OUT) as f64 / told.took.as_secs_f64()
}

fn requests(activity: i64, tokens: Vec<String>) -> Requests {
    const BODY: &str = "{\"quantity\":1}";
    Arc::new(move |number| {
        let token = &tokens[number % tokens.len()];
        let text = format!(
            "POST /api/v1/seckill/activities/{activity}/orders HTTP/1.1\r\nHost: mall\r\n\
             Authorization: Bearer {token}\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n{BODY}",
            BODY.len()
        );
        Some(text.into_bytes())
    })
}

async fn load(fleet: &Fleet, requests: &Requests, connections: usize, long: Duration) -> Told {
    let load = Load {
        address: fleet.gateway(),
        connections,
        rate: None,
        at_least: (long, 1),
        requests: requests.clone(),
    };
    load.run().await.unwrap()
}

/// Looks at the catalogue all the time; answers the longest look.
async fn browse(api: Api, over: Arc<AtomicBool>) -> Duration {
    let mut slowest = Duration::ZERO;
    while !over.load(Ordering::SeqCst) {
        let start = Instant::now();
        let answer = api.get("/api/v1/products", None).await.unwrap();
        assert_eq!(answer.code(), 0, "{}", answer.body);
        slowest = slowest.max(start.elapsed());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    slowest
}

/// What `Retry-After` says to somebody who is shed.
async fn when_to_come_back(
    api: Api,
    activity: i64,
    buyer: Account,
    over: Arc<AtomicBool>,
) -> Option<u64> {
    while !over.load(Ordering::SeqCst) {
        // Not as the API's patient client, which asks again.
        let path = format!("/api/v1/seckill/activities/{activity}/orders");
        let request = api.raw(Method::POST, &path).bearer_auth(&buyer.token);
        let answer = Api::answer(request).await.unwrap();
        if answer.status == 503 {
            let hint = answer.headers.get("retry-after")?;
            return hint.to_str().ok()?.parse().ok();
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    None
}

fn resident_kib(fleet: &Fleet) -> u64 {
    let pid = fleet.pid("gateway").unwrap();
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmRSS:"))
        .unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}
