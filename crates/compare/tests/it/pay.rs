use fault::Reason;
use mq::Outgoing;
use proto::compare::{PaymentPaid, State};

use crate::support::{LIMIT, OWNER, Office, reason};

impl Office {
    async fn refunds_come_to(&self, count: usize) {
        testkit::eventually(LIMIT, || async {
            self.payment.refunds.lock().unwrap().len() == count
        })
        .await;
    }
}

#[tokio::test]
async fn a_paid_job_is_ready_once() {
    let office = Office::open(|_| {}).await;
    let job = office.opened(OWNER).await;
    let message = Outgoing::of(&office.paid(&job, &job.payment_no));
    for _ in 0..3 {
        office.publish(message.clone()).await;
    }
    let ready = office.comes_to(&job, State::Ready).await;
    assert!(ready.paid_at_ms > 0);
    assert_eq!(ready.payment_no, job.payment_no);
    let link = office.export(OWNER, &job).await.unwrap();
    assert_eq!(
        reqwest::get(&link.url).await.unwrap().status().as_u16(),
        200
    );
    // The same payment told under another message is the same payment.
    office.say(&office.paid(&job, &job.payment_no)).await;
    // A second one goes back.
    office.say(&office.paid(&job, "PAY99")).await;
    office.refunds_come_to(1).await;
    let refund = office.payment.refunds.lock().unwrap()[0].clone();
    assert_eq!(
        (refund.job_id, refund.payment_no),
        (job.job_id.clone(), "PAY99".into())
    );
    office.close_down().await;
}

#[tokio::test]
async fn its_code_is_asked_for_once_and_again_when_it_is_old() {
    let office = Office::open(|_| {}).await;
    let job = office.compared(OWNER).await;
    assert_eq!((job.code_url.as_str(), office.payment.opened()), ("", 0));
    let first = office.look(OWNER, &job, true).await.unwrap();
    assert!(first.code_url.starts_with("weixin://"));
    assert_eq!(
        office.look(OWNER, &job, true).await.unwrap().code_url,
        first.code_url
    );
    assert_eq!(office.payment.opened(), 1);
    office.clock.advance_ms(100 * 60_000);
    let later = office.look(OWNER, &job, true).await.unwrap();
    assert_ne!(later.code_url, first.code_url);
    assert_eq!(office.payment.opened(), 2);
    office.close_down().await;
}

#[tokio::test]
async fn a_look_works_while_payment_is_away() {
    let office = Office::open(|config| {
        config.payment.url = format!("http://127.0.0.1:{}", testkit::free_port());
    })
    .await;
    let job = office.compared(OWNER).await;
    let seen = office.look(OWNER, &job, true).await.unwrap();
    assert_eq!(
        (seen.state(), seen.code_url.as_str()),
        (State::AwaitingPayment, "")
    );
    office.close_down().await;
}

#[tokio::test]
async fn what_cannot_be_accepted_goes_back() {
    let office = Office::open(|_| {}).await;
    let job = office.opened(OWNER).await;
    let wrong = PaymentPaid {
        amount_fen: 1,
        ..office.paid(&job, &job.payment_no)
    };
    let message = Outgoing::of(&wrong);
    for _ in 0..2 {
        office.publish(message.clone()).await;
    }
    office.refunds_come_to(1).await;
    testkit::eventually(LIMIT, || async { office.dead::<PaymentPaid>().await == 2 }).await;
    assert_eq!(
        office.get(OWNER, &job).await.unwrap().state(),
        State::AwaitingPayment
    );
    let unknown = PaymentPaid {
        job_id: "job_ffffffffffffffffffffffff".into(),
        ..office.paid(&job, "PAY1")
    };
    office.say(&unknown).await;
    testkit::eventually(LIMIT, || async { office.dead::<PaymentPaid>().await == 3 }).await;
    office.close_down().await;
}

#[tokio::test]
async fn who_paid_compares_the_same_files_again_for_free() {
    let office = Office::open(|config| config.price.free_when_identical = false).await;
    let job = office.opened(OWNER).await;
    office.say(&office.paid(&job, &job.payment_no)).await;
    office.comes_to(&job, State::Ready).await;
    assert_eq!(office.compared(OWNER).await.state(), State::Ready);
    // Nobody else does.
    assert_eq!(office.compared(8).await.state(), State::AwaitingPayment);
    office.clock.advance_ms(86_400_001);
    assert_eq!(office.compared(OWNER).await.state(), State::AwaitingPayment);
    office.close_down().await;
}

#[tokio::test]
async fn only_what_awaits_it_can_be_paid() {
    let office = Office::open(|_| {}).await;
    let job = office.submitted(OWNER).await;
    assert_eq!(office.allow(&job).await, Err(Reason::JobNotReady));
    let claimed = office.claimed(&job).await;
    office.finish(&claimed, false).await;
    assert_eq!(office.allow(&job).await, Ok(199));
    office.clock.advance_ms(86_400_000);
    assert!(office.allow(&job).await.is_err(), "it is too late");
    office.close_down().await;
}

impl Office {
    async fn allow(&self, job: &proto::compare::JobView) -> Result<i64, Reason> {
        let message = proto::compare::AllowPaymentRequest {
            job_id: job.job_id.clone(),
        };
        let request = crate::support::call(OWNER, message);
        match self.client.clone().allow_payment(request).await {
            Ok(bill) => Ok(bill.into_inner().amount_fen),
            Err(refused) => Err(reason(&refused)),
        }
    }
}
