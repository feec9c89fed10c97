use crate::{cleanup, engines};

/// Redis under a private prefix; the keys go when the test is over.
pub fn kv_config() -> kv::Config {
    let config = kv::Config {
        url: engines::redis_url().into(),
        prefix: format!("{}:", engines::unique("test")),
        response_timeout_ms: 2_000,
    };
    let mine = config.clone();
    cleanup::at_end(move || async move {
        if let Ok(kv) = kv::connect(&mine).await {
            let _ = forget(&kv).await;
        }
    });
    config
}

async fn forget(kv: &kv::Kv) -> Result<(), kv::Error> {
    let mut cursor = 0_u64;
    loop {
        let mut scan = kv::cmd("SCAN");
        scan.arg(cursor)
            .arg("MATCH")
            .arg(format!("{}*", kv.key("")))
            .arg("COUNT")
            .arg(1_000);
        let (next, keys): (u64, Vec<String>) = kv.query(&scan).await?;
        for key in keys {
            let _: i64 = kv.query(kv::cmd("UNLINK").arg(key)).await?;
        }
        if next == 0 {
            return Ok(());
        }
        cursor = next;
    }
}
