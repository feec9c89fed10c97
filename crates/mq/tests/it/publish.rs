use std::collections::HashSet;

use mq::{Cause, Outgoing, Verdict};

use crate::support::{Ping, Pong, Process, SOON, options, ping};

#[tokio::test]
async fn a_message_arrives_with_everything_it_was_given() {
    let process = Process::start(&testkit::mq_config()).await;
    let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let message = Outgoing {
        trace_parent: Some(trace.to_owned()),
        ..ping(7)
    };
    process.publish(vec![message.clone()]).await;

    let log = process.consume(options(), |_| Verdict::Done);
    log.wait_for(1).await;
    {
        let batches = log.0.lock().unwrap();
        let [delivery] = &batches[0][..] else {
            panic!("one delivery")
        };
        assert_eq!(delivery.message, Ping { n: 7 });
        assert_eq!((delivery.id, delivery.attempt), (message.id, 1));
        assert_eq!(delivery.published_at_ms, message.at_ms);
        assert_eq!(delivery.trace_parent.as_deref(), Some(trace));
        assert!(!delivery.redelivered);
    }
    process.broker.delete::<Ping>().await.unwrap();
    process.shut_down().await;
}

#[tokio::test]
async fn what_nobody_would_receive_is_unsent_and_its_neighbours_are_not() {
    let process = Process::start(&testkit::mq_config()).await;
    let pong = || {
        Outgoing::of(&Pong {
            text: "lost".to_owned(),
        })
    };
    process.publish(vec![ping(0), pong()]).await;
    process.broker.delete::<Pong>().await.unwrap();

    // Many rounds in parallel: a return must not be taken for another message's.
    let publisher = process.broker.publisher();
    for _ in 0..20 {
        let lost = pong();
        let mut batch: Vec<_> = (0..20).map(ping).collect();
        batch.insert(10, lost.clone());
        let both = tokio::join!(
            publisher.publish(batch),
            publisher.publish((20..40).map(ping).collect::<Vec<_>>())
        );
        let error = both.0.unwrap_err();
        assert_eq!(error.unsent, [lost.id]);
        assert!(matches!(error.cause, Cause::Unroutable { .. }), "{error:?}");
        both.1.unwrap();
        // The next publish would declare the queue again.
        process.publish(vec![pong()]).await;
        process.broker.delete::<Pong>().await.unwrap();
    }
    assert_eq!(process.ready().await, 1 + 20 * 40);
    process.broker.delete::<Ping>().await.unwrap();
    process.shut_down().await;
}

#[tokio::test]
async fn many_publishers_at_once_lose_and_mix_nothing() {
    let process = Process::start(&testkit::mq_config()).await;
    let publishing = (0..8).map(|publisher| {
        let broker = process.broker.clone();
        tokio::spawn(async move {
            for batch in 0..25 {
                let first = publisher * 1_000 + batch * 10;
                let messages = (first..first + 10).map(ping).collect();
                broker.publisher().publish(messages).await.unwrap();
            }
        })
    });
    for publisher in publishing.collect::<Vec<_>>() {
        publisher.await.unwrap();
    }
    assert_eq!(process.ready().await, 2_000);

    let log = process.consume(options(), |_| Verdict::Done);
    log.wait_for(2_000).await;
    let distinct: HashSet<_> = log.numbers().into_iter().collect();
    assert_eq!((distinct.len(), log.numbers().len()), (2_000, 2_000));
    assert!(
        log.0.lock().unwrap().len() < 1_000,
        "deliveries come in batches"
    );
    testkit::eventually(SOON, || async { process.ready().await == 0 }).await;
    process.broker.delete::<Ping>().await.unwrap();
    process.shut_down().await;
}

#[tokio::test]
async fn without_a_broker_a_publish_says_so_in_time() {
    let mut config = testkit::mq_config();
    config.url = format!("amqp://127.0.0.1:{}", testkit::free_port()).into();
    config.confirm_timeout_ms = 300;
    let process = Process::start(&config).await;
    assert!(process.broker.probe().is_err());
    let message = ping(1);
    let error = process
        .broker
        .publisher()
        .publish(vec![message.clone()])
        .await
        .unwrap_err();
    assert_eq!(error.unsent, [message.id]);
    assert!(matches!(error.cause, Cause::Disconnected), "{error:?}");
    process.shut_down().await;
}

#[tokio::test]
async fn an_address_that_is_none_is_said_without_its_password() {
    let mut config = testkit::mq_config();
    config.url = "amqp://mall:hush@[broken".into();
    assert_eq!(
        config.validate().unwrap_err(),
        "mq.url is not an AMQP address"
    );
}

#[tokio::test]
async fn a_queue_that_does_not_exist_is_empty() {
    let process = Process::start(&testkit::mq_config()).await;
    assert_eq!(process.ready().await, 0);
    process.shut_down().await;
}
