//! `kill -9` at random moments of many comparisons: each ends once, is paid once, and leaves nothing
//! behind but its workbook.

use std::{
    collections::BTreeSet,
    fmt::Write,
    fs,
    path::Path,
    time::{Duration, Instant},
};

use e2e::{
    api::{Account, Api, poll},
    fleet::{Fleet, PASSWORD},
};
use rand::{Rng, SeedableRng, rngs::StdRng};
use reqwest::{Method, StatusCode};
use serde_json::Value;
use simulators::s3::{ACCESS_KEY, SECRET_KEY};

const SEED: u64 = 20_261_121;
const KILLS: u64 = 6;
const JOBS_PER_KILL: u64 = 2;
/// A worker has begun by then.
const AT_WORK: Duration = Duration::from_secs(30);
const ROWS: u64 = 12_000;
const REST: Duration = Duration::from_secs(180);
const LEASE: [(&str, &str); 4] = [
    ("MALL_WORK__LEASE_MS", "1500"),
    ("MALL_WORK__HEARTBEAT_MS", "300"),
    // No job shall fail for having met every kill.
    ("MALL_WORK__TRIES_MAX", "100"),
    ("MALL_JOBS__ANNOUNCE_AGAIN_S", "2"),
];

/// A table in which `changed` of the rows have another value.
fn table(changed: u64) -> String {
    let mut text = "id,name,amount\n".to_owned();
    for row in 0..ROWS {
        let amount = row * 7 + u64::from(row < changed);
        writeln!(text, "K{row:06},name of {row},{amount}").unwrap();
    }
    text
}

fn form(changed: u64) -> String {
    let part = |name: &str, content: &str| {
        format!(
            "--cut\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"{name}.csv\"\r\n\r\n{content}\r\n"
        )
    };
    part("file1", &table(0)) + &part("file2", &table(changed)) + "--cut--\r\n"
}

async fn submit(api: &Api, user: &Account, changed: u64) -> String {
    let request = api
        .raw(Method::POST, "/api/v1/compare/jobs")
        .header("Content-Type", "multipart/form-data; boundary=cut")
        .bearer_auth(&user.token)
        .body(form(changed));
    let taken = Api::answer(request).await.unwrap();
    assert_eq!(taken.status, StatusCode::ACCEPTED, "{}", taken.body);
    taken.data()["job_id"].as_str().unwrap().to_owned()
}

async fn comes_to(api: &Api, user: &Account, id: &str, status: &str) -> Value {
    let path = format!("/api/v1/compare/jobs/{id}");
    let seen = poll(REST, async || {
        let job = api.get(&path, Some(user)).await?.data().clone();
        let awaits = job["status"] == "awaiting_payment" && !job["code_url"].is_string();
        Ok((job["status"] == status && !awaits).then_some(job))
    });
    seen.await.unwrap()
}

/// What the fleet keeps of comparisons.
async fn objects(fleet: &Fleet) -> BTreeSet<String> {
    let store = blob::Blob::new(&blob::Config {
        url: fleet.s3(),
        public_endpoint: String::new(),
        bucket: "mall".into(),
        prefix: "compare/".into(),
        region: "us-east-1".into(),
        access_key: ACCESS_KEY.into(),
        secret_key: SECRET_KEY.into(),
        path_style: true,
    });
    let page = store.list("", None).await.unwrap();
    page.entries.into_iter().map(|entry| entry.key).collect()
}

/// Folders of attempts, in the folders of whatever process.
fn attempts(folder: &Path) -> usize {
    let within = |process: fs::DirEntry| {
        let files = fs::read_dir(process.path()).into_iter().flatten().flatten();
        files.filter(|file| file.file_name() != "lock").count()
    };
    fs::read_dir(folder).unwrap().flatten().map(within).sum()
}

/// Returns when a worker has begun, whatever it does next.
async fn at_work(folder: &Path) {
    let until = Instant::now() + AT_WORK;
    while attempts(folder) == 0 && Instant::now() < until {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_workers_lose_and_double_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let work = folder.path().display().to_string();
    let mut more = vec![("MALL_WORK__FOLDER", work.as_str())];
    more.extend(LEASE);
    let mut fleet = Fleet::start_with(&more).await.unwrap();
    let (api, mut random) = (fleet.api().unwrap(), StdRng::seed_from_u64(SEED));
    let user = api.register("auditor", PASSWORD).await.unwrap();
    let mut jobs = Vec::new();
    let mut met_at_work = 0;
    for kill in 0..KILLS {
        for changed in 1 + kill * JOBS_PER_KILL..=(kill + 1) * JOBS_PER_KILL {
            jobs.push((submit(&api, &user, changed).await, changed));
        }
        at_work(folder.path()).await;
        tokio::time::sleep(Duration::from_millis(random.random_range(0..200))).await;
        met_at_work += attempts(folder.path());
        fleet.restart("compare", &[]).await.unwrap();
    }
    assert!(met_at_work > 0, "nobody was killed at work");

    let desk = fleet.desk().unwrap();
    for (id, changed) in &jobs {
        let job = comes_to(&api, &user, id, "awaiting_payment").await;
        assert_eq!(job["summary"]["changed"], *changed, "{job}");
        assert_eq!(job["summary"]["unchanged"], ROWS - changed, "{job}");
        desk.scan_and_pay(job["code_url"].as_str().unwrap())
            .await
            .unwrap();
        fleet.restart("compare", &[]).await.unwrap();
        comes_to(&api, &user, id, "ready").await;
    }

    let left = poll(REST, async || {
        let left = objects(&fleet).await;
        Ok((left.len() == jobs.len() && attempts(folder.path()) == 0).then_some(left))
    });
    let left = left
        .await
        .unwrap_or_else(|_| panic!("{jobs:?}: something is left over"));
    for (id, _) in &jobs {
        assert_eq!(
            left.iter().filter(|key| key.contains(id.as_str())).count(),
            1,
            "{left:?}"
        );
    }
    let auditor = fleet.auditor().await.unwrap();
    let paid =
        "SELECT COUNT(*) FROM payments WHERE purpose = 'compare_job' AND paid_at_ms IS NOT NULL";
    let paid: i64 = sqlx::query_scalar(paid)
        .fetch_one(&auditor.payment)
        .await
        .unwrap();
    let refunds = "SELECT COUNT(*) FROM refunds";
    let refunds: i64 = sqlx::query_scalar(refunds)
        .fetch_one(&auditor.payment)
        .await
        .unwrap();
    assert_eq!((paid, refunds), (i64::try_from(jobs.len()).unwrap(), 0));
}
