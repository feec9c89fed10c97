use fault::Reason;

use crate::support::{PASSWORD, Users, reason, registration};

#[tokio::test]
async fn an_account_is_found_under_every_spelling_of_its_name() {
    let users = Users::open().await;
    let id = users.add("小明Bob").await.account.unwrap().id;
    for name in ["小明bob", " 小明BOB ", "小明ｂｏｂ"] {
        let account = users.login(name, PASSWORD).await.unwrap().account.unwrap();
        assert_eq!(
            (account.id, account.username.as_str()),
            (id, "小明Bob"),
            "{name}"
        );
        assert_eq!(
            reason(users.register(registration(name)).await),
            Reason::UserExists
        );
    }
    assert_eq!(
        reason(users.register(registration("аdmin")).await),
        Reason::UserParameter,
        "a Cyrillic letter"
    );
}

#[tokio::test]
async fn one_name_is_one_limit_in_every_spelling() {
    let users = Users::open().await;
    for n in 0..10 {
        let name = ["nobody", " NOBODY", "ｎｏｂｏｄｙ"][n % 3];
        assert_eq!(
            reason(users.login(name, "wrong").await),
            Reason::WrongPassword
        );
    }
    assert_eq!(
        reason(users.login("Nobody ", "wrong").await),
        Reason::LoginLocked
    );
}

#[tokio::test]
async fn names_of_before_get_their_form_and_none_is_lost() {
    let users = Users::open().await;
    for name in ["alice", "bobby", "carol"] {
        users.add(name).await;
    }
    // As a replica of before wrote them; the second one was another name then.
    for statement in [
        "UPDATE users SET username_canonical = NULL",
        "UPDATE users SET username = 'ＡＬＩＣＥ' WHERE username = 'bobby'",
        "UPDATE users SET username = 'Carol' WHERE username = 'carol'",
    ] {
        users.execute(statement).await;
    }
    let restarted = Users::start(users.config.clone()).await;
    let id = async |name: &str| {
        let signed_in = restarted.login(name, PASSWORD).await.unwrap();
        signed_in.account.unwrap().id
    };
    assert_eq!(id("Alice").await, 1);
    assert_eq!(id("alice#2").await, 2);
    assert_eq!(id("CAROL").await, 3);
    assert_eq!(restarted.app.canonicalise_names().await.unwrap(), 0);
}
