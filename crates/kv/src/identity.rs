use redis::{
    RedisError, Value,
    aio::ConnectionLike,
    cluster_routing::{Route, RoutingInfo, SingleNodeRoutingInfo, SlotAddr},
    cmd, from_redis_value,
};

use crate::link::Connection;

/// A server and its history. `run_id` changes with every start, `replication_id` with every failover.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerIdentity {
    pub run_id: String,
    pub replication_id: String,
}

pub(crate) enum Failed {
    Redis(RedisError),
    Unreadable(String),
}

pub(crate) async fn read(connection: &mut Connection, key: &str) -> Result<ServerIdentity, Failed> {
    // Two commands: before Redis 7 INFO takes one section.
    let server = info(connection, key, "server").await?;
    let replication = info(connection, key, "replication").await?;
    Ok(ServerIdentity {
        run_id: field(&server, "run_id")?,
        replication_id: field(&replication, "master_replid")?,
    })
}

async fn info(connection: &mut Connection, key: &str, section: &str) -> Result<String, Failed> {
    let mut command = cmd("INFO");
    command.arg(section);
    let answer = match connection {
        Connection::Single(single, _) => single.req_packed_command(&command).await,
        Connection::Cluster(cluster) => {
            cluster
                .route_command(command, RoutingInfo::SingleNode(owner(key)))
                .await
        }
    };
    let value = answer
        .and_then(Value::extract_error)
        .map_err(Failed::Redis)?;
    from_redis_value(value).map_err(|error| Failed::Unreadable(error.to_string()))
}

/// The node that holds `key`.
fn owner(key: &str) -> SingleNodeRoutingInfo {
    SingleNodeRoutingInfo::SpecificNode(Route::new(slot(key.as_bytes()), SlotAddr::Master))
}

/// Redis Cluster's hash slot: CRC16 (XMODEM) of the key, or of what stands in its first `{…}`.
fn slot(key: &[u8]) -> u16 {
    const SLOTS: u16 = 16_384;
    const POLYNOMIAL: u16 = 0x1021;
    let crc = tag(key).iter().fold(0_u16, |crc, byte| {
        (0..8).fold(crc ^ (u16::from(*byte) << 8), |crc, _| {
            if crc & 0x8000 == 0 {
                crc << 1
            } else {
                (crc << 1) ^ POLYNOMIAL
            }
        })
    });
    crc % SLOTS
}

fn tag(key: &[u8]) -> &[u8] {
    let Some(open) = key.iter().position(|b| *b == b'{') else {
        return key;
    };
    let inside = &key[open + 1..];
    match inside.iter().position(|b| *b == b'}') {
        None | Some(0) => key,
        Some(close) => &inside[..close],
    }
}

fn field(info: &str, name: &str) -> Result<String, Failed> {
    info.lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(field, _)| *field == name)
        .map(|(_, value)| value.trim().to_owned())
        .ok_or_else(|| Failed::Unreadable(format!("no {name}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As `CLUSTER KEYSLOT` answers.
    #[test]
    fn slots_are_those_of_the_server() {
        assert_eq!(slot(b"123456789"), 12_739);
        assert_eq!(slot(b"foo"), 12_182);
        assert_eq!(slot(b"any{foo}thing"), 12_182);
        assert_eq!(slot(b"{}foo"), slot(b"{}foo"));
        assert_ne!(slot(b"{}foo"), slot(b""));
    }
}
