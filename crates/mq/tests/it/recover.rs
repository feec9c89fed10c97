use std::{
    collections::HashSet,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use mq::{Cause, Delivery, Message, Verdict};

use crate::support::{Ping, Process, SOON, options, ping};

#[tokio::test]
async fn publisher_and_consumer_come_back_after_the_connection_is_cut() {
    let config = testkit::mq_config();
    let (process, proxy) = Process::behind_proxy(&config).await;
    let log = process.consume(options(), |_| Verdict::Done);
    process.publish(vec![ping(1)]).await;
    log.wait_for(1).await;

    for n in 2..5 {
        proxy.cut();
        testkit::eventually(SOON, || async { process.broker.probe().is_err() }).await;
        proxy.heal();
        // The publish waits for the connection to return.
        process.publish(vec![ping(n)]).await;
        testkit::eventually(SOON, || async { log.numbers().contains(&n) }).await;
        process.broker.probe().unwrap();
    }
    process.broker.delete::<Ping>().await.unwrap();
    process.shut_down().await;
}

#[tokio::test]
async fn everything_confirmed_arrives_however_often_the_network_breaks() {
    let config = testkit::mq_config();
    let (process, proxy) = Process::behind_proxy(&config).await;
    let log = process.consume(options(), |_| Verdict::Done);
    let is_over = Arc::new(AtomicBool::new(false));
    let publishing: Vec<_> = (0..4)
        .map(|publisher| {
            let (broker, is_over) = (process.broker.clone(), is_over.clone());
            tokio::spawn(async move {
                let mut confirmed = HashSet::new();
                for batch in 0.. {
                    if is_over.load(Ordering::SeqCst) {
                        break;
                    }
                    let first = publisher * 1_000_000 + batch * 10;
                    let messages = (first..first + 10).map(ping).collect();
                    if broker.publisher().publish(messages).await.is_ok() {
                        confirmed.extend(first..first + 10);
                    }
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
                confirmed
            })
        })
        .collect();
    for _ in 0..3 {
        tokio::time::sleep(Duration::from_millis(400)).await;
        proxy.cut();
        tokio::time::sleep(Duration::from_millis(100)).await;
        proxy.heal();
    }
    tokio::time::sleep(Duration::from_secs(2)).await;
    is_over.store(true, Ordering::SeqCst);
    let mut confirmed = HashSet::new();
    for publisher in publishing {
        confirmed.extend(publisher.await.unwrap());
    }
    assert!(confirmed.len() > 100, "{} confirmed", confirmed.len());
    testkit::eventually(SOON, || async {
        let seen: HashSet<_> = log.numbers().into_iter().collect();
        confirmed.is_subset(&seen)
    })
    .await;
    testkit::eventually(SOON, || async { process.ready().await == 0 }).await;
    process.broker.delete::<Ping>().await.unwrap();
    process.shut_down().await;
}

#[tokio::test]
async fn a_silent_network_is_an_error_in_time() {
    let config = mq::Config {
        confirm_timeout_ms: 500,
        ..testkit::mq_config()
    };
    let (process, proxy) = Process::behind_proxy(&config).await;
    process.publish(vec![ping(1)]).await;
    proxy.black_hole();
    let message = ping(2);
    let error = process
        .broker
        .publisher()
        .publish(vec![message.clone()])
        .await
        .unwrap_err();
    assert_eq!(error.unsent, [message.id]);
    assert!(matches!(error.cause, Cause::Timeout), "{error:?}");
    proxy.heal();
    testkit::eventually(SOON, || async {
        process
            .broker
            .publisher()
            .publish(vec![ping(3)])
            .await
            .is_ok()
    })
    .await;
    process.broker.delete::<Ping>().await.unwrap();
    process.shut_down().await;
}

#[tokio::test]
async fn what_a_lost_process_held_is_delivered_again() {
    let config = testkit::mq_config();
    let survivor = Process::start(&config).await;
    let (lost, proxy) = Process::behind_proxy(&config).await;
    survivor.publish(vec![ping(1)]).await;
    let held = Arc::new(AtomicBool::new(false));
    let is_held = held.clone();
    lost.broker
        .consume(options(), move |_: Vec<Delivery<Ping>>| {
            is_held.store(true, Ordering::SeqCst);
            std::future::pending()
        });
    testkit::eventually(SOON, || async { held.load(Ordering::SeqCst) }).await;
    proxy.cut();
    let log = survivor.consume(options(), |_| Verdict::Done);
    log.wait_for(1).await;
    {
        let batches = log.0.lock().unwrap();
        assert!(batches[0][0].redelivered);
        assert_eq!(batches[0][0].attempt, 1);
    }
    survivor.broker.delete::<Ping>().await.unwrap();
    survivor.shut_down().await;
}

#[tokio::test]
async fn a_queue_deleted_under_its_consumer_is_made_anew() {
    let process = Process::start(&testkit::mq_config()).await;
    let log = process.consume(options(), |_| Verdict::Done);
    process.publish(vec![ping(1)]).await;
    log.wait_for(1).await;
    process.broker.delete::<Ping>().await.unwrap();
    // The broker cancels the consumer, which starts over and declares.
    testkit::eventually(SOON, || async {
        process.broker.depth(Ping::QUEUE).await.unwrap().consumers == 1
    })
    .await;
    // The first publish after a deletion may still meet a channel of the old queue.
    let publisher = process.broker.publisher();
    testkit::eventually(SOON, || async {
        publisher.publish(vec![ping(2)]).await.is_ok()
    })
    .await;
    testkit::eventually(SOON, || async { log.numbers().contains(&2) }).await;
    process.broker.delete::<Ping>().await.unwrap();
    process.shut_down().await;
}
