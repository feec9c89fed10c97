use fault::Reason;
use proto::compare::{JobView, State};

use crate::support::{LIMIT, OWNER, Office, reason};

impl Office {
    fn asked_to_close(&self, job: &JobView) -> usize {
        let closing = self.payment.closing.lock().unwrap();
        closing
            .iter()
            .filter(|closing| closing.job_id == job.job_id)
            .count()
    }
}

#[tokio::test]
async fn a_job_that_waits_or_runs_is_cancelled_at_once() {
    let office = Office::open(|_| {}).await;
    let waiting = office.submitted(OWNER).await;
    let cancelled = office.cancel(OWNER, &waiting).await.unwrap();
    assert_eq!(cancelled.state(), State::Cancelled);
    assert!(cancelled.cancelled_at_ms > 0);
    let running = office.submitted(OWNER).await;
    let claimed = office.claimed(&running).await;
    office.cancel(OWNER, &running).await.unwrap();
    // Its worker has lost it, whatever it says now.
    assert!(!office.finish(&claimed, false).await);
    assert_eq!(
        office.get(OWNER, &running).await.unwrap().state(),
        State::Cancelled
    );
    // Once more is the same.
    assert_eq!(
        office.cancel(OWNER, &running).await.unwrap().state(),
        State::Cancelled
    );
    // The result that came too late goes with the late look.
    office.clock.advance_ms(86_400_000);
    office.objects_come_to(0).await;
    office.close_down().await;
}

#[tokio::test]
async fn what_was_compared_and_never_opened_is_cancelled_at_once() {
    let office = Office::open(|_| {}).await;
    let job = office.compared(OWNER).await;
    assert_eq!(
        office.cancel(OWNER, &job).await.unwrap().state(),
        State::Cancelled
    );
    assert_eq!(office.asked_to_close(&job), 0);
    office.objects_come_to(0).await;
    let refused = office.export(OWNER, &job).await.unwrap_err();
    assert_eq!(reason(&refused), Reason::JobCancelled);
    office.close_down().await;
}

#[tokio::test]
async fn an_open_payment_is_closed_first() {
    let office = Office::open(|_| {}).await;
    let job = office.opened(OWNER).await;
    let answer = async {
        testkit::eventually(LIMIT, || async { office.asked_to_close(&job) == 1 }).await;
        assert_eq!(
            office.get(OWNER, &job).await.unwrap().state(),
            State::AwaitingPayment
        );
        assert_eq!(office.look(OWNER, &job, true).await.unwrap().code_url, "");
        office.say_closed(&job).await;
    };
    let (cancelled, ()) = tokio::join!(office.cancel(OWNER, &job), answer);
    assert_eq!(cancelled.unwrap().state(), State::Cancelled);
    // What is paid in spite of it goes back.
    office.say(&office.paid(&job, &job.payment_no)).await;
    testkit::eventually(LIMIT, || async {
        office.payment.refunds.lock().unwrap().len() == 1
    })
    .await;
    assert_eq!(
        office.get(OWNER, &job).await.unwrap().state(),
        State::Cancelled
    );
    office.close_down().await;
}

#[tokio::test]
async fn what_is_paid_while_it_is_cancelled_is_paid() {
    let office = Office::open(|_| {}).await;
    let job = office.opened(OWNER).await;
    let pay = async {
        testkit::eventually(LIMIT, || async { office.asked_to_close(&job) == 1 }).await;
        office.say(&office.paid(&job, &job.payment_no)).await;
    };
    let (cancelled, ()) = tokio::join!(office.cancel(OWNER, &job), pay);
    assert_eq!(reason(&cancelled.unwrap_err()), Reason::JobNotCancellable);
    assert_eq!(office.get(OWNER, &job).await.unwrap().state(), State::Ready);
    let refused = office.cancel(OWNER, &job).await.unwrap_err();
    assert_eq!(reason(&refused), Reason::JobNotCancellable);
    office.close_down().await;
}

#[tokio::test]
async fn an_answer_that_stays_away_is_asked_for_again() {
    let office = Office::open(|_| {}).await;
    let job = office.opened(OWNER).await;
    let refused = office.cancel(OWNER, &job).await.unwrap_err();
    assert_eq!(reason(&refused), Reason::Unavailable);
    assert_eq!(office.asked_to_close(&job), 1);
    office.clock.advance_ms(5_000);
    testkit::eventually(LIMIT, || async { office.asked_to_close(&job) == 2 }).await;
    office.say_closed(&job).await;
    office.comes_to(&job, State::Cancelled).await;
    office.close_down().await;
}
