//! What a first start leaves for the merchant.

use std::{fs, os::unix::fs::PermissionsExt};

use clock::SystemClock;
use simulators::wechat::{NOTIFY_URL, Wechat};

use crate::support::folder;

#[tokio::test]
async fn keys_are_made_once_and_client_env_names_them() {
    let dir = folder("keys");
    let _ = fs::remove_dir_all(&dir);
    let bind = async || {
        let any = "127.0.0.1:0".parse().unwrap();
        Wechat::bind(any, &dir, SystemClock::shared(), 60).await
    };
    let first = bind().await.unwrap();
    let env = fs::read_to_string(dir.join("client.env")).unwrap();
    let line = |name: &str| {
        let start = format!("MALL_WECHAT__{name}=");
        let line = env.lines().find_map(|line| line.strip_prefix(&start));
        line.unwrap_or_else(|| panic!("no {name} in {env}"))
    };
    assert_eq!(line("BASE_URL"), format!("http://{}", first.address()));
    assert_eq!(line("NOTIFY_URL"), NOTIFY_URL);
    assert_eq!(line("MCHID"), first.client().mchid);
    assert_eq!(line("APPID"), first.client().appid);
    assert_eq!(line("API_V3_KEY").len(), 32);
    assert!(line("PUBLIC_KEY_ID").starts_with("PUB_KEY_ID_0000SIM"));
    assert!(line("MERCHANT_SERIAL").starts_with("0000SIM"));
    for (name, start) in [
        ("MERCHANT_KEY", "-----BEGIN PRIVATE KEY-----"),
        ("PUBLIC_KEY", "-----BEGIN PUBLIC KEY-----"),
    ] {
        assert!(fs::read_to_string(line(name)).unwrap().starts_with(start));
    }
    for entry in fs::read_dir(&dir).unwrap() {
        let entry = entry.unwrap();
        let mode = entry.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{entry:?}");
    }
    let files = ["merchant_key.pem", "platform_key.pem", "api_v3_key"];
    let read = |file: &str| fs::read_to_string(dir.join(file)).unwrap();
    let before = files.map(read);
    drop(first);
    bind().await.unwrap();
    assert_eq!(files.map(read), before, "another start finds them");

    fs::write(dir.join("platform_key.pem"), "damaged").unwrap();
    let error = bind().await.err().unwrap().to_string();
    assert!(error.contains("platform_key.pem"), "{error}");
    assert_eq!(read("platform_key.pem"), "damaged", "nothing is replaced");
}

#[tokio::test]
async fn it_listens_to_this_machine_only() {
    let any = "0.0.0.0:0".parse().unwrap();
    let bound = Wechat::bind(any, &folder("nowhere"), SystemClock::shared(), 60).await;
    assert!(bound.is_err());
}
