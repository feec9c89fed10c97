use fault::Reason;
use proto::user::RegisterRequest;

use crate::support::{PASSWORD, Users, reason, registration};

#[tokio::test]
async fn every_name_signs_in() {
    let users = Users::open().await;
    let made = users
        .register(RegisterRequest {
            email: "a@b.cn".to_owned(),
            mobile: "13800138000".to_owned(),
            ..registration("bobby")
        })
        .await
        .unwrap();
    for name in [
        "bobby",
        "BOBBY",
        " bobby ",
        "a@b.cn",
        "A@b.CN",
        "13800138000",
    ] {
        let signed_in = users.login(name, PASSWORD).await.unwrap();
        assert_eq!(signed_in.account, made.account, "{name}");
        assert_eq!(signed_in.expires_in_s, 900);
    }
}

#[tokio::test]
async fn a_wrong_name_is_told_like_a_wrong_password() {
    let users = Users::open().await;
    users.add("bobby").await;
    let hostile = ["' OR '1'='1", "", "\0", "💥", &"x".repeat(100_000)];
    for (name, password) in [("bobby", "wrong"), ("nobody", PASSWORD), ("bobby", "")]
        .into_iter()
        .chain(hostile.iter().map(|name| (*name, PASSWORD)))
    {
        let refused = users.login(name, password).await;
        assert_eq!(reason(refused), Reason::WrongPassword);
    }
    let long = users
        .login("bobby", &format!("{PASSWORD}{}", "x".repeat(100_000)))
        .await;
    assert_eq!(reason(long), Reason::WrongPassword);
}

#[tokio::test]
async fn a_username_cannot_shadow_a_mobile_number() {
    let users = Users::open().await;
    let owner = RegisterRequest {
        mobile: "13800138000".to_owned(),
        ..registration("owner")
    };
    let owner = users.register(owner).await.unwrap().account;
    let other = RegisterRequest {
        password: "another one".to_owned(),
        ..registration("13800138000")
    };
    let other = users.register(other).await.unwrap().account;
    assert_eq!(
        users.login("13800138000", PASSWORD).await.unwrap().account,
        owner
    );
    assert_eq!(
        users
            .login("13800138000", "another one")
            .await
            .unwrap()
            .account,
        other
    );
    assert_eq!(
        reason(users.login("13800138000", "neither").await),
        Reason::WrongPassword
    );
}

#[tokio::test]
async fn guessing_locks_the_account_for_a_minute() {
    let users = Users::open().await;
    users
        .register(RegisterRequest {
            email: "a@b.cn".to_owned(),
            ..registration("bobby")
        })
        .await
        .unwrap();
    for n in 0..10 {
        let name = if n % 2 == 0 { "bobby" } else { "a@b.cn" };
        assert_eq!(
            reason(users.login(name, "wrong").await),
            Reason::WrongPassword,
            "{n}"
        );
    }
    let locked = users.login("bobby", PASSWORD).await;
    let status = locked.clone().unwrap_err();
    assert_eq!(status.metadata().get("retry-after").unwrap(), "60");
    assert_eq!(reason(locked), Reason::LoginLocked);
    users.clock.advance_ms(59_000);
    assert_eq!(
        reason(users.login("a@b.cn", PASSWORD).await),
        Reason::LoginLocked
    );
    users.clock.advance_ms(1_000);
    users.login("bobby", PASSWORD).await.unwrap();
    users.login("bobby", PASSWORD).await.unwrap();
}

#[tokio::test]
async fn guessing_from_elsewhere_does_not_keep_the_owner_out() {
    let users = Users::open().await;
    users.add("bobby").await;
    for _ in 0..11 {
        let _ = users.login_from("198.51.100.7", "bobby", "wrong").await;
    }
    let locked = users.login_from("198.51.100.7", "bobby", PASSWORD).await;
    assert_eq!(reason(locked), Reason::LoginLocked);
    users
        .login_from("192.0.2.1", "bobby", PASSWORD)
        .await
        .unwrap();
    let still = users.login_from("198.51.100.7", "bobby", PASSWORD).await;
    assert_eq!(
        reason(still),
        Reason::LoginLocked,
        "the owner's success frees no guesser"
    );
}

#[tokio::test]
async fn a_name_that_nobody_has_locks_as_well() {
    let users = Users::open().await;
    for _ in 0..10 {
        assert_eq!(
            reason(users.login("nobody", "wrong").await),
            Reason::WrongPassword
        );
    }
    assert_eq!(
        reason(users.login("Nobody", "wrong").await),
        Reason::LoginLocked
    );
    assert_eq!(
        reason(users.login("nobody2", "wrong").await),
        Reason::WrongPassword
    );
}

#[tokio::test]
async fn a_success_clears_the_count_and_time_does() {
    let users = Users::open().await;
    users.add("bobby").await;
    for _ in 0..3 {
        for _ in 0..9 {
            assert_eq!(
                reason(users.login("bobby", "wrong").await),
                Reason::WrongPassword
            );
        }
        users.login("bobby", PASSWORD).await.unwrap();
    }
    for _ in 0..3 {
        for _ in 0..9 {
            assert_eq!(
                reason(users.login("bobby", "wrong").await),
                Reason::WrongPassword
            );
        }
        users.clock.advance_ms(60_000);
    }
    users.login("bobby", PASSWORD).await.unwrap();
}

#[tokio::test]
async fn many_guesses_at_once_are_not_many_guesses() {
    let users = Users::open().await;
    users.add("bobby").await;
    let calls: Vec<_> = (0..40)
        .map(|n| {
            let mut client = users.client.clone();
            let (name, password) = ("bobby".to_owned(), format!("guess {n}"));
            let request = proto::user::LoginRequest {
                name,
                password,
                life: 0,
                network: String::new(),
            };
            tokio::spawn(async move { client.login(request).await })
        })
        .collect();
    let mut judged = 0;
    for call in calls {
        judged += u32::from(reason(call.await.unwrap()) == Reason::WrongPassword);
    }
    assert_eq!(judged, 10);
}

#[tokio::test]
async fn a_disabled_account_stays_out() {
    let users = Users::open().await;
    let token = users.add("bobby").await.refresh_token;
    users.execute("UPDATE users SET active = 0").await;
    assert_eq!(
        reason(users.login("bobby", "wrong").await),
        Reason::WrongPassword
    );
    assert_eq!(
        reason(users.login("bobby", PASSWORD).await),
        Reason::UserDisabled
    );
    assert_eq!(reason(users.refresh(&token).await), Reason::UserDisabled);
}

#[tokio::test]
async fn imported_hashes_are_replaced_at_the_first_login() {
    let users = Users::open().await;
    users.add("bobby").await;
    let imported = bcrypt::hash("old", 4).unwrap();
    let import = sqlx::query("UPDATE users SET password_hash = ?").bind(&imported);
    import.execute(&users.pool).await.unwrap();
    let hash = || async {
        let hash = sqlx::query_scalar::<_, String>("SELECT password_hash FROM users");
        hash.fetch_one(&users.pool).await.unwrap()
    };
    assert_eq!(
        reason(users.login("bobby", "wrong").await),
        Reason::WrongPassword
    );
    assert_eq!(hash().await, imported);
    users.login("bobby", "old").await.unwrap();
    let replaced = hash().await;
    assert!(replaced.starts_with("$argon2id$"), "{replaced}");
    users.login("bobby", "old").await.unwrap();
    assert_eq!(hash().await, replaced);
}

#[tokio::test]
async fn what_cannot_be_hashed_soon_is_told_to_come_back() {
    let users = Users::with(|config| {
        config.passwords.memory_kib = 64 * 1_024;
        config.passwords.parallel_max = 1;
        config.passwords.queue_max = 1;
    })
    .await;
    let calls: Vec<_> = (0..12)
        .map(|n| {
            let mut client = users.client.clone();
            let request = registration(&format!("bobby{n}"));
            tokio::spawn(async move { client.register(request).await })
        })
        .collect();
    let (mut made, mut shed) = (0, 0);
    for call in calls {
        match call.await.unwrap() {
            Ok(_) => made += 1,
            refused => {
                assert_eq!(reason(refused), Reason::Unavailable);
                shed += 1;
            }
        }
    }
    assert!(made >= 2 && shed > 0, "made {made}, shed {shed}");
}
