use compare::{Begun, Failed};
use diff::{Failure, FailureCode, Progress, Stage};
use fault::Reason;
use proto::compare::{JobView, RetryRequest, State};
use tonic::{Response, Status};

use crate::support::{LIMIT, OWNER, Office, call, name, reason};

const LEASE_MS: i64 = 6_000;

impl Office {
    pub(crate) async fn retry(&self, user: i64, job: &JobView) -> Result<JobView, Status> {
        let message = RetryRequest {
            job_id: job.job_id.clone(),
        };
        let answer = self.client.clone().retry(call(user, message)).await;
        answer.map(Response::into_inner)
    }

    async fn nobody_gets(&self, job: &JobView) {
        let begun = self.app.begin(&name(job)).await.unwrap();
        assert!(matches!(begun, Begun::Nothing(_)), "{begun:?}");
    }
}

#[tokio::test]
async fn a_message_that_comes_twice_finds_the_job_taken() {
    let office = Office::open(|_| {}).await;
    let job = office.submitted(OWNER).await;
    let claimed = office.claimed(&job).await;
    office.nobody_gets(&job).await;
    assert!(office.finish(&claimed, false).await);
    office.nobody_gets(&job).await;
    assert!(!office.finish(&claimed, false).await, "it ends once");
    assert_eq!(office.count("SELECT COUNT(*) FROM reports").await, 1);
    office.close_down().await;
}

#[tokio::test]
async fn a_dead_workers_job_is_taken_over_and_its_late_answer_refused() {
    let office = Office::open(|_| {}).await;
    let job = office.submitted(OWNER).await;
    office.announced(&job, 1).await;
    let dead = office.claimed(&job).await;
    office.clock.advance_ms(LEASE_MS - 1);
    office.app.sweep().await.unwrap();
    office.nobody_gets(&job).await;
    assert_eq!(office.announcements(&job), 1);
    office.clock.advance_ms(1);
    office.announced(&job, 2).await;
    let heir = office.claimed(&job).await;
    assert_eq!((dead.attempt, heir.attempt), (1, 2));
    // It was not dead after all.
    assert!(
        !office
            .app
            .beat(&dead.name, dead.attempt, progress(50))
            .await
            .unwrap()
    );
    assert!(!office.finish(&dead, true).await);
    let why = Failure::new(FailureCode::FileCorrupt, "x");
    let failed = office
        .app
        .fail(&dead.name, dead.attempt, &why)
        .await
        .unwrap();
    assert_eq!(failed, Failed::Lost);
    assert_eq!(
        office.get(OWNER, &job).await.unwrap().state(),
        State::Processing
    );
    assert!(office.finish(&heir, false).await);
    let done = office.get(OWNER, &job).await.unwrap();
    assert_eq!(done.state(), State::AwaitingPayment);
    // What the dead one left in the store goes.
    let left = office.objects_come_to(1).await;
    assert_eq!(left, [heir.name.result_key(2)]);
    office.close_down().await;
}

fn progress(percent: u8) -> Progress {
    Progress {
        stage: Stage::Parse,
        percent,
        rows: 7,
    }
}

#[tokio::test]
async fn who_says_that_it_is_at_it_keeps_its_job() {
    let office = Office::open(|_| {}).await;
    let job = office.submitted(OWNER).await;
    let claimed = office.claimed(&job).await;
    for percent in [10, 20, 30] {
        office.clock.advance_ms(LEASE_MS - 1);
        assert!(
            office
                .app
                .beat(&claimed.name, 1, progress(percent))
                .await
                .unwrap()
        );
        office.app.sweep().await.unwrap();
    }
    let seen = office.get(OWNER, &job).await.unwrap().progress.unwrap();
    assert_eq!(
        (seen.stage.as_str(), seen.percent, seen.rows),
        ("parse", 30, 7)
    );
    assert!(office.finish(&claimed, true).await);
    assert!(
        !office
            .app
            .beat(&claimed.name, 1, progress(40))
            .await
            .unwrap()
    );
    office.close_down().await;
}

#[tokio::test]
async fn an_announcement_that_is_lost_is_made_again() {
    let office = Office::open(|_| {}).await;
    let job = office.submitted(OWNER).await;
    office.announced(&job, 1).await;
    office.clock.advance_ms(60_000);
    office.announced(&job, 2).await;
    office.close_down().await;
}

#[tokio::test]
async fn what_the_files_did_not_cause_is_tried_again_and_not_for_ever() {
    let office = Office::open(|config| config.work.tries_max = 2).await;
    let job = office.submitted(OWNER).await;
    let why = Failure::new(FailureCode::ResourceLimit, "资源不足");
    let claimed = office.claimed(&job).await;
    let failed = office.app.fail(&claimed.name, 1, &why).await.unwrap();
    assert_eq!(failed, Failed::PutOff);
    office.clock.advance_ms(1_000);
    office.announced(&job, 2).await;
    let claimed = office.claimed(&job).await;
    let failed = office.app.fail(&claimed.name, 2, &why).await.unwrap();
    assert_eq!(failed, Failed::ForGood);
    let failed = office.get(OWNER, &job).await.unwrap();
    let said = failed.failure.clone().unwrap();
    assert_eq!(
        (said.code.as_str(), said.retryable),
        ("RESOURCE_LIMIT", true)
    );
    assert_eq!((failed.state(), failed.amount_fen), (State::Failed, 0));
    let refused = office.export(OWNER, &job).await.unwrap_err();
    assert_eq!(reason(&refused), Reason::CompareFailed);

    // Its files are still there, so its owner may try once more.
    office.app.clean().await.unwrap();
    assert_eq!(office.objects().await.len(), 2);
    let again = office.retry(OWNER, &job).await.unwrap();
    assert_eq!(again.state(), State::Processing);
    office.announced(&job, 3).await;
    let claimed = office.claimed(&job).await;
    assert_eq!(claimed.attempt, 3);
    assert!(office.finish(&claimed, true).await);
    office.close_down().await;
}

#[tokio::test]
async fn what_the_files_caused_fails_at_once() {
    let office = Office::open(|_| {}).await;
    let job = office.submitted(OWNER).await;
    let claimed = office.claimed(&job).await;
    let why = Failure::new(FailureCode::FileCorrupt, "文件2损坏");
    let failed = office.app.fail(&claimed.name, 1, &why).await.unwrap();
    assert_eq!(failed, Failed::ForGood);
    let refused = office.retry(OWNER, &job).await.unwrap_err();
    assert_eq!(reason(&refused), Reason::CompareFailed);
    office.objects_come_to(0).await;
    office.close_down().await;
}

#[tokio::test]
async fn a_job_that_kills_its_workers_fails() {
    let office = Office::open(|config| config.work.tries_max = 2).await;
    let job = office.submitted(OWNER).await;
    for _ in 0..2 {
        office.claimed(&job).await;
        office.clock.advance_ms(LEASE_MS);
        testkit::eventually(LIMIT, || async {
            office.app.sweep().await.unwrap();
            office
                .count("SELECT COUNT(*) FROM jobs WHERE lease_until_ms > 0")
                .await
                == 0
        })
        .await;
    }
    office.comes_to(&job, State::Failed).await;
    office.close_down().await;
}
