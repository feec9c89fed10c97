use auth::Role;
use fault::Reason;
use proto::user::Role as Wire;

use crate::support::{PASSWORD, Users, reason, registration};

#[tokio::test]
async fn listed_accounts_are_administrators_after_a_start() {
    let users = Users::open().await;
    assert_eq!(users.add("Boss").await.account.unwrap().role(), Wire::User);
    let mut config = users.config.clone();
    config.users.admins = vec!["boss".to_owned(), "nobody".to_owned()];
    let users = Users::start(config).await;
    let signed_in = users.login("Boss", PASSWORD).await.unwrap();
    assert_eq!(signed_in.account.unwrap().role(), Wire::Admin);
    assert_eq!(
        users.claims(&signed_in.access_token).principal.role,
        Role::Admin
    );
}

#[tokio::test]
async fn in_a_demo_a_listed_name_makes_an_administrator() {
    let users = Users::with(|config| config.users.admins = vec!["boss".to_owned()]).await;
    assert_eq!(users.add("BOSS").await.account.unwrap().role(), Wire::Admin);
    assert_eq!(users.add("bobby").await.account.unwrap().role(), Wire::User);
}

#[tokio::test]
async fn elsewhere_a_listed_name_is_reserved() {
    let users = Users::with(|config| {
        config.users.admins = vec!["boss".to_owned()];
        config.service.profile = service::Profile::Production;
    })
    .await;
    assert_eq!(
        reason(users.register(registration("Boss")).await),
        Reason::UserExists
    );
}
