//! WeChat's simulator beside the service: the payer, the faults, the journal, and notifications
//! that no honest company sends.

use std::{fs, path::PathBuf, sync::Arc};

use clock::{Clock, FakeClock};
use payment::Wechat as Contract;
use proto::payment::{NotifyRequest, notify_request::Header};
use serde_json::{Value, json};
use simulators::wechat::Wechat;
use tokio::sync::Mutex;
use wechatpay::{
    ApiKey, KeyId, Platform, PrivateKey, Sealed, nonce,
    notify::{Envelope, TRANSACTION_SUCCESS},
};

use crate::support::LIMIT;

/// So much faster than the real company does it repeat notifications and settle refunds.
const TIME_SCALE: u32 = 100;

pub(crate) struct Company {
    http: reqwest::Client,
    base: String,
    pub(crate) platform: Platform,
    pub(crate) contract: Contract,
    clock: Arc<FakeClock>,
}

/// Keys are made once per process: each takes a second.
static KEYS: Mutex<()> = Mutex::const_new(());

impl Company {
    /// `contract` is what the defaults say; the rest of it is the simulator's.
    pub(crate) async fn start(
        ctx: &service::Ctx,
        clock: &Arc<FakeClock>,
        contract: Contract,
        notify_url: String,
    ) -> Self {
        let _one = KEYS.lock().await;
        let dir = PathBuf::from(env!("CARGO_TARGET_TMPDIR"))
            .join(format!("payment-{}", std::process::id()));
        let shared = Arc::<FakeClock>::clone(clock);
        let any = ([127, 0, 0, 1], 0).into();
        let server = Wechat::bind(any, &dir, shared, TIME_SCALE).await.unwrap();
        let base = format!("http://{}", server.address());
        let client = server.client().clone();
        let stop = ctx.stop().clone();
        tokio::spawn(server.run(stop));
        let pem = fs::read_to_string(dir.join("platform_key.pem")).unwrap();
        Self {
            http: reqwest::Client::builder().timeout(LIMIT).build().unwrap(),
            platform: Platform {
                id: KeyId::from(client.public_key_id.as_str()),
                key: PrivateKey::from_pem(&pem).unwrap(),
            },
            contract: Contract {
                mchid: client.mchid,
                appid: client.appid,
                merchant_serial: client.merchant_serial,
                merchant_key: fs::read_to_string(client.merchant_key).unwrap().into(),
                api_v3_key: client.api_v3_key.into(),
                public_key_id: client.public_key_id,
                public_key: fs::read_to_string(client.public_key).unwrap(),
                base_url: base.clone(),
                notify_url,
                ..contract
            },
            base,
            clock: Arc::clone(clock),
        }
    }

    async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        let sent = self.http.post(format!("{}{path}", self.base)).json(&body);
        let answer = sent.send().await.unwrap();
        (
            answer.status().as_u16(),
            answer.json().await.unwrap_or_default(),
        )
    }

    /// What goes wrong with `payment_no`, so often; empty: with any.
    pub(crate) async fn fault(&self, route: &str, payment_no: &str, fault: &str, times: u32) {
        self.fault_with(route, payment_no, fault, times, json!({}))
            .await;
    }

    pub(crate) async fn fault_with(
        &self,
        route: &str,
        payment_no: &str,
        fault: &str,
        times: u32,
        args: Value,
    ) {
        let number = (!payment_no.is_empty()).then_some(payment_no);
        let matches = json!({"route": route, "out_trade_no": number});
        let fault = json!({"match": matches, "fault": fault, "times": times, "args": args});
        assert_eq!(self.post("/sim/faults", fault).await.0, 200);
    }

    /// The payer scans and confirms; false: the company does not let them.
    pub(crate) async fn scan_and_pay(&self, code_url: &str) -> bool {
        let pr = code_url.split_once("pr=").unwrap().1;
        let path = format!("/sim/pay/{pr}");
        self.post(&path, json!({"result": "success"})).await.0 == 200
    }

    /// The payer confirms what was scanned long ago; the company's number of the transaction.
    pub(crate) async fn pay(&self, payment_no: &str, in_spite_of_close: bool) -> Option<String> {
        let path = format!("/sim/orders/{payment_no}/pay");
        let how = json!({"in_spite_of_close": in_spite_of_close});
        let (status, said) = self.post(&path, how).await;
        let id = said["transaction"]["transaction_id"]
            .as_str()
            .map(str::to_owned);
        id.filter(|_| status == 200)
    }

    async fn journal(&self, payment_no: &str) -> Vec<Value> {
        let url = format!("{}/sim/journal?out_trade_no={payment_no}", self.base);
        let answer: Value = self
            .http
            .get(url)
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap();
        answer["events"].as_array().unwrap().clone()
    }

    /// How often `kind` happened to the number.
    pub(crate) async fn count(&self, payment_no: &str, kind: &str) -> usize {
        let journal = self.journal(payment_no).await;
        journal.iter().filter(|event| event["kind"] == kind).count()
    }

    /// What the company would say of a transaction that it took.
    pub(crate) fn transaction(&self, payment_no: &str, fen: i64) -> Value {
        json!({
            "appid": self.contract.appid, "mchid": self.contract.mchid,
            "out_trade_no": payment_no, "transaction_id": format!("4200{payment_no}"),
            "trade_type": "NATIVE", "trade_state": "SUCCESS",
            "success_time": clock::in_shanghai(self.clock.now()).to_rfc3339(),
            "payer": {"openid": "o1"},
            "amount": {"total": fen, "payer_total": fen, "currency": "CNY"},
        })
    }

    /// A notification of `plain` as the company sends it.
    pub(crate) fn notice(&self, id: &str, plain: &Value) -> NotifyRequest {
        let key = secrecy::ExposeSecret::expose_secret(&self.contract.api_v3_key);
        self.sign(&sealed(id, TRANSACTION_SUCCESS, key, plain), 0)
    }

    /// Any event, sealed with the right key.
    pub(crate) fn event(&self, id: &str, event: &str, plain: &Value) -> NotifyRequest {
        let key = secrecy::ExposeSecret::expose_secret(&self.contract.api_v3_key);
        self.sign(&sealed(id, event, key, plain), 0)
    }

    /// `body` under a good signature, made `late_s` seconds from now.
    pub(crate) fn sign(&self, body: &[u8], late_s: i64) -> NotifyRequest {
        self.sign_as(&self.platform, body, late_s)
    }

    /// The same under another of the company's keys.
    pub(crate) fn sign_as(&self, platform: &Platform, body: &[u8], late_s: i64) -> NotifyRequest {
        let now_s = self.clock.now().timestamp() + late_s;
        let signed = platform.sign(body, now_s, nonce(&mut rand::rng()));
        let headers = signed.unwrap().map(|(name, value)| Header {
            name: name.to_owned(),
            value,
        });
        NotifyRequest {
            headers: headers.into(),
            body: body.to_vec(),
        }
    }
}

pub(crate) fn sealed(id: &str, event: &str, key: &str, plain: &Value) -> Vec<u8> {
    let key = ApiKey::new(key).unwrap();
    let plain = serde_json::to_vec(plain).unwrap();
    let nonce = &nonce(&mut rand::rng())[..12];
    let envelope = Envelope {
        id: id.to_owned(),
        create_time: String::new(),
        event_type: event.to_owned(),
        resource_type: "encrypt-resource".into(),
        summary: String::new(),
        resource: Sealed::seal(&key, "transaction", nonce, &plain).unwrap(),
    };
    serde_json::to_vec(&envelope).unwrap()
}
