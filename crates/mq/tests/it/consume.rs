use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use mq::{ConsumerOptions, Delivery, Message, Outgoing, Verdict};
use tokio::sync::Semaphore;

use crate::support::{Ping, Pong, Process, SOON, options, ping};

async fn is_settled(process: &Process) {
    testkit::eventually(SOON, || async { process.ready().await == 0 }).await;
}

#[tokio::test]
async fn a_retry_climbs_the_ladder_with_its_identity() {
    let process = Process::start(&testkit::mq_config()).await;
    let message = ping(1);
    process.publish(vec![message.clone(), ping(2)]).await;
    let started = Instant::now();
    let log = process.consume(options(), |delivery| {
        match (delivery.message.n, delivery.attempt) {
            (1, ..3) => Verdict::Retry("not yet".to_owned()),
            _ => Verdict::Done,
        }
    });
    log.wait_for(4).await;
    assert!(
        started.elapsed() >= Duration::from_secs(3),
        "steps of 1 s and 2 s"
    );
    let again: Vec<_> = {
        let batches = log.0.lock().unwrap();
        let ones = batches
            .iter()
            .flatten()
            .filter(|delivery| delivery.message.n == 1);
        ones.map(|delivery| (delivery.id, delivery.attempt, delivery.published_at_ms))
            .collect()
    };
    let expected = [1, 2, 3].map(|attempt| (message.id, attempt, message.at_ms));
    assert_eq!(again, expected);
    is_settled(&process).await;
    assert_eq!(process.broker.dead(Ping::QUEUE).await.unwrap(), 0);
    process.broker.delete::<Ping>().await.unwrap();
    process.shut_down().await;
}

#[tokio::test]
async fn the_dead_are_parked_and_their_neighbours_live() {
    let process = Process::start(&testkit::mq_config()).await;
    let undecodable = Outgoing {
        body: vec![0xff; 9].into(),
        ..ping(3)
    };
    let misrouted = Outgoing {
        queue: Ping::QUEUE.to_owned(),
        ..Outgoing::of(&Pong::default())
    };
    process
        .publish(vec![ping(1), undecodable, ping(2), misrouted, ping(4)])
        .await;
    let log = process.consume(options(), |delivery| match delivery.message.n {
        2 => Verdict::Dead("of its own fault".to_owned()),
        _ => Verdict::Done,
    });
    log.wait_for(3).await;
    testkit::eventually(SOON, || async {
        process.broker.dead(Ping::QUEUE).await.unwrap() == 3
    })
    .await;
    is_settled(&process).await;
    assert_eq!(log.numbers(), [1, 2, 4]);
    process.broker.delete::<Ping>().await.unwrap();
    process.shut_down().await;
}

#[tokio::test]
async fn a_poisoned_message_is_found_in_its_batch_and_dies_alone() {
    let process = Process::start(&testkit::mq_config()).await;
    process.publish((1..=5).map(ping).collect()).await;
    let log = process.consume(options(), |delivery| {
        assert_ne!(delivery.message.n, 3, "poison");
        Verdict::Done
    });
    // Four retries of the ladder 1 s, 2 s, 2 s, 2 s.
    testkit::eventually(SOON * 2, || async {
        process.broker.dead(Ping::QUEUE).await.unwrap() == 1
    })
    .await;
    is_settled(&process).await;
    assert_eq!(log.numbers(), [1, 2, 4, 5]);
    process.broker.delete::<Ping>().await.unwrap();
    process.shut_down().await;
}

#[tokio::test]
async fn a_handler_that_skips_deliveries_does_not_lose_them() {
    let process = Process::start(&testkit::mq_config()).await;
    process.publish((1..=3).map(ping).collect()).await;
    let (seen, log) = (Arc::new(Semaphore::new(0)), crate::support::Log::default());
    let (permits, remembered) = (seen.clone(), log.clone());
    process
        .broker
        .consume(options(), move |deliveries: Vec<Delivery<Ping>>| {
            let (permits, remembered) = (permits.clone(), remembered.clone());
            async move {
                let verdicts = if deliveries.len() > 1 {
                    1
                } else {
                    deliveries.len()
                };
                if deliveries.len() == 1 {
                    permits.add_permits(1);
                    remembered.0.lock().unwrap().push(deliveries);
                }
                vec![Verdict::Done; verdicts]
            }
        });
    let _ = tokio::time::timeout(SOON, seen.acquire_many(3))
        .await
        .unwrap();
    assert_eq!(log.numbers(), [1, 2, 3]);
    is_settled(&process).await;
    process.broker.delete::<Ping>().await.unwrap();
    process.shut_down().await;
}

#[tokio::test]
async fn a_batch_fills_up_for_as_long_as_it_may() {
    let process = Process::start(&testkit::mq_config()).await;
    let wait = ConsumerOptions {
        batch_wait: Duration::from_millis(500),
        ..options()
    };
    let log = process.consume(wait, |_| Verdict::Done);
    for n in 1..=3 {
        process.publish(vec![ping(n)]).await;
    }
    log.wait_for(3).await;
    assert_eq!(log.0.lock().unwrap().len(), 1, "one batch");
    process.broker.delete::<Ping>().await.unwrap();
    process.shut_down().await;
}

#[tokio::test]
async fn a_stop_finishes_the_batch_in_hand_and_leaves_the_rest() {
    let config = testkit::mq_config();
    let (first, second) = tokio::join!(Process::start(&config), Process::start(&config));
    first.publish((1..=10).map(ping).collect()).await;
    let (entered, gate) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
    let one_by_one = ConsumerOptions {
        batch_max: 1,
        ..options()
    };
    let (inside, passed) = (entered.clone(), gate.clone());
    first
        .broker
        .consume(one_by_one, move |deliveries: Vec<Delivery<Ping>>| {
            let (inside, passed) = (inside.clone(), passed.clone());
            async move {
                inside.add_permits(1);
                passed.acquire().await.unwrap().forget();
                vec![Verdict::Done; deliveries.len()]
            }
        });
    entered.acquire().await.unwrap().forget();
    first.stop.cancel();
    gate.add_permits(1);
    first.shut_down().await;

    let log = second.consume(options(), |_| Verdict::Done);
    log.wait_for(9).await;
    is_settled(&second).await;
    let mut numbers = log.numbers();
    numbers.sort_unstable();
    assert_eq!(numbers, (2..=10).collect::<Vec<_>>());
    second.broker.delete::<Ping>().await.unwrap();
    second.shut_down().await;
}

/// An outage is no fault of the message: it climbs no ladder, and its neighbours are done meanwhile.
#[tokio::test]
async fn a_held_message_is_handed_in_again_until_its_engine_is_back() {
    let process = Process::start(&testkit::mq_config()).await;
    process.publish(vec![ping(1), ping(2)]).await;
    let tries = Arc::new(AtomicU32::new(0));
    let counted = tries.clone();
    let log = process.consume(options(), move |delivery| {
        let is_away = || counted.fetch_add(1, Ordering::SeqCst) < 2;
        if delivery.message.n == 1 && is_away() {
            Verdict::Hold("away".to_owned())
        } else {
            Verdict::Done
        }
    });
    log.wait_for(4).await;
    is_settled(&process).await;
    assert_eq!(tries.load(Ordering::SeqCst), 3);
    let fresh = |delivery: &Delivery<Ping>| delivery.attempt == 1 && !delivery.redelivered;
    assert!(log.0.lock().unwrap().iter().flatten().all(fresh));
    process.broker.delete::<Ping>().await.unwrap();
    process.shut_down().await;
}

#[tokio::test]
async fn what_is_still_held_when_a_process_stops_is_another_ones() {
    let config = testkit::mq_config();
    let first = Process::start(&config).await;
    first.publish(vec![ping(1)]).await;
    let log = first.consume(options(), |_| Verdict::Hold("away".to_owned()));
    log.wait_for(1).await;
    first.shut_down().await;
    let second = Process::start(&config).await;
    let log = second.consume(options(), |_| Verdict::Done);
    log.wait_for(1).await;
    is_settled(&second).await;
    second.broker.delete::<Ping>().await.unwrap();
    second.shut_down().await;
}
