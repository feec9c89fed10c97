use fail::FailScenario;

use crate::{storm::storm, support::Shop};

/// Every fifth movement dies before its commit or after it, without an answer, and is asked for
/// again under its key.
#[tokio::test]
async fn movements_that_died_on_either_side_of_the_commit_are_made_once() {
    let _one = FailScenario::setup();
    let shop = Shop::open(|_| {}).await;
    fail::cfg("ledger.before_commit", "20%return").unwrap();
    fail::cfg("ledger.after_commit", "20%return").unwrap();
    storm(&[shop.purses()], 11).await;
    fail::remove("ledger.before_commit");
    fail::remove("ledger.after_commit");
    shop.purses().are_exact().await;
    shop.close_down().await;
}
