use std::{net::SocketAddr, time::Duration};

use auth::{Issuer, Principal, Role, Subject};
use clock::Clock;
use ids::UserId;
use reqwest::{Client, Response};
use service::Ctx;

/// A gateway whose services are all away.
pub(crate) struct Door {
    pub(crate) address: SocketAddr,
    pub(crate) http: Client,
    pub(crate) ctx: Ctx,
    config: gateway::Config,
}

impl Door {
    pub(crate) fn open(change: impl FnOnce(&mut gateway::Config)) -> Self {
        let mut config: gateway::Config = testkit::config(gateway::NAME, gateway::DEFAULTS);
        config.http.listen = "127.0.0.1:0".parse().unwrap();
        let nobody = testkit::free_port();
        for peer in [
            &mut config.user,
            &mut config.product,
            &mut config.order,
            &mut config.seckill,
            &mut config.payment,
            &mut config.compare,
        ] {
            peer.url = format!("http://127.0.0.1:{nobody}");
            peer.timeout_ms = 500;
        }
        config.reserve.timeout_ms = 500;
        change(&mut config);
        let (ctx, _) = testkit::ctx(gateway::NAME);
        let address = gateway::start(&ctx, config.clone()).unwrap();
        let http = Client::builder()
            .timeout(Duration::from_secs(10))
            .build()
            .unwrap();
        Self {
            address,
            http,
            ctx,
            config,
        }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(crate) async fn get(&self, path: &str) -> Response {
        self.http.get(self.url(path)).send().await.unwrap()
    }

    /// One try of user `id` to buy.
    pub(crate) async fn buy(&self, id: i64) -> Response {
        let url = self.url("/api/v1/seckill/activities/1/orders");
        self.http
            .post(url)
            .bearer_auth(self.token(id))
            .send()
            .await
            .unwrap()
    }

    pub(crate) fn token(&self, id: i64) -> String {
        let principal = Principal {
            user: UserId::try_from(id).unwrap(),
            username: format!("u{id}"),
            role: Role::User,
            session: None,
        };
        let subject = Subject {
            principal,
            email: String::new(),
        };
        let issuer = Issuer::new(&self.config.auth).unwrap();
        issuer.issue_access(&subject, Duration::from_secs(60), clock::SystemClock.now())
    }
}

pub(crate) fn header<'a>(response: &'a Response, name: &str) -> &'a str {
    response
        .headers()
        .get(name)
        .map_or("", |value| value.to_str().unwrap())
}
