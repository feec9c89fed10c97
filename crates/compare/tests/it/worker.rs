//! The role that compares, with a script in the child's place.

use std::{fs, os::unix::fs::PermissionsExt, path::Path, sync::Arc};

use clock::Clock;
use diff::Summary;
use proto::compare::State;
use service::{Ctx, Role};

use crate::support::{LIMIT, OWNER, Office, summary};

const ROLES: [Role; 4] = [Role::Grpc, Role::Events, Role::Jobs, Role::Work];

/// Answers as the child does, after `before`; it can name the paths of its request.
fn script(folder: &Path, before: &str) -> String {
    let found: Summary = summary(false);
    let done = serde_json::json!({ "done": found });
    format!(
        r#"#!/bin/sh
request=$(cat)
path() {{ printf %s "$request" | sed "s/.*\"$1\":\"\([^\"]*\)\".*/\1/"; }}
echo $$ > {pid}
{before}
echo '{{"progress":{{"stage":"parse","percent":40,"rows":9}}}}'
printf 'PK of %s' "$(path result)" > "$(path result)"
echo '{{"schema":"compare.preview/1"}}' > "$(path preview)"
cat <<'END'
{done}
END
"#,
        pid = folder.join("pid").display(),
    )
}

struct Plant {
    office: Office,
    folder: tempfile::TempDir,
}

impl Plant {
    async fn open(before: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let binary = write(folder.path(), "child", &script(folder.path(), before));
        let office = Office::open_as(&ROLES, |config| {
            config.work.binary = binary;
            config.work.tries_max = 1;
        })
        .await;
        Self { office, folder }
    }

    /// Waits until the child runs, and answers its process.
    async fn child(&self) -> u32 {
        let file = self.folder.path().join("pid");
        testkit::eventually(LIMIT, || async {
            fs::read_to_string(&file).is_ok_and(|pid| pid.ends_with('\n'))
        })
        .await;
        fs::read_to_string(&file).unwrap().trim().parse().unwrap()
    }

    async fn nothing_is_left_of(&self, child: u32) {
        let process = format!("/proc/{child}");
        testkit::eventually(LIMIT, || async {
            !Path::new(&process).exists() && self.office.temporary_files() == 0
        })
        .await;
    }
}

fn write(folder: &Path, name: &str, text: &str) -> std::path::PathBuf {
    let path = folder.join(name);
    // Renamed into place: a file that is open for writing cannot be run.
    let draft = folder.join(format!("{name}.draft"));
    fs::write(&draft, text).unwrap();
    fs::set_permissions(&draft, fs::Permissions::from_mode(0o700)).unwrap();
    fs::rename(&draft, &path).unwrap();
    path
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_submitted_is_compared() {
    let plant = Plant::open("").await;
    let office = &plant.office;
    let job = office.submitted(OWNER).await;
    let done = office.comes_to(&job, State::AwaitingPayment).await;
    assert_eq!(done.counts.unwrap().changed, 1);
    let left = office.objects_come_to(1).await;
    assert_eq!(left, [format!("jobs/{}/out/1.xlsx", job.job_id)]);
    let workbook = office.blob.get(&left[0]).await.unwrap();
    let bytes = workbook.body.collect(1_000).await.unwrap();
    assert!(bytes.starts_with(b"PK of "));
    plant.nothing_is_left_of(plant.child().await).await;
    plant.office.close_down().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_jobs_child_is_killed() {
    let plant = Plant::open("exec sleep 600").await;
    let office = &plant.office;
    let job = office.submitted(OWNER).await;
    let child = plant.child().await;
    assert_eq!(
        office.cancel(OWNER, &job).await.unwrap().state(),
        State::Cancelled
    );
    plant.nothing_is_left_of(child).await;
    office.objects_come_to(0).await;
    plant.office.close_down().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_stops_gives_its_job_to_the_next() {
    let plant = Plant::open("exec sleep 600").await;
    let office = &plant.office;
    let job = office.submitted(OWNER).await;
    let child = plant.child().await;
    assert!(
        office.ctx.shut_down(LIMIT).await,
        "something goes on after the stop"
    );
    plant.nothing_is_left_of(child).await;

    let mut config = office.config.clone();
    config.work.binary = write(
        plant.folder.path(),
        "next",
        &script(plant.folder.path(), ""),
    );
    let next = Ctx::new(
        compare::NAME,
        Arc::clone(&office.clock) as Arc<dyn Clock>,
        &ROLES,
    );
    let started = compare::start(&next, &config).await.unwrap();
    testkit::eventually(LIMIT, || async {
        let sql = "SELECT COUNT(*) FROM jobs WHERE state = 'awaiting_payment' AND attempt = 2";
        let count: i64 = sqlx::query_scalar(sql)
            .fetch_one(&started.pool)
            .await
            .unwrap();
        count == 1
    })
    .await;
    assert!(next.shut_down(LIMIT).await);
    let _ = job;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_child_that_dies_or_talks_nonsense_fails_its_job_alone() {
    for (before, code) in [
        ("kill -9 $$", "RESOURCE_LIMIT"),
        ("echo nonsense", "INTERNAL"),
    ] {
        let plant = Plant::open(before).await;
        let office = &plant.office;
        let job = office.submitted(OWNER).await;
        let failed = office.comes_to(&job, State::Failed).await;
        assert_eq!(failed.failure.unwrap().code, code);
        assert_eq!(failed.amount_fen, 0);
        plant.nothing_is_left_of(plant.child().await).await;
        plant.office.close_down().await;
    }
}
