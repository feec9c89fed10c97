use auth::Role;
use fault::Reason;
use proto::user::{RegisterRequest, TokenLife};

use crate::support::{PASSWORD, Users, reason, registration};

#[tokio::test]
async fn an_account_is_made_and_signed_in() {
    let users = Users::open().await;
    let signed_in = users
        .register(RegisterRequest {
            email: "Bob@Example.com".to_owned(),
            mobile: "+8613800138000".to_owned(),
            nickname: "鲍勃".to_owned(),
            life: TokenLife::Gomall.into(),
            ..registration("小明bob")
        })
        .await
        .unwrap();
    let account = signed_in.account.unwrap();
    assert_eq!(account.username, "小明bob");
    assert_eq!(account.email, "Bob@Example.com");
    assert_eq!(account.mobile, "+8613800138000");
    assert_eq!(account.nickname, "鲍勃");
    assert!(account.active);
    assert_eq!(account.role(), proto::user::Role::User);
    assert_eq!(signed_in.expires_in_s, 86_400);
    let principal = users.claims(&signed_in.access_token).principal;
    assert_eq!(principal.user.get(), account.id);
    assert_eq!(
        (principal.username.as_str(), principal.role),
        ("小明bob", Role::User)
    );
    assert!(principal.session.is_some());
    let refreshed = users.refresh(&signed_in.refresh_token).await.unwrap();
    assert_eq!(refreshed.expires_in_s, 86_400, "a session keeps its life");
}

#[tokio::test]
async fn an_account_needs_one_name_only() {
    let users = Users::open().await;
    for (email, mobile) in [("a@b.cn", ""), ("", "13800138000")] {
        let (email, mobile) = (email.to_owned(), mobile.to_owned());
        let made = users
            .register(RegisterRequest {
                email,
                mobile,
                ..registration("")
            })
            .await;
        let made = made.unwrap();
        let name = users.claims(&made.access_token).principal.username;
        assert_eq!(
            name,
            format!("user_{}", made.account.unwrap().id),
            "no number in tokens"
        );
    }
}

#[tokio::test]
async fn names_are_taken_once() {
    let users = Users::open().await;
    let email = |email: &str| RegisterRequest {
        email: email.to_owned(),
        ..registration("")
    };
    let mobile = |mobile: &str| RegisterRequest {
        mobile: mobile.to_owned(),
        ..registration("")
    };
    users.add("Bob").await;
    users.register(email("a@b.cn")).await.unwrap();
    users.register(mobile("13800138000")).await.unwrap();
    assert_eq!(
        reason(users.register(registration("bob")).await),
        Reason::UserExists
    );
    assert_eq!(
        reason(users.register(email("A@B.CN")).await),
        Reason::UserExists
    );
    assert_eq!(
        reason(users.register(mobile("13800138000")).await),
        Reason::MobileTaken
    );
}

#[tokio::test]
async fn of_many_at_once_one_gets_the_name() {
    let users = Users::open().await;
    let calls: Vec<_> = (0..8)
        .map(|_| {
            let mut client = users.client.clone();
            tokio::spawn(async move { client.register(registration("bob")).await })
        })
        .collect();
    let mut made = 0;
    for call in calls {
        match call.await.unwrap() {
            Ok(_) => made += 1,
            refused => assert_eq!(reason(refused), Reason::UserExists),
        }
    }
    assert_eq!(made, 1);
}

#[tokio::test]
async fn what_is_no_account_is_refused() {
    let users = Users::open().await;
    let password = |password: &str| RegisterRequest {
        password: password.to_owned(),
        ..registration("bobby")
    };
    for bad in [
        registration(""),
        registration("ab"),
        registration("a b c"),
        registration("a@b.cn"),
        registration(&"x".repeat(51)),
        registration("' OR 1=1 --"),
        password(""),
        password("short"),
        password("x7#pQw1"),
        password("password1"),
        password(&"xy".repeat(65)),
        RegisterRequest {
            email: "not an address".to_owned(),
            ..registration("bobby")
        },
        RegisterRequest {
            nickname: "x".repeat(65),
            ..registration("bobby")
        },
    ] {
        assert_eq!(
            reason(users.register(bad.clone()).await),
            Reason::UserParameter,
            "{bad:?}"
        );
    }
    let mobile = RegisterRequest {
        mobile: "1234".to_owned(),
        ..registration("bobby")
    };
    assert_eq!(reason(users.register(mobile).await), Reason::MobileFormat);
    let longest = "密码".repeat(64);
    users.register(password(&longest)).await.unwrap();
    assert!(users.login("bobby", &longest).await.is_ok());
    assert_eq!(
        reason(users.login("bobby", PASSWORD).await),
        Reason::WrongPassword
    );
}

#[tokio::test]
async fn the_password_is_not_kept() {
    let users = Users::open().await;
    users.add("bobby").await;
    let hash: String = sqlx::query_scalar("SELECT password_hash FROM users")
        .fetch_one(&users.pool)
        .await
        .unwrap();
    assert!(hash.starts_with("$argon2id$v=19$m=64,t=1,p=1$"), "{hash}");
}
