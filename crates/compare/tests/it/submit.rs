use fault::Reason;
use futures_util::future::join_all;
use proto::compare::{
    State, SubmitRequest,
    submit_request::{File, Part},
};

use crate::support::{OWNER, Office, call, form, reason};

const OLD: &str = "编号,数量\n1,10\n2,20\n";
const NEW: &str = "编号,数量\n1,10\n2,21\n";

async fn nothing_is_left(office: &Office) {
    office.objects_come_to(0).await;
    assert_eq!(office.count("SELECT COUNT(*) FROM uploads").await, 0);
    assert_eq!(office.count("SELECT COUNT(*) FROM jobs").await, 0);
}

#[tokio::test]
async fn a_job_is_committed_with_its_files_and_announced() {
    let office = Office::open(|_| {}).await;
    let answer = office.send(OWNER, form("", [OLD, NEW], "")).await.unwrap();
    assert!(!answer.repeated);
    let job = answer.job.unwrap();
    assert_eq!((job.state(), job.user_id), (State::Processing, OWNER));
    let file = job.file1.clone().unwrap();
    assert_eq!(
        (file.name.as_str(), file.bytes),
        ("表1.csv", OLD.len() as i64)
    );
    assert_eq!(file.sha256.len(), 64);
    let keys = office.objects().await;
    assert_eq!(
        keys,
        [
            format!("jobs/{}/in/1", job.job_id),
            format!("jobs/{}/in/2", job.job_id)
        ]
    );
    let stored = office.blob.get(&keys[1]).await.unwrap();
    assert_eq!(stored.body.collect(1_000).await.unwrap(), NEW.as_bytes());
    office.announced(&job, 1).await;
    assert_eq!(office.count("SELECT COUNT(*) FROM uploads").await, 0);
    office.close_down().await;
}

#[tokio::test]
async fn what_cannot_be_a_job_is_refused_and_leaves_nothing() {
    let office = Office::open(|config| config.jobs.upload_bytes_max = 100).await;
    let long = "x".repeat(60);
    let file = |slot| {
        Part::File(File {
            slot,
            name: "a".into(),
        })
    };
    let one_file = {
        let mut parts = form("", [OLD, NEW], "");
        let second = parts.iter().position(|part| *part == file2()).unwrap();
        parts.drain(second..parts.len() - 1);
        parts
    };
    for (parts, expected) in [
        (form("", ["", NEW], ""), Reason::FileEmpty),
        (form("", [OLD, ""], ""), Reason::FileEmpty),
        (one_file, Reason::UploadForm),
        (form("", [&long, &long], ""), Reason::UploadTooLarge),
        (
            form("", [OLD, NEW], "{\"tolerence\":1}"),
            Reason::OptionInvalid,
        ),
        (form("", [OLD, NEW], "{"), Reason::OptionInvalid),
        (
            form("", [OLD, NEW], "{\"header\":{\"levels\":4}}"),
            Reason::OptionInvalid,
        ),
        (form("", [OLD, NEW], "")[..9].to_vec(), Reason::UploadForm),
        (vec![], Reason::UploadForm),
        (vec![file(1)], Reason::Internal),
    ] {
        let refused = office.send(OWNER, parts.clone()).await.unwrap_err();
        assert_eq!(reason(&refused), expected, "{parts:?}");
        nothing_is_left(&office).await;
    }
    assert!(office.waiting.lock().unwrap().is_empty());
    office.close_down().await;
}

fn file2() -> Part {
    Part::File(File {
        slot: 2,
        name: "表2.csv".into(),
    })
}

#[tokio::test]
async fn a_caller_that_goes_away_leaves_nothing() {
    let office = Office::open(|_| {}).await;
    let (tell, told) = tokio::sync::mpsc::channel(8);
    let request = call(OWNER, tokio_stream::wrappers::ReceiverStream::new(told));
    let mut client = office.client.clone();
    let calling = tokio::spawn(async move { client.submit(request).await });
    for part in form("", [OLD, NEW], "").into_iter().take(8) {
        tell.send(SubmitRequest { part: Some(part) }).await.unwrap();
    }
    testkit::eventually(crate::support::LIMIT, || async {
        office.count("SELECT COUNT(*) FROM uploads").await == 1
    })
    .await;
    calling.abort();
    drop(tell);
    testkit::eventually(crate::support::LIMIT, || async {
        office.count("SELECT COUNT(*) FROM uploads").await == 0
    })
    .await;
    nothing_is_left(&office).await;
    office.close_down().await;
}

#[tokio::test]
async fn the_same_key_is_the_same_job() {
    let office = Office::open(|_| {}).await;
    let first = office
        .send(OWNER, form("k1", [OLD, NEW], ""))
        .await
        .unwrap();
    let again = office
        .send(OWNER, form("k1", [OLD, NEW], "{}"))
        .await
        .unwrap();
    assert!(again.repeated && !first.repeated);
    let job = first.job.unwrap();
    assert_eq!(again.job.unwrap().job_id, job.job_id);
    for other in [
        form("k1", [OLD, OLD], ""),
        form("k1", [OLD, NEW], "{\"mode\":\"position\"}"),
    ] {
        let refused = office.send(OWNER, other).await.unwrap_err();
        assert_eq!(reason(&refused), Reason::IdempotencyKeyReused);
    }
    // Another's key is another's.
    let other = office.send(8, form("k1", [OLD, NEW], "")).await.unwrap();
    assert!(!other.repeated);
    assert_eq!(office.objects().await.len(), 4);
    office.announced(&job, 1).await;
    office.close_down().await;
}

#[tokio::test]
async fn the_same_request_many_times_at_once_is_one_job() {
    let office = Office::open(|_| {}).await;
    let sends = (0..8).map(|_| office.send(OWNER, form("k", [OLD, NEW], "")));
    let answers = join_all(sends).await;
    let jobs: Vec<_> = answers.into_iter().map(|answer| answer.unwrap()).collect();
    assert_eq!(jobs.iter().filter(|answer| !answer.repeated).count(), 1);
    let id = jobs[0].job.clone().unwrap().job_id;
    assert!(
        jobs.iter()
            .all(|answer| answer.job.as_ref().unwrap().job_id == id)
    );
    assert_eq!(office.count("SELECT COUNT(*) FROM jobs").await, 1);
    office.objects_come_to(2).await;
    office.close_down().await;
}

#[tokio::test]
async fn an_upload_that_nobody_finishes_is_removed() {
    let office = Office::open(|_| {}).await;
    // As a process leaves it that is killed on the way.
    office
        .blob
        .put(
            "jobs/job_0123456789abcdef01234567/in/1",
            "x/y",
            "half".into(),
        )
        .await
        .unwrap();
    sqlx::query("INSERT INTO uploads (name, until_ms, given_up) VALUES (?, ?, FALSE)")
        .bind("job_0123456789abcdef01234567")
        .bind(clock::Clock::now_ms(&*office.clock) + 1_000)
        .execute(&office.pool)
        .await
        .unwrap();
    office.app.clean().await.unwrap();
    assert_eq!(office.objects().await.len(), 1, "it may still be arriving");
    office.clock.advance_ms(1_000);
    nothing_is_left(&office).await;
    office.close_down().await;
}
