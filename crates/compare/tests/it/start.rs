use std::time::Duration;

use compare::{Config, DEFAULTS, NAME, start};
use simulators::s3::{ACCESS_KEY, S3, SECRET_KEY};
use tokio_util::sync::CancellationToken;

const SOON: Duration = Duration::from_secs(10);

#[tokio::test]
async fn it_is_ready_as_soon_as_its_bucket_can_be() {
    let port = testkit::free_port();
    let mut config: Config = service::config::load(NAME, DEFAULTS, None).unwrap();
    config.grpc.listen = "127.0.0.1:0".parse().unwrap();
    config.blob.url = format!("http://127.0.0.1:{port}");
    let (ctx, _) = testkit::ctx(NAME);
    let started = start(ctx.clone(), config).await.unwrap();
    assert!(started.grpc.is_some());
    assert!(
        ctx.readiness().report().await["s3"].is_some(),
        "the store is away"
    );

    let dir = std::env::temp_dir().join(format!("mall-compare-{port}"));
    let listen = format!("127.0.0.1:{port}").parse().unwrap();
    let store = S3::bind(listen, &dir, ACCESS_KEY, SECRET_KEY)
        .await
        .unwrap();
    let stop = CancellationToken::new();
    let serving = tokio::spawn(store.run(stop.clone()));
    testkit::eventually(SOON, || async {
        ctx.readiness().report().await["s3"].is_none()
    })
    .await;

    assert!(ctx.shut_down(SOON).await);
    stop.cancel();
    serving.await.unwrap().unwrap();
    std::fs::remove_dir_all(dir).unwrap();
}
