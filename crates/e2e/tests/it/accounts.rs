//! Sessions, from registration to their end.

use std::time::Duration;

use e2e::{
    api::{Account, Answer, Api, poll},
    fleet::Fleet,
};
use reqwest::Method;
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn a_session_ends_everywhere_within_two_seconds() {
    let fleet = Fleet::start().await.unwrap();
    let api = fleet.api().unwrap();
    let body = json!({"username": "olga", "password": "secret-1", "email": "olga@shop.test"});
    let olga = api
        .post("/api/v1/auth/register", None, &body)
        .await
        .unwrap()
        .ok()
        .unwrap();
    assert_eq!(olga["user"]["role"], "user");
    a_spent_refresh_token_ends_its_session(&api, &olga).await;
    nobody_makes_himself_admin(&api).await;
    logout_and_a_new_password_end_sessions(&api).await;
}

fn account(signed_in: &Value) -> Account {
    Account {
        name: "olga".into(),
        id: signed_in["user"]["id"].as_i64().unwrap(),
        token: signed_in["access_token"].as_str().unwrap().to_owned(),
    }
}

/// By e-mail.
async fn login(api: &Api, password: &str) -> Answer {
    let body = json!({"username": "olga@shop.test", "password": password});
    api.post("/api/v1/auth/login", None, &body).await.unwrap()
}

async fn ends(api: &Api, session: &Account) {
    let ended = poll(Duration::from_secs(3), async || {
        let answer = api.get("/api/v1/users/me", Some(session)).await?;
        Ok((answer.status.as_u16() == 401).then_some(()))
    });
    ended.await.unwrap();
}

async fn a_spent_refresh_token_ends_its_session(api: &Api, olga: &Value) {
    let refresh = async |token: &Value| {
        api.post(
            "/api/v1/auth/refresh",
            None,
            &json!({"refresh_token": token}),
        )
        .await
        .unwrap()
    };
    let renewed = refresh(&olga["refresh_token"]).await.ok().unwrap();
    let session = account(&renewed);
    assert_eq!(
        api.get("/api/v1/users/me", Some(&session))
            .await
            .unwrap()
            .code(),
        0
    );
    let stolen = refresh(&olga["refresh_token"]).await;
    assert_eq!(
        (stolen.status.as_u16(), stolen.code()),
        (401, 10013),
        "{}",
        stolen.body
    );
    ends(api, &session).await;
    assert_eq!(
        refresh(&renewed["refresh_token"]).await.status.as_u16(),
        401
    );
}

async fn nobody_makes_himself_admin(api: &Api) {
    let wrong = login(api, "wrong-1").await;
    assert_eq!(
        (wrong.status.as_u16(), wrong.code()),
        (401, 10004),
        "{}",
        wrong.body
    );
    let session = account(&login(api, "secret-1").await.ok().unwrap());
    let change = json!({"nickname": "Оля", "role": "admin", "role_id": 2});
    let token = Some(session.token.as_str());
    let me = api
        .send(
            Method::PATCH,
            "/api/v1/users/me",
            token,
            None,
            Some(&change),
        )
        .await;
    let me = me.unwrap().ok().unwrap();
    assert_eq!(
        (&me["nickname"], &me["role"]),
        (&json!("Оля"), &json!("user"))
    );
}

async fn logout_and_a_new_password_end_sessions(api: &Api) {
    let session = account(&login(api, "secret-1").await.ok().unwrap());
    api.post("/api/v1/auth/logout", Some(&session), &json!({}))
        .await
        .unwrap()
        .ok()
        .unwrap();
    ends(api, &session).await;
    let session = account(&login(api, "secret-1").await.ok().unwrap());
    let change = json!({"old_password": "secret-1", "new_password": "secret-2"});
    api.post("/api/v1/auth/password", Some(&session), &change)
        .await
        .unwrap()
        .ok()
        .unwrap();
    ends(api, &session).await;
    assert_eq!(login(api, "secret-1").await.code(), 10004);
    login(api, "secret-2").await.ok().unwrap();
}
