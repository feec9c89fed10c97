use fault::Reason;
use proto::user::{Account, GetProfileRequest, RegisterRequest, UpdateProfileRequest};
use tonic::Status;

use crate::support::{Users, reason, registration};

async fn get(users: &Users, token: &str) -> Result<Account, Status> {
    let request = users.by(token, GetProfileRequest {});
    Ok(users
        .client
        .clone()
        .get_profile(request)
        .await?
        .into_inner())
}

async fn update(
    users: &Users,
    token: &str,
    request: UpdateProfileRequest,
) -> Result<Account, Status> {
    let request = users.by(token, request);
    Ok(users
        .client
        .clone()
        .update_profile(request)
        .await?
        .into_inner())
}

#[tokio::test]
async fn only_what_is_named_changes() {
    let users = Users::open().await;
    let token = users.add("bobby").await.access_token;
    let before = get(&users, &token).await.unwrap();
    users.clock.advance_ms(1_000);
    let change = UpdateProfileRequest {
        nickname: Some("鲍勃 😀".to_owned()),
        avatar: Some("/photos/bob.png".to_owned()),
        sex: Some(1),
        info: Some("line\nline".to_owned()),
        email: Some("a@b.cn".to_owned()),
    };
    let after = update(&users, &token, change).await.unwrap();
    let want = Account {
        nickname: "鲍勃 😀".to_owned(),
        avatar: "/photos/bob.png".to_owned(),
        sex: 1,
        info: "line\nline".to_owned(),
        email: "a@b.cn".to_owned(),
        updated_at_ms: before.updated_at_ms + 1_000,
        ..before
    };
    assert_eq!(after, want);
    let nothing = update(&users, &token, UpdateProfileRequest::default())
        .await
        .unwrap();
    assert_eq!(nothing, want);
    assert_eq!(get(&users, &token).await.unwrap(), want);
    let gone = UpdateProfileRequest {
        email: Some(String::new()),
        ..UpdateProfileRequest::default()
    };
    assert_eq!(update(&users, &token, gone).await.unwrap().email, "");
}

#[tokio::test]
async fn wrong_changes_are_refused() {
    let users = Users::open().await;
    let token = users.add("bobby").await.access_token;
    let taken = RegisterRequest {
        email: "a@b.cn".to_owned(),
        ..registration("alice")
    };
    users.register(taken).await.unwrap();
    let none = UpdateProfileRequest::default;
    let taken = UpdateProfileRequest {
        email: Some("A@B.cn".to_owned()),
        ..none()
    };
    assert_eq!(
        reason(update(&users, &token, taken).await),
        Reason::UserExists
    );
    for bad in [
        UpdateProfileRequest {
            nickname: Some("x".repeat(65)),
            ..none()
        },
        UpdateProfileRequest {
            avatar: Some("javascript:alert(1)".to_owned()),
            ..none()
        },
        UpdateProfileRequest {
            sex: Some(2),
            ..none()
        },
        UpdateProfileRequest {
            sex: Some(i32::MIN),
            ..none()
        },
        UpdateProfileRequest {
            info: Some("x".repeat(1_001)),
            ..none()
        },
        UpdateProfileRequest {
            email: Some("x".to_owned()),
            ..none()
        },
    ] {
        let refused = update(&users, &token, bad.clone()).await;
        assert_eq!(reason(refused), Reason::UserParameter, "{bad:?}");
    }
}

#[tokio::test]
async fn the_last_name_cannot_be_taken_away() {
    let users = Users::open().await;
    let only = RegisterRequest {
        email: "a@b.cn".to_owned(),
        ..registration("")
    };
    let token = users.register(only).await.unwrap().access_token;
    let gone = UpdateProfileRequest {
        email: Some(String::new()),
        ..UpdateProfileRequest::default()
    };
    assert_eq!(
        reason(update(&users, &token, gone).await),
        Reason::UserParameter
    );
}

#[tokio::test]
async fn a_profile_is_its_owners() {
    let users = Users::open().await;
    let nobody = users.client.clone().get_profile(GetProfileRequest {}).await;
    assert_eq!(reason(nobody), Reason::NotLoggedIn);
    let nobody = users
        .client
        .clone()
        .update_profile(UpdateProfileRequest::default())
        .await;
    assert_eq!(reason(nobody), Reason::NotLoggedIn);
    let token = users.add("bobby").await.access_token;
    users.execute("UPDATE users SET active = 0").await;
    assert_eq!(reason(get(&users, &token).await), Reason::UserDisabled);
}
