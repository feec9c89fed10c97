use kv::{Kv, Script};

async fn kv() -> Kv {
    kv::connect(&testkit::kv_config()).await.unwrap()
}

#[tokio::test]
async fn a_script_that_the_server_forgot_is_loaded_again() {
    let kv = kv().await;
    // The text is new to the server, as after SCRIPT FLUSH.
    let source: &'static str = Box::leak(
        format!(
            "-- {}\nreturn {{ARGV[1], redis.call('INCRBY', KEYS[1], ARGV[2])}}",
            kv.key("")
        )
        .into(),
    );
    let script = Script::new("add", source);
    for total in [5, 10] {
        let key = kv.key("{sale}:sum");
        let got: (String, i64) = script
            .call(&kv, &[key])
            .arg("id")
            .arg(5)
            .invoke()
            .await
            .unwrap();
        assert_eq!(got, ("id".to_owned(), total));
    }
}

#[tokio::test]
async fn slices_become_arguments() {
    let kv = kv().await;
    let script = Script::new("count", "return {#KEYS, #ARGV}");
    let keys = [kv.key("{a}1"), kv.key("{a}2")];
    let call = script.call(&kv, &keys).arg(&[1, 2, 3][..]).arg("x");
    assert_eq!(call.invoke::<(u32, u32)>().await.unwrap(), (2, 4));
}

#[tokio::test]
async fn a_failing_script_is_refused() {
    let kv = kv().await;
    let script = Script::new("fail", "return redis.error_reply('PAUSED now')");
    let error = script.call(&kv, &[]).invoke::<()>().await.unwrap_err();
    assert!(matches!(error, kv::Error::Refused(_)), "{error:?}");
    assert!(!error.is_away());
}

/// Sent together, and yet one that fails takes no other with it; nor is one lost that the server did not know.
#[tokio::test]
async fn calls_together_have_an_answer_each() {
    let kv = kv().await;
    let source: &'static str = Box::leak(
        format!(
            "-- {} together\nreturn redis.call('INCRBY', KEYS[1], ARGV[1])",
            kv.key("")
        )
        .into(),
    );
    let script = Script::new("add_together", source);
    let keys = ["{a}1", "{b}2", "{c}3"].map(|name| kv.key(name));
    kv.query::<()>(kv::cmd("SET").arg(&keys[1]).arg("no number"))
        .await
        .unwrap();
    for round in [1, 2] {
        let calls = keys
            .iter()
            .map(|key| script.call(&kv, std::slice::from_ref(key)).arg(round));
        let answers: Vec<Result<i64, kv::Error>> = script.invoke_all(&kv, calls).await.unwrap();
        let total = [1, 3][round - 1];
        let [Ok(first), Err(kv::Error::Refused(_)), Ok(third)] = answers[..] else {
            panic!("{answers:?}");
        };
        assert_eq!((first, third), (total, total));
    }
    let none = script.invoke_all::<i64>(&kv, []).await.unwrap();
    assert!(none.is_empty());
}

#[tokio::test]
async fn a_transaction_answers_for_each_command() {
    let kv = kv().await;
    let (hash, list) = (kv.key("{sale}:hash"), kv.key("{sale}:list"));
    let mut commands = kv::pipe();
    commands.hset(&hash, "a", 1).ignore();
    commands.hmget(&hash, &["a", "b"]).llen(&list);
    let got: ((Option<i64>, Option<i64>), i64) =
        kv.transaction("read", &mut commands).await.unwrap();
    assert_eq!(got, ((Some(1), None), 0));
    let mut wrong = kv::pipe();
    wrong.llen(&hash);
    let error = kv.transaction::<(i64,)>("read", &mut wrong).await;
    assert!(matches!(error, Err(kv::Error::Refused(_))), "{error:?}");
}

#[tokio::test]
async fn a_server_has_a_name() {
    let kv = kv().await;
    let identity = kv.run_id(&kv.key("{sale:1}:meta")).await.unwrap();
    assert_eq!(identity.run_id.len(), 40);
    assert_eq!(identity.replication_id.len(), 40);
    let keys = ["anything", "else"].map(str::to_owned);
    let both = kv.run_ids(&keys).await.unwrap();
    assert!(both.len() == 2 && both.into_iter().all(|each| each.unwrap() == identity));
    assert!(kv.run_ids(&[]).await.unwrap().is_empty());
    kv.settings_warnings().await.unwrap();
}
