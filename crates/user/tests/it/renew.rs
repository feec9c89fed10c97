use auth::{Principal, Role};
use fault::Reason;
use proto::user::{
    LoginRequest, LogoutRequest, RegisterRequest, RenewRequest, SignedIn, TokenLife,
};
use tonic::Status;

use crate::support::{PASSWORD, Users, reason, registration};

const LIFE: i32 = TokenLife::Gomall as i32;
const DAY_MS: i64 = 24 * 3_600_000;

async fn gomall(users: &Users, username: &str) -> SignedIn {
    let registered = users.register(RegisterRequest {
        life: LIFE,
        ..registration(username)
    });
    registered.await.unwrap()
}

async fn renew(users: &Users, caller: &Principal, life: i32) -> Result<SignedIn, Status> {
    let request = auth::request(caller, RenewRequest { life });
    Ok(users.client.clone().renew(request).await?.into_inner())
}

#[tokio::test]
async fn a_session_of_that_life_gets_another_access_token() {
    let users = Users::open().await;
    let token = gomall(&users, "bobby").await.access_token;
    users.clock.advance_ms(1_000);
    let caller = users.claims(&token).principal;
    for life in [LIFE, 0] {
        let renewed = renew(&users, &caller, life).await.unwrap();
        assert_eq!(renewed.expires_in_s, 86_400);
        assert_eq!(users.session(&renewed.access_token), users.session(&token));
        assert_eq!(renewed.refresh_token, "");
    }
}

#[tokio::test]
async fn a_session_with_refresh_tokens_renews_by_them_only() {
    let users = Users::open().await;
    let signed_in = users.add("bobby").await;
    let caller = users.claims(&signed_in.access_token).principal;
    for life in [LIFE, 0, TokenLife::Canonical.into()] {
        let refused = renew(&users, &caller, life).await;
        assert_eq!(reason(refused), Reason::TokenInvalid, "{life}");
    }
    users.refresh(&signed_in.refresh_token).await.unwrap();
}

#[tokio::test]
async fn no_session_is_renewed_for_ever() {
    let users = Users::open().await;
    let mut token = gomall(&users, "bobby").await.access_token;
    let refreshed = users.add("alice").await;
    let mut refresh_token = refreshed.refresh_token;
    for _ in 0..29 {
        users.clock.advance_ms(DAY_MS - 60_000);
        let caller = users.claims(&token).principal;
        token = renew(&users, &caller, LIFE).await.unwrap().access_token;
        refresh_token = users.refresh(&refresh_token).await.unwrap().refresh_token;
    }
    let caller = users.claims(&token).principal;
    users.clock.advance_ms(DAY_MS - 60_000);
    let last = renew(&users, &caller, LIFE).await.unwrap();
    assert!(last.expires_in_s < 3_600, "no token outlives its session");
    users.clock.advance_ms(3_600_000);
    assert_eq!(
        reason(renew(&users, &caller, LIFE).await),
        Reason::TokenInvalid
    );
    let refused = reason(users.refresh(&refresh_token).await);
    assert!(
        matches!(refused, Reason::RefreshReused | Reason::TokenExpired),
        "{refused:?}"
    );
}

#[tokio::test]
async fn a_session_that_is_over_stays_over() {
    let users = Users::open().await;
    let token = gomall(&users, "bobby").await.access_token;
    users
        .client
        .clone()
        .logout(users.by(&token, LogoutRequest {}))
        .await
        .unwrap();
    let caller = users.claims(&token).principal;
    assert_eq!(
        reason(renew(&users, &caller, LIFE).await),
        Reason::TokenInvalid
    );
    let anonymous = users.client.clone().renew(RenewRequest { life: 0 }).await;
    assert_eq!(reason(anonymous), Reason::NotLoggedIn);
}

#[tokio::test]
async fn nobody_renews_anothers_session() {
    let users = Users::open().await;
    let mine = users
        .claims(&gomall(&users, "bobby").await.access_token)
        .principal;
    let theirs = users
        .claims(&gomall(&users, "alice").await.access_token)
        .principal;
    let mixed = Principal {
        session: theirs.session,
        ..mine
    };
    assert_eq!(
        reason(renew(&users, &mixed, LIFE).await),
        Reason::TokenInvalid
    );
}

#[tokio::test]
async fn a_token_that_others_signed_gets_no_session() {
    let users = Users::open().await;
    let id = gomall(&users, "bobby").await.account.unwrap().id;
    let caller = Principal {
        user: id.try_into().unwrap(),
        username: String::new(),
        role: Role::User,
        session: None,
    };
    assert_eq!(
        reason(renew(&users, &caller, LIFE).await),
        Reason::TokenInvalid
    );
    // The way to a session is a login.
    let login = LoginRequest {
        name: "bobby".to_owned(),
        password: PASSWORD.to_owned(),
        life: LIFE,
        network: String::new(),
    };
    users.client.clone().login(login).await.unwrap();
}
