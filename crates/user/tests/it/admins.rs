use auth::Role;
use fault::{Fault, Reason};
use proto::user::Role as Wire;

use crate::support::{PASSWORD, Users, reason, registration};

#[tokio::test]
async fn an_administrator_is_made_by_id_and_by_the_next_login() {
    let users = Users::open().await;
    let before = users.add("bobby").await;
    let id = before.account.as_ref().unwrap().id.try_into().unwrap();
    user::set_role(&users.config, id, Role::Admin)
        .await
        .unwrap();
    assert_eq!(
        users.revoked().await,
        [users.session(&before.access_token)],
        "the sessions of before end"
    );
    assert_eq!(
        reason(users.refresh(&before.refresh_token).await),
        Reason::RefreshReused
    );
    let signed_in = users.login("bobby", PASSWORD).await.unwrap();
    assert_eq!(signed_in.account.as_ref().unwrap().role(), Wire::Admin);
    let role = |token: &str| users.claims(token).principal.role;
    assert_eq!(role(&signed_in.access_token), Role::Admin);
    let refreshed = users.refresh(&signed_in.refresh_token).await.unwrap();
    assert_eq!(role(&refreshed.access_token), Role::Admin);

    user::set_role(&users.config, id, Role::User).await.unwrap();
    assert_eq!(
        reason(users.refresh(&refreshed.refresh_token).await),
        Reason::RefreshReused
    );
    let nobody = users
        .app
        .set_role(4_711.try_into().unwrap(), Role::Admin)
        .await;
    assert_eq!(nobody.unwrap_err().reason(), Reason::UserNotFound);
}

#[tokio::test]
async fn a_role_does_not_grow_by_renewing() {
    let users = Users::open().await;
    let first = users.add("bobby").await;
    // By whatever way but the command, which ends sessions.
    users.execute("UPDATE users SET role = 'admin'").await;
    let refreshed = users.refresh(&first.refresh_token).await.unwrap();
    let role = users.claims(&refreshed.access_token).principal.role;
    assert_eq!(role, Role::User, "the session began as a buyer's");
}

#[tokio::test]
async fn a_reserved_name_is_not_registered_in_any_spelling() {
    let users = Users::with(|config| config.users.reserved = vec!["Boss".to_owned()]).await;
    for name in ["boss", "BOSS", " boss ", "ｂｏｓｓ"] {
        assert_eq!(
            reason(users.register(registration(name)).await),
            Reason::UserExists,
            "{name}"
        );
    }
    users.add("bossa").await;
}
