use clock::{Clock, SystemClock};
use mq::Broker;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{cleanup, engines};

/// A young quorum queue that is deleted takes RabbitMQ 3.10 down with it: the worker that moves its
/// dead letters is just starting, crashes, and every queue's supervisor after it.
const REST_MS: i64 = 5_000;
/// Tests whose queues one test deletes after itself, so that there are fewer in the end.
const TOGETHER: u32 = 3;

/// RabbitMQ under a private prefix; the queues of `proto`'s messages go when the test has been over
/// for a while.
pub fn mq_config() -> mq::Config {
    let prefix = format!("{}.", engines::unique("test"));
    forget_queues(&prefix);
    corner(prefix)
}

/// Lets the queues under this prefix go after the current test. Nothing goes at once: they are put
/// to rest, and later tests, of whatever process, delete what has rested. A broker that keeps them
/// all has no files left after a few thousand.
pub fn forget_queues(prefix: &str) {
    let mine = prefix.to_owned();
    cleanup::at_end(move || async move {
        for prefix in rested(&mine).await.unwrap_or_default() {
            let stop = CancellationToken::new();
            let broker = mq::connect(&corner(prefix), &TaskTracker::new(), &stop).await;
            forget(&broker).await;
            stop.cancel();
        }
    });
}

fn corner(prefix: String) -> mq::Config {
    mq::Config {
        url: engines::amqp_url().into(),
        prefix,
        confirm_timeout_ms: 5_000,
    }
}

/// Puts a test's queues to rest, and takes some that have rested long enough to be deleted.
async fn rested(mine: &str) -> Result<Vec<String>, kv::Error> {
    let config = kv::Config {
        url: engines::redis_url().into(),
        prefix: "testkit:".to_owned(),
        response_timeout_ms: 2_000,
    };
    let kv = kv::connect(&config).await?;
    let (key, now_ms) = (kv.key("resting"), SystemClock.now_ms());
    let mut rest = kv::cmd("ZADD");
    let _: i64 = kv.query(rest.arg(&key).arg(now_ms).arg(mine)).await?;
    let mut look = kv::cmd("ZRANGEBYSCORE");
    look.arg(&key).arg("-inf").arg(now_ms - REST_MS);
    let old: Vec<String> = kv.query(look.arg("LIMIT").arg(0).arg(TOGETHER)).await?;
    let mut taken = Vec::new();
    for prefix in old {
        let first: i64 = kv.query(kv::cmd("ZREM").arg(&key).arg(&prefix)).await?;
        if first == 1 {
            taken.push(prefix);
        }
    }
    Ok(taken)
}

async fn forget(broker: &Broker) {
    for (name, retry_s) in proto::QUEUES {
        // A queue that stays behind costs the broker memory and breaks no test.
        let _ = broker.delete_queue(name, retry_s).await;
    }
}
