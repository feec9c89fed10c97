//! A comparison through the whole fleet: uploaded, compared in a child process, looked at, paid at
//! the simulator, downloaded; canonical and as the original's clients do it.

use std::{fmt::Write, time::Duration};

use e2e::{
    api::{Account, Answer, Api, poll},
    fleet::{Fleet, PASSWORD},
};
use reqwest::{Method, StatusCode};
use serde_json::Value;

const SOON: Duration = Duration::from_secs(60);
const OLD: &str = "编号,名称,数量\nA1,甲,10\nA2,乙,20\nA3,丙,30\n";
const NEW: &str = "编号,名称,数量\nA1,甲,10\nA2,乙,21\nA4,丁,40\n";

/// A browser's form.
fn form(fields: &[(&str, Option<&str>, &str)]) -> String {
    let mut text = String::new();
    for (name, file, content) in fields {
        let file = file.map_or(String::new(), |file| format!("; filename=\"{file}\""));
        let head = format!("Content-Disposition: form-data; name=\"{name}\"{file}");
        write!(text, "--cut\r\n{head}\r\n\r\n{content}\r\n").unwrap();
    }
    text + "--cut--\r\n"
}

fn pair() -> String {
    form(&[
        ("file1", Some("旧.csv"), OLD),
        ("file2", Some("新.csv"), NEW),
    ])
}

struct Desk {
    fleet: Fleet,
    api: Api,
    user: Account,
}

impl Desk {
    async fn open() -> Self {
        let fleet = Fleet::start().await.unwrap();
        let api = fleet.api().unwrap();
        let user = api.register("auditor", PASSWORD).await.unwrap();
        Self { fleet, api, user }
    }

    async fn send(&self, path: &str, token: Option<&str>, body: String, key: &str) -> Answer {
        let request = self.api.raw(Method::POST, path).body(body);
        let mut request = request.header("Content-Type", "multipart/form-data; boundary=cut");
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        if !key.is_empty() {
            request = request.header("Idempotency-Key", key);
        }
        Api::answer(request).await.unwrap()
    }

    async fn submit(&self, body: String, key: &str) -> Answer {
        let token = Some(self.user.token.as_str());
        self.send("/api/v1/compare/jobs", token, body, key).await
    }

    async fn get(&self, path: &str) -> Answer {
        self.api.get(path, Some(&self.user)).await.unwrap()
    }

    /// Polls until the job is no longer compared and, if it has a price, can be paid.
    async fn settled(&self, path: &str, job: impl Fn(&Answer) -> Value) -> Value {
        let seen = poll(SOON, async || {
            let job = job(&self.get(path).await);
            let awaits = job["status"] == "awaiting_payment" && !job["code_url"].is_string();
            Ok((job["status"] != "processing" && !awaits).then_some(job))
        });
        seen.await.unwrap()
    }

    async fn becomes(&self, path: &str, status: &str, job: impl Fn(&Answer) -> Value) -> Value {
        let seen = poll(SOON, async || {
            let job = job(&self.get(path).await);
            Ok((job["status"] == status).then_some(job))
        });
        seen.await.unwrap()
    }

    async fn pay(&self, code_url: &Value) {
        let desk = self.fleet.desk().unwrap();
        desk.scan_and_pay(code_url.as_str().unwrap()).await.unwrap();
    }
}

fn data(answer: &Answer) -> Value {
    answer.data().clone()
}

fn flat(answer: &Answer) -> Value {
    answer.body.clone()
}

async fn is_a_workbook(url: &Value) {
    let answer = reqwest::get(url.as_str().unwrap()).await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    let bytes = answer.bytes().await.unwrap();
    assert!(bytes.starts_with(b"PK"), "no zip");
    let has = |name: &[u8]| bytes.windows(name.len()).any(|window| window == name);
    assert!(has(b"xl/workbook.xml") && has(b"xl/worksheets/sheet1.xml"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_comparison_from_the_upload_to_the_paid_workbook() {
    let desk = Desk::open().await;
    let taken = desk.submit(pair(), "k1").await;
    assert_eq!(taken.status, StatusCode::ACCEPTED, "{}", taken.body);
    let id = taken.data()["job_id"].as_str().unwrap().to_owned();
    let path = format!("/api/v1/compare/jobs/{id}");

    // The same key is the same job, other files are not.
    let again = desk.submit(pair(), "k1").await;
    assert_eq!(again.data()["job_id"], id, "{}", again.body);
    assert_eq!(again.headers["idempotency-replayed"], "true");
    let other = form(&[("file1", Some("a"), OLD), ("file2", Some("b"), OLD)]);
    let refused = desk.submit(other, "k1").await;
    assert_eq!(
        (refused.status, refused.code()),
        (StatusCode::CONFLICT, 30012)
    );

    let job = desk.settled(&path, data).await;
    assert_eq!(job["status"], "awaiting_payment", "{job}");
    assert_eq!(
        (&job["amount_fen"], &job["paid"]),
        (&1.into(), &false.into())
    );
    let found = &job["summary"];
    assert_eq!(
        (&found["changed"], &found["added"]),
        (&1.into(), &1.into()),
        "{job}"
    );
    assert_eq!(
        (&found["removed"], &found["unchanged"]),
        (&1.into(), &1.into()),
        "{job}"
    );
    let preview = desk.get(&format!("{path}/preview")).await;
    assert_eq!(preview.data()["summary"]["schema"], "compare.summary/1");
    assert_eq!(preview.data()["preview"]["schema"], "compare.preview/1");

    let export = format!("{path}/export?format=json");
    let unpaid = desk.get(&export).await;
    assert_eq!(
        (unpaid.status, unpaid.code()),
        (StatusCode::PAYMENT_REQUIRED, 70023)
    );
    let stranger = desk.api.register("stranger", PASSWORD).await.unwrap();
    let hidden = desk.api.get(&path, Some(&stranger)).await.unwrap();
    assert_eq!(
        (hidden.status, hidden.code()),
        (StatusCode::NOT_FOUND, 70021)
    );

    desk.pay(&job["code_url"]).await;
    let ready = desk.becomes(&path, "ready", data).await;
    assert!(
        ready["paid_at"].is_string() && ready["payment_no"].is_string(),
        "{ready}"
    );
    let link = desk.get(&export).await;
    assert_eq!(link.data()["filename"], "比对结果.xlsx", "{}", link.body);
    is_a_workbook(&link.data()["url"]).await;
    let payment = desk
        .get(&format!(
            "/api/v1/payments/{}",
            ready["payment_no"].as_str().unwrap()
        ))
        .await;
    assert_eq!(payment.data()["job_id"], id, "{}", payment.body);
    desk.compares_once_more_for_free().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_originals_clients_work_unchanged() {
    let desk = Desk::open().await;
    for base in ["", "/api"] {
        let jobs = format!("{base}/compare/jobs");
        let taken = desk.send(&jobs, None, pair(), "").await;
        assert_eq!(taken.status, StatusCode::OK, "{}", taken.body);
        assert_eq!(taken.body["status"], "processing");
        let id = taken.body["jobId"].as_str().unwrap().to_owned();
        let (bare, secret) = id.split_once('.').unwrap();
        assert!(bare.starts_with("job_") && bare.len() == 28, "{id}");
        assert_eq!(secret.len(), 32, "{id}");
        let path = format!("{jobs}/{id}");
        for stranger in [bare.to_owned(), format!("{bare}.{}", "0".repeat(32))] {
            let refused = desk.get(&format!("{jobs}/{stranger}")).await;
            assert_eq!(refused.status, StatusCode::NOT_FOUND, "{stranger}");
        }
        let early = desk.get(&format!("{path}/export")).await;
        assert_eq!(early.status, StatusCode::PAYMENT_REQUIRED, "{}", early.body);
        let job = desk.settled(&path, flat).await;
        assert_eq!(
            (&job["status"], &job["paid"]),
            (&"awaiting_payment".into(), &false.into())
        );
        assert_eq!(job["amount"].to_string(), "0.01", "{job}");
        let unpaid = desk.get(&format!("{path}/export?format=json")).await;
        assert_eq!(unpaid.status, StatusCode::PAYMENT_REQUIRED);
        desk.pay(&job["code_url"]).await;
        let ready = desk.becomes(&path, "ready", flat).await;
        assert!(
            ready["paidAt"].is_string() && ready["code_url"].is_null(),
            "{ready}"
        );
        let link = desk.get(&format!("{path}/export?format=json")).await;
        assert_eq!(link.body["filename"], "比对结果.xlsx", "{}", link.body);
        is_a_workbook(&link.body["url"]).await;
        let late = desk
            .api
            .post(&format!("{path}/cancel"), None, &Value::Null)
            .await;
        assert_eq!(late.unwrap().status, StatusCode::CONFLICT);
    }
    desk.refuses_in_its_own_words().await;
}

impl Desk {
    /// The same two files with other options, within a day.
    async fn compares_once_more_for_free(&self) {
        let options = form(&[
            ("options", None, "{\"values\":{\"case\":\"ignore\"}}"),
            ("file2", Some("新.csv"), NEW),
            ("file1", Some("旧.csv"), OLD),
        ]);
        let again = self.submit(options, "").await;
        let id = again.data()["job_id"].as_str().unwrap();
        let free = self
            .settled(&format!("/api/v1/compare/jobs/{id}"), data)
            .await;
        assert_eq!(
            (&free["status"], &free["amount_fen"]),
            (&"ready".into(), &0.into()),
            "{free}"
        );
        let list = self.get("/api/v1/compare/jobs?status=ready").await;
        assert_eq!(list.data()["total"], 2, "{}", list.body);
    }

    async fn refuses_in_its_own_words(&self) {
        let jobs = "/compare/jobs";
        let alone = form(&[("file1", Some("a.csv"), OLD)]);
        let taken = self.send(jobs, None, pair(), "").await;
        let id = taken.body["jobId"].as_str().unwrap().to_owned();
        let path = format!("{jobs}/{id}");
        self.settled(&path, flat).await;
        // Its payment is open by now, and closed first.
        for _ in 0..2 {
            let cancel = format!("{path}/cancel");
            let cancelled = self.api.post(&cancel, None, &Value::Null).await.unwrap();
            assert_eq!(cancelled.status, StatusCode::OK, "{}", cancelled.body);
            assert_eq!(cancelled.body["cancelled"], true);
        }
        let view = self.get(&path).await;
        assert!(view.body["cancelledAt"].is_string(), "{}", view.body);
        let gone = self.get(&format!("{path}/export")).await;
        assert_eq!(gone.status, StatusCode::GONE);
        let unknown = self.get("/compare/jobs/job_000000000000000000000000").await;
        assert_eq!(unknown.status, StatusCode::NOT_FOUND);
        assert!(unknown.body["message"].is_string() && unknown.body["detail"].is_string());
        let list = self.get(jobs).await;
        assert_eq!(list.status, StatusCode::METHOD_NOT_ALLOWED);
        for (body, kind) in [
            (alone, "multipart/form-data; boundary=cut"),
            (
                pair()[..200].to_owned(),
                "multipart/form-data; boundary=cut",
            ),
            ("{}".to_owned(), "application/json"),
        ] {
            let request = self.api.raw(Method::POST, jobs).body(body);
            let request = request.header("Content-Type", kind);
            let refused = Api::answer(request).await.unwrap();
            assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{}", refused.body);
        }
        for path in ["/healthz", "/api/healthz"] {
            assert_eq!(self.get(path).await.body["status"], "ok");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_workers_job_is_finished_by_the_next() {
    let mut desk = Desk::open().await;
    let taken = desk.submit(pair(), "").await;
    let id = taken.data()["job_id"].as_str().unwrap().to_owned();
    desk.fleet.kill("compare").unwrap();
    desk.fleet.restart("compare", &[]).await.unwrap();
    let path = format!("/api/v1/compare/jobs/{id}");
    let job = desk.settled(&path, data).await;
    assert_eq!(job["status"], "awaiting_payment", "{job}");
}
