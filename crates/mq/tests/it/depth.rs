//! Questions about queues.

use mq::Message;

use crate::support::{Ping, Process, ping};

fn question_channels() -> f64 {
    let families = prometheus::gather();
    let opened = families
        .iter()
        .find(|family| family.name() == "mq_question_channels_total");
    opened.map_or(0.0, |opened| {
        opened.get_metric()[0].get_counter().get_value()
    })
}

/// A rebuild polls a queue's depth: a channel each would be more work for the broker than the answer.
#[tokio::test]
async fn a_polled_depth_opens_no_channel_each_time() {
    const POLLS: u64 = 200;
    // Of the tests that run beside this one.
    const OTHERS: f64 = 50.0;
    let process = Process::start(&testkit::mq_config()).await;
    process.publish(vec![ping(1)]).await;
    let before = question_channels();
    for _ in 0..POLLS {
        assert_eq!(process.ready().await, 1);
    }
    assert!(question_channels() - before < OTHERS);
    process.broker.delete::<Ping>().await.unwrap();
    process.shut_down().await;
}

/// The broker closes the channel together with its refusal.
#[tokio::test]
async fn a_queue_that_does_not_exist_is_empty_and_ends_no_later_question() {
    let process = Process::start(&testkit::mq_config()).await;
    for _ in 0..3 {
        assert_eq!(process.broker.depth("nowhere").await.unwrap().ready, 0);
    }
    process.publish(vec![ping(1)]).await;
    assert_eq!(process.ready().await, 1);
    assert_eq!(process.broker.dead(Ping::QUEUE).await.unwrap(), 0);
    process.broker.delete::<Ping>().await.unwrap();
    process.shut_down().await;
}
