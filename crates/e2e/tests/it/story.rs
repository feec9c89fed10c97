use e2e::{fleet::Fleet, story::Stage};

/// From registration to a paid order, a lapse and a refund: what `cargo xtask smoke` plays.
#[tokio::test(flavor = "multi_thread")]
async fn the_story_of_a_sale_is_true() {
    let fleet = Fleet::start().await.unwrap();
    let stage = Stage {
        api: fleet.api().unwrap(),
        desk: fleet.desk().unwrap(),
        auditor: fleet.auditor().await.unwrap(),
        admin: fleet.admin().await.unwrap(),
        nonce: String::new(),
    };
    stage.play().await.unwrap();
}
