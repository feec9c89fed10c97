//! The ports of a laptop's fleet (each can be changed in the services' own configuration).

pub(crate) const GATEWAY: u16 = 8080;
pub(crate) const WECHAT: u16 = 8090;
pub(crate) const MYSQL: u16 = 13306;
pub(crate) const REDIS: u16 = 16379;
pub(crate) const RABBITMQ: u16 = 15673;
/// RabbitMQ's Erlang distribution, loopback only.
pub(crate) const RABBITMQ_DIST: u16 = 15674;
/// Tells which port the distribution has. One of our own: another node's may listen for the whole network.
pub(crate) const EPMD: u16 = 15675;
pub(crate) const S3: u16 = 19000;

/// The services in the order of their ports: name and admin port.
pub(crate) const SERVICES: [(&str, u16); 7] = [
    ("gateway", 9080),
    ("user", 9081),
    ("product", 9082),
    ("order", 9083),
    ("seckill", 9084),
    ("payment", 9085),
    ("compare", 9086),
];
