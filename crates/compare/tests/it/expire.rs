use fault::Reason;
use proto::compare::State;

use crate::support::{LIMIT, OWNER, Office, reason};

const WINDOW_MS: i64 = 86_400_000;
const KEEP_MS: i64 = 604_800_000;

#[tokio::test]
async fn what_nobody_pays_expires_and_leaves_nothing() {
    let office = Office::open(|_| {}).await;
    let job = office.compared(OWNER).await;
    office.clock.advance_ms(WINDOW_MS - 1);
    office.app.sweep().await.unwrap();
    assert_eq!(
        office.get(OWNER, &job).await.unwrap().state(),
        State::AwaitingPayment
    );
    office.clock.advance_ms(1);
    office.comes_to(&job, State::Expired).await;
    office.objects_come_to(0).await;
    let refused = office.export(OWNER, &job).await.unwrap_err();
    assert_eq!(reason(&refused), Reason::LinkExpired);
    testkit::eventually(LIMIT, || async {
        office.count("SELECT COUNT(*) FROM reports").await == 0
    })
    .await;
    office.close_down().await;
}

#[tokio::test]
async fn an_open_payment_is_closed_before_it_expires() {
    let office = Office::open(|_| {}).await;
    let job = office.opened(OWNER).await;
    office.clock.advance_ms(WINDOW_MS);
    testkit::eventually(LIMIT, || async {
        !office.payment.closing.lock().unwrap().is_empty()
    })
    .await;
    assert_eq!(
        office.get(OWNER, &job).await.unwrap().state(),
        State::AwaitingPayment
    );
    office.say_closed(&job).await;
    office.comes_to(&job, State::Expired).await;
    // Money that comes now goes back.
    office.say(&office.paid(&job, &job.payment_no)).await;
    testkit::eventually(LIMIT, || async {
        office.payment.refunds.lock().unwrap().len() == 1
    })
    .await;
    office.close_down().await;
}

#[tokio::test]
async fn a_paid_workbook_is_kept_a_week() {
    let office = Office::open(|_| {}).await;
    let job = office.opened(OWNER).await;
    office.clock.advance_ms(WINDOW_MS / 2);
    office.say(&office.paid(&job, &job.payment_no)).await;
    office.comes_to(&job, State::Ready).await;
    office.clock.advance_ms(KEEP_MS - 1);
    office.app.sweep().await.unwrap();
    office.export(OWNER, &job).await.unwrap();
    office.clock.advance_ms(1);
    office.comes_to(&job, State::Expired).await;
    office.objects_come_to(0).await;
    let refused = office.export(OWNER, &job).await.unwrap_err();
    assert_eq!(reason(&refused), Reason::LinkExpired);
    office.close_down().await;
}

#[tokio::test]
async fn a_workbook_that_is_gone_is_gone() {
    let office = Office::open(|_| {}).await;
    let job = office.submitted(OWNER).await;
    let claimed = office.claimed(&job).await;
    office.finish(&claimed, true).await;
    office
        .blob
        .delete(&claimed.name.result_key(1))
        .await
        .unwrap();
    let refused = office.export(OWNER, &job).await.unwrap_err();
    assert_eq!(reason(&refused), Reason::LinkExpired);
    office.close_down().await;
}
