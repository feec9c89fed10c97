use super::*;
use crate::domain::Rule;

const NOW: i64 = 1_000_000;
const LEASE: i64 = 6_000;
const KEEP: i64 = NOW + 604_800_000;

fn source() -> Source {
    Source {
        name: "旧表.xlsx".into(),
        bytes: 10,
        sha256: "0".repeat(64),
    }
}

fn job(state: State) -> Job {
    Job {
        id: 1,
        name: JobName::of_random(1),
        owner: UserId::try_from(7).ok(),
        request_key: None,
        sources: [source(), source()],
        options: "{}".into(),
        attempt: 0,
        state,
        compared: None,
        receipt: None,
        created_at_ms: NOW,
        updated_at_ms: NOW,
        expires_at_ms: KEEP,
    }
}

fn submitted() -> Job {
    job(State::Processing(Work::new(NOW + 60_000)))
}

fn compared(attempt: i32, fen: i64) -> Compared {
    Compared {
        attempt,
        counts: Counts::default(),
        price: Price {
            amount: Money::from_fen(fen).unwrap(),
            rule: Rule::Flat,
        },
    }
}

fn claimed() -> Job {
    submitted().claim(NOW, LEASE, 3).unwrap()
}

fn awaiting() -> Job {
    claimed()
        .finish(compared(1, 100), NOW + 1_000, KEEP)
        .unwrap()
}

fn failed(code: FailureCode) -> Job {
    claimed().fail(1, Failure::new(code, "x"), KEEP).unwrap()
}

fn receipt() -> Receipt {
    Receipt {
        payment_no: "PAY1".into(),
        at_ms: NOW,
    }
}

fn every_state() -> Vec<Job> {
    let opened = awaiting().open_payment(NOW).unwrap();
    vec![
        submitted(),
        claimed(),
        awaiting(),
        opened.clone(),
        opened.cancel(NOW, NOW + 5).unwrap(),
        job(State::Ready),
        failed(FailureCode::FileCorrupt),
        failed(FailureCode::Timeout),
        job(State::Cancelled { at_ms: NOW }),
        job(State::Expired),
    ]
}

#[test]
fn one_worker_at_a_time_and_not_for_ever() {
    let first = claimed();
    assert_eq!(first.attempt, 1);
    assert_eq!(first.due_at_ms(), Some(NOW + LEASE));
    assert_eq!(
        first.clone().claim(NOW + LEASE - 1, LEASE, 3),
        Err(Wrong::Taken)
    );
    let second = first.claim(NOW + LEASE, LEASE, 3).unwrap();
    let third = second.claim(NOW + 2 * LEASE, LEASE, 3).unwrap();
    assert_eq!(third.attempt, 3);
    assert_eq!(
        third.claim(NOW + 3 * LEASE, LEASE, 3),
        Err(Wrong::Exhausted)
    );
}

#[test]
fn what_is_given_back_was_not_tried() {
    let mut job = submitted();
    for attempt in 1..=5 {
        job = job
            .claim(NOW, LEASE, 1)
            .unwrap()
            .give_back(attempt, NOW + 9)
            .unwrap();
        assert_eq!(job.due_at_ms(), Some(NOW + 9));
    }
    let released = job.claim(NOW, LEASE, 1).unwrap().release(6, NOW).unwrap();
    assert_eq!(released.claim(NOW, LEASE, 1), Err(Wrong::Exhausted));
}

#[test]
fn who_lost_the_job_changes_nothing() {
    let now = claimed().claim(NOW + LEASE, LEASE, 3).unwrap();
    assert_eq!(
        now.clone().finish(compared(1, 0), KEEP, KEEP),
        Err(Wrong::Taken)
    );
    assert_eq!(now.clone().fail(1, exhausted(), KEEP), Err(Wrong::Taken));
    assert_eq!(now.clone().release(1, NOW), Err(Wrong::Taken));
    assert_eq!(
        now.finish(compared(2, 0), KEEP, KEEP).unwrap().state,
        State::Ready
    );
}

#[test]
fn only_work_in_progress_finishes() {
    for job in every_state() {
        let is_claimed = job.attempt == 1 && matches!(job.state, State::Processing(_));
        assert_eq!(
            job.clone().finish(compared(1, 0), KEEP, KEEP).is_ok(),
            is_claimed,
            "{job:?}"
        );
        assert_eq!(
            job.clone().fail(1, exhausted(), KEEP).is_ok(),
            is_claimed,
            "{job:?}"
        );
    }
}

#[test]
fn what_costs_something_waits_for_its_payment() {
    let job = awaiting();
    assert_eq!(job.state.name(), "awaiting_payment");
    assert_eq!(job.amount().map(Money::fen), Some(100));
    assert_eq!(job.due_at_ms(), Some(NOW + 1_000));
    let paid = job.pay(receipt(), KEEP).unwrap();
    assert_eq!((paid.state, paid.expires_at_ms), (State::Ready, KEEP));
}

#[test]
fn money_is_taken_only_while_it_is_awaited() {
    for job in every_state() {
        let awaits = matches!(job.state, State::AwaitingPayment { .. });
        assert_eq!(job.clone().pay(receipt(), KEEP).is_ok(), awaits, "{job:?}");
    }
}

#[test]
fn what_may_be_paid_is_closed_first() {
    let unopened = awaiting().cancel(NOW, NOW + 5).unwrap();
    assert_eq!(unopened.state, State::Cancelled { at_ms: NOW });

    let closing = awaiting()
        .open_payment(NOW)
        .unwrap()
        .cancel(NOW, NOW + 5)
        .unwrap();
    assert_eq!(closing.state.name(), "awaiting_payment");
    assert_eq!(closing.due_at_ms(), Some(NOW + 5));
    assert_eq!(closing.clone().open_payment(NOW), Err(Wrong::Closing));
    let cancelled = closing.clone().payment_closed(NOW).unwrap();
    assert_eq!(cancelled.state, State::Cancelled { at_ms: NOW });
    // Its time running out meanwhile changes nothing.
    let lapsed = closing
        .lapse(NOW, NOW + 9)
        .unwrap()
        .payment_closed(NOW)
        .unwrap();
    assert_eq!(lapsed.state, State::Cancelled { at_ms: NOW });
    // The other way round its owner has the last word.
    let lapsed = awaiting()
        .open_payment(NOW)
        .unwrap()
        .lapse(NOW, NOW + 5)
        .unwrap();
    assert_eq!(
        lapsed.clone().payment_closed(NOW).unwrap().state,
        State::Expired
    );
    let cancelled = lapsed
        .cancel(NOW, NOW + 5)
        .unwrap()
        .payment_closed(NOW)
        .unwrap();
    assert_eq!(cancelled.state, State::Cancelled { at_ms: NOW });
}

#[test]
fn nothing_is_opened_at_the_last_moment() {
    assert!(awaiting().open_payment(NOW + 999).is_ok());
    assert_eq!(awaiting().open_payment(NOW + 1_000), Err(Wrong::Closing));
}

#[test]
fn what_is_finished_or_over_is_not_cancelled() {
    for job in every_state() {
        let over = matches!(job.state, State::Ready | State::Expired);
        assert_eq!(job.clone().cancel(NOW, NOW).is_err(), over, "{job:?}");
    }
}

#[test]
fn only_what_the_files_did_not_cause_is_retried() {
    for job in every_state() {
        let timed_out =
            matches!(&job.state, State::Failed(why) if why.code == FailureCode::Timeout);
        assert_eq!(job.clone().retry(NOW).is_ok(), timed_out, "{job:?}");
    }
    let again = failed(FailureCode::Timeout).retry(NOW).unwrap();
    // The fence goes on where it was.
    assert_eq!(again.claim(NOW, LEASE, 3).unwrap().attempt, 2);
}

#[test]
fn the_counts_are_those_of_all_pairs() {
    use diff::{KeyReport, PairReport, RowCounts};
    let pair = PairReport {
        rows: RowCounts {
            unchanged: 5,
            changed: 1,
            added: 2,
            removed: 3,
            ..RowCounts::default()
        },
        key: KeyReport {
            blank1: 1,
            blank2: 1,
            ..KeyReport::default()
        },
        ..PairReport::default()
    };
    let mut counts = Counts::default();
    for _ in 0..2 {
        counts.add(&pair);
    }
    let expected = Counts {
        added: 4,
        removed: 6,
        changed: 2,
        unchanged: 10,
        keyless: 4,
        identical: false,
    };
    assert_eq!(counts, expected);
}
