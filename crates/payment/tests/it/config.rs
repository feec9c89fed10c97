use payment::Config;
use secrecy::ExposeSecret;
use service::config::Validate;
use wechatpay::PrivateKey;

use crate::{company::Company, support::defaults};

async fn contracted() -> Config {
    let (ctx, clock) = testkit::ctx(payment::NAME);
    let url = "http://127.0.0.1/wechatpay/notify".to_owned();
    let company = Company::start(&ctx, &clock, defaults().wechat, url).await;
    let config = Config {
        wechat: company.contract.clone(),
        ..defaults()
    };
    ctx.stop().cancel();
    config
}

fn refused(config: &Config) -> String {
    config.validate().unwrap_err()
}

#[tokio::test]
async fn a_contract_that_cannot_work_is_refused() {
    let good = contracted().await;
    good.validate().unwrap();
    defaults().validate().unwrap();
    let with = |change: fn(&mut payment::Wechat)| {
        let mut config = good.clone();
        change(&mut config.wechat);
        refused(&config)
    };
    assert!(with(|wechat| wechat.mchid = "x1".into()).contains("mchid"));
    assert!(with(|wechat| wechat.appid = String::new()).contains("appid"));
    assert!(with(|wechat| wechat.appid = "ww1".into()).contains("allow_ww_appid"));
    assert!(with(|wechat| wechat.public_key = String::new()).contains("public_key"));
    assert!(with(|wechat| wechat.notify_url += "?a=b").contains("notify_url"));
    assert!(
        with(|wechat| wechat.notify_url = "https://".to_owned() + &"x".repeat(255))
            .contains("notify_url")
    );
    assert!(with(|wechat| wechat.tries_max = 0).contains("tries_max"));
    assert!(with(|wechat| wechat.deadline_ms = 60_000).contains("deadline_ms"));
    let mut allowed = good.clone();
    allowed.wechat.appid = "ww1".into();
    allowed.wechat.allow_ww_appid = true;
    allowed.validate().unwrap();
}

#[tokio::test]
async fn production_takes_real_money_only() {
    let mut config = contracted().await;
    config.service.profile = service::Profile::Production;
    config.pay.mock = true;
    assert!(refused(&config).contains("pay.mock"));
    config.pay.mock = false;
    assert!(refused(&config).contains("simulator"));
    config.wechat.public_key_id = "PUB_KEY_ID_0114232134912410".into();
    assert!(refused(&config).contains("merchant_serial"));
    config.wechat.merchant_serial = "7132D72A03E93CDDF8C03BBD1F37EEDF".into();
    assert!(refused(&config).contains("base_url"));
    config.wechat.base_url = "https://api.mch.weixin.qq.com".into();
    assert!(refused(&config).contains("notify_url"));
    config.wechat.notify_url = "https://mall.example.com/wechatpay/notify".into();
    config.validate().unwrap();
}

#[tokio::test]
async fn keys_that_are_none_keep_it_from_starting() {
    let good = contracted().await;
    let changes: [fn(&mut payment::Wechat); 7] = [
        |wechat| {
            let own = PrivateKey::from_pem(wechat.merchant_key.expose_secret()).unwrap();
            wechat.previous_public_key_id = "PUB_KEY_ID_0".into();
            wechat.previous_public_key = own.public_pem().unwrap();
        },
        |wechat| wechat.merchant_key = "-----BEGIN nothing".to_owned().into(),
        |wechat| wechat.public_key = "/no/such/file".into(),
        // Whatever we sign ourselves would be believed.
        |wechat| {
            let own = PrivateKey::from_pem(wechat.merchant_key.expose_secret()).unwrap();
            wechat.public_key = own.public_pem().unwrap();
        },
        |wechat| wechat.api_v3_key = "short".to_owned().into(),
        |wechat| wechat.previous_api_v3_key = "short".to_owned().into(),
        |wechat| wechat.base_url = "no address".into(),
    ];
    let (ctx, _) = testkit::ctx(payment::NAME);
    let db = testkit::Mysql::schema(&payment::MIGRATOR, payment::NAME).await;
    for change in changes {
        let mut config = good.clone();
        config.db = db.clone();
        config.mq = testkit::mq_config();
        change(&mut config.wechat);
        assert!(payment::start(&ctx, &config).await.is_err());
    }
    assert!(ctx.shut_down(crate::support::LIMIT).await);
}
