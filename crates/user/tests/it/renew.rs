use auth::{Principal, Role};
use fault::Reason;
use proto::user::{LogoutRequest, RenewRequest, TokenLife};

use crate::support::{Users, reason};

#[tokio::test]
async fn a_session_gets_another_access_token() {
    let users = Users::open().await;
    let signed_in = users.add("bobby").await;
    let token = &signed_in.access_token;
    users.clock.advance_ms(1_000);
    let life = TokenLife::Gomall.into();
    let request = users.by(token, RenewRequest { life });
    let renewed = users
        .client
        .clone()
        .renew(request)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(renewed.expires_in_s, 86_400);
    assert_eq!(users.session(&renewed.access_token), users.session(token));
    assert_eq!(renewed.refresh_token, "");
    users.refresh(&signed_in.refresh_token).await.unwrap();
}

#[tokio::test]
async fn a_session_that_is_over_stays_over() {
    let users = Users::open().await;
    let token = users.add("bobby").await.access_token;
    users
        .client
        .clone()
        .logout(users.by(&token, LogoutRequest {}))
        .await
        .unwrap();
    let request = users.by(&token, RenewRequest { life: 0 });
    assert_eq!(
        reason(users.client.clone().renew(request).await),
        Reason::TokenInvalid
    );
    let anonymous = users.client.clone().renew(RenewRequest { life: 0 }).await;
    assert_eq!(reason(anonymous), Reason::NotLoggedIn);
}

#[tokio::test]
async fn nobody_renews_anothers_session() {
    let users = Users::open().await;
    let mine = users
        .claims(&users.add("bobby").await.access_token)
        .principal;
    let theirs = users
        .claims(&users.add("alice").await.access_token)
        .principal;
    let mixed = Principal {
        session: theirs.session,
        ..mine
    };
    let request = auth::request(&mixed, RenewRequest { life: 0 });
    assert_eq!(
        reason(users.client.clone().renew(request).await),
        Reason::TokenInvalid
    );
}

#[tokio::test]
async fn a_token_that_others_signed_gets_a_session() {
    let users = Users::open().await;
    let id = users
        .add("bobby")
        .await
        .account
        .unwrap()
        .id
        .try_into()
        .unwrap();
    let caller = Principal {
        user: id,
        username: String::new(),
        role: Role::User,
        session: None,
    };
    let request = auth::request(&caller, RenewRequest { life: 0 });
    let renewed = users
        .client
        .clone()
        .renew(request)
        .await
        .unwrap()
        .into_inner();
    assert!(
        users
            .claims(&renewed.access_token)
            .principal
            .session
            .is_some()
    );
    let unknown = Principal {
        user: 4_711.try_into().unwrap(),
        ..caller
    };
    let request = auth::request(&unknown, RenewRequest { life: 0 });
    assert_eq!(
        reason(users.client.clone().renew(request).await),
        Reason::UserNotFound
    );
}
