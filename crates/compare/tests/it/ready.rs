use fault::Reason;
use proto::compare::{ListRequest, PreviewRequest, State};

use crate::support::{OWNER, Office, call, form, reason};

#[tokio::test]
async fn the_free_part_is_free_and_the_workbook_is_not() {
    let office = Office::open(|_| {}).await;
    let job = office.submitted(OWNER).await;
    for refused in [
        office.export(OWNER, &job).await.unwrap_err(),
        office.preview(OWNER, &job).await.unwrap_err(),
    ] {
        assert_eq!(reason(&refused), Reason::JobNotReady);
    }
    let claimed = office.claimed(&job).await;
    assert!(office.finish(&claimed, false).await);
    let job = office.get(OWNER, &job).await.unwrap();
    assert_eq!((job.state(), job.amount_fen), (State::AwaitingPayment, 199));
    let counts = job.counts.unwrap();
    assert_eq!((counts.changed, counts.unchanged), (1, 9));
    let preview = office.preview(OWNER, &job).await.unwrap();
    assert!(preview.summary.contains("compare.summary/1"));
    assert!(preview.preview.contains("compare.preview/1"));
    let refused = office.export(OWNER, &job).await.unwrap_err();
    assert_eq!(reason(&refused), Reason::JobUnpaid);
    // Its sources are not needed any more.
    let left = office.objects_come_to(1).await;
    assert_eq!(left, [format!("jobs/{}/out/1.xlsx", job.job_id)]);
    office.close_down().await;
}

#[tokio::test]
async fn what_costs_nothing_is_ready_at_once() {
    let office = Office::open(|_| {}).await;
    let job = office.submitted(OWNER).await;
    let claimed = office.claimed(&job).await;
    assert!(office.finish(&claimed, true).await);
    let job = office.get(OWNER, &job).await.unwrap();
    assert_eq!(
        (job.state(), job.amount_fen, job.paid_at_ms),
        (State::Ready, 0, 0)
    );
    let link = office.export(OWNER, &job).await.unwrap();
    assert_eq!(
        (link.file_name.as_str(), link.expires_in_s),
        ("比对结果.xlsx", 600)
    );
    let answer = reqwest::get(&link.url).await.unwrap();
    assert_eq!(answer.status().as_u16(), 200);
    let named = answer.headers()["content-disposition"].to_str().unwrap();
    let encoded = "filename*=UTF-8''%E6%AF%94%E5%AF%B9%E7%BB%93%E6%9E%9C.xlsx";
    assert!(
        named.starts_with("attachment;") && named.contains(encoded),
        "{named}"
    );
    assert_eq!(answer.text().await.unwrap(), "workbook 1");
    office.close_down().await;
}

#[tokio::test]
async fn anothers_job_is_not_there_and_an_anonymous_one_is_no_accounts() {
    let office = Office::open(|_| {}).await;
    let job = office.submitted(OWNER).await;
    for stranger in [0, 8] {
        for refused in [
            office.get(stranger, &job).await.unwrap_err(),
            office.export(stranger, &job).await.unwrap_err(),
            office.preview(stranger, &job).await.unwrap_err(),
            office.cancel(stranger, &job).await.unwrap_err(),
            office.retry(stranger, &job).await.unwrap_err(),
        ] {
            assert_eq!(reason(&refused), Reason::JobNotFound);
        }
    }
    let nobodys = office.submitted(0).await;
    assert_eq!(nobodys.user_id, 0);
    assert_eq!(
        office.get(0, &nobodys).await.unwrap().job_id,
        nobodys.job_id
    );
    assert_eq!(
        reason(&office.get(8, &nobodys).await.unwrap_err()),
        Reason::JobNotFound
    );
    let mut unknown = nobodys.clone();
    unknown.job_id = "job_ffffffffffffffffffffffff".into();
    assert_eq!(
        reason(&office.get(0, &unknown).await.unwrap_err()),
        Reason::JobNotFound
    );
    unknown.job_id = "../../etc".into();
    assert_eq!(
        reason(&office.get(0, &unknown).await.unwrap_err()),
        Reason::JobNotFound
    );
    office.close_down().await;
}

#[tokio::test]
async fn a_user_lists_their_own_newest_first() {
    let office = Office::open(|_| {}).await;
    let mut ids = Vec::new();
    for n in 0..3 {
        let parts = form("", ["a\n1\n", &format!("a\n{n}\n")], "");
        let answer = office.send(OWNER, parts).await.unwrap();
        ids.insert(0, answer.job.unwrap().job_id);
        office.clock.advance_ms(1);
    }
    office.submitted(8).await;
    let list = async |page, state: State| {
        let message = ListRequest {
            page,
            page_size: 2,
            state: state.into(),
        };
        let request = call(OWNER, message);
        office
            .client
            .clone()
            .list(request)
            .await
            .unwrap()
            .into_inner()
    };
    let (first, second) = (
        list(1, State::Unspecified).await,
        list(2, State::Processing).await,
    );
    let seen: Vec<_> = first
        .jobs
        .iter()
        .chain(&second.jobs)
        .map(|job| &job.job_id)
        .collect();
    assert_eq!((seen, first.total), (ids.iter().collect(), 3));
    assert_eq!(list(1, State::Ready).await.total, 0);
    office.close_down().await;
}

impl Office {
    async fn preview(
        &self,
        user: i64,
        job: &proto::compare::JobView,
    ) -> Result<proto::compare::PreviewResponse, tonic::Status> {
        let message = PreviewRequest {
            job_id: job.job_id.clone(),
        };
        let answer = self.client.clone().preview(call(user, message)).await;
        answer.map(tonic::Response::into_inner)
    }
}
