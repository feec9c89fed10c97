use std::sync::Arc;

use auth::{Principal, Role};
use clock::FakeClock;
use fault::{Fault, Reason};
use proto::product::{
    CreateRequest, Item, inventory_client::InventoryClient, product_client::ProductClient,
};
use service::Ctx;
use tonic::{Request, Status};

pub(crate) type Client = ProductClient<rpc::Channel>;

/// A running service of this test's own.
pub(crate) struct Shop {
    pub(crate) client: Client,
    pub(crate) inventory: InventoryClient<rpc::Channel>,
    pub(crate) app: Arc<product::App>,
    pub(crate) clock: Arc<FakeClock>,
    pub(crate) ctx: Ctx,
    pub(crate) mq: mq::Config,
    pub(crate) pool: db::Pool,
}

pub(crate) const CACHE_MS: u64 = 300;
/// Longer than any crowd of a test takes on a busy machine.
const PATIENCE_MS: u64 = 60_000;

impl Shop {
    pub(crate) async fn open() -> Self {
        let mut config: product::Config = testkit::config(product::NAME, product::DEFAULTS);
        config.db = testkit::Mysql::schema(&product::MIGRATOR, product::NAME).await;
        config.mq = testkit::mq_config();
        config.grpc.listen = "127.0.0.1:0".parse().unwrap();
        config.cache.ttl_ms = CACHE_MS;
        // A crowd is to be counted, not to be timed.
        config.db.acquire_timeout_ms = PATIENCE_MS;
        config.grpc.deadline_max_ms = PATIENCE_MS;
        let (ctx, clock) = testkit::ctx(product::NAME);
        let started = product::start(ctx.clone(), config.clone()).await.unwrap();
        let address = started.grpc.unwrap();
        let peer = rpc::PeerConfig {
            url: format!("http://{address}"),
            timeout_ms: PATIENCE_MS,
        };
        Self {
            client: ProductClient::new(rpc::peer(&peer, &config.fleet)),
            inventory: InventoryClient::new(rpc::peer(&peer, &config.fleet)),
            app: started.app,
            clock,
            ctx,
            mq: config.mq,
            pool: db::connect(&config.db).await.unwrap(),
        }
    }

    /// Puts a product with this stock on the shelf.
    pub(crate) async fn add(&self, name: &str, price_fen: i64, stock: i64) -> Item {
        self.create(CreateRequest {
            price_fen,
            stock,
            ..draft(name)
        })
        .await
        .unwrap()
    }

    pub(crate) async fn create(&self, draft: CreateRequest) -> Result<Item, Status> {
        Ok(self
            .client
            .clone()
            .create(as_admin(draft))
            .await?
            .into_inner())
    }

    /// As the row says, past the cache.
    pub(crate) async fn stock(&self, id: i64) -> i64 {
        let stock = sqlx::query_scalar("SELECT stock FROM products WHERE id = ?").bind(id);
        stock.fetch_one(&self.pool).await.unwrap()
    }
}

pub(crate) fn draft(name: &str) -> CreateRequest {
    CreateRequest {
        name: name.to_owned(),
        description: "一盏灯".to_owned(),
        price_fen: 9_900,
        stock: 10,
        category: "home".to_owned(),
        image_url: "/photos/1.jpg".to_owned(),
        images: vec!["/photos/2.jpg".to_owned()],
    }
}

pub(crate) fn as_admin<T>(message: T) -> Request<T> {
    auth::request(&principal(Role::Admin), message)
}

pub(crate) fn as_user<T>(message: T) -> Request<T> {
    auth::request(&principal(Role::User), message)
}

fn principal(role: Role) -> Principal {
    Principal {
        user: 7.try_into().unwrap(),
        username: "seven".to_owned(),
        role,
        session: None,
    }
}

pub(crate) fn reason(status: Status) -> Reason {
    rpc::PeerError::from(status).reason()
}
