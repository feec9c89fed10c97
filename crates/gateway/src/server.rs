//! Connections: accepted, bounded, timed and drained. What they ask is `http`'s business.

use std::{convert::Infallible, io, net::SocketAddr, sync::Arc, time::Duration};

use axum::body::HttpBody;
use bytes::Bytes;
use hyper::{Request, Response, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
};
use tokio::{
    net::{TcpListener, TcpSocket, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower::Service;

use crate::config::Http;

/// Connections that wait to be accepted: a rush arrives at once.
const BACKLOG: u32 = 4096;
/// After the system had no place for a connection.
const PAUSE: Duration = Duration::from_millis(50);

pub fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() {
        TcpSocket::new_v4()
    } else {
        TcpSocket::new_v6()
    }?;
    // A restart finds its port again while old connections still linger.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Serves until `stop`, then ends idle connections and lets the others finish their request. A
/// connection beyond the bound waits in the system's queue. `connect` makes the service of the
/// connection that comes from there, or none.
pub async fn serve<S, B>(
    listener: TcpListener,
    connect: impl Fn(SocketAddr) -> Option<S>,
    config: Http,
    tracker: TaskTracker,
    stop: CancellationToken,
) where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible>,
    S: Clone + Send + Sync + 'static,
    S::Future: Send + 'static,
    B: HttpBody<Data = Bytes, Error: Into<axum::BoxError>> + Send + 'static,
{
    let places = Arc::new(Semaphore::new(config.connections_max));
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(Duration::from_millis(config.header_timeout_ms));
    let draining = GracefulShutdown::new();
    while let Some(accepted) = stop.run_until_cancelled(accept(&listener, &places)).await {
        match accepted {
            Ok((stream, peer, place)) => {
                // One customer's connections beyond its share are closed unread.
                let Some(service) = connect(peer) else {
                    continue;
                };
                let service = service_fn(move |request| service.clone().call(request));
                let connection = http.serve_connection(TokioIo::new(stream), service);
                let connection = draining.watch(connection);
                tracker.spawn(async move {
                    // A connection that breaks is its caller's business.
                    let _ = connection.await;
                    drop(place);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "a connection was not accepted");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
    drop(listener);
    draining.shutdown().await;
}

async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> io::Result<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
    let place = Arc::clone(places)
        .acquire_owned()
        .await
        .map_err(io::Error::other)?;
    let (stream, peer) = listener.accept().await?;
    stream.set_nodelay(true)?;
    Ok((stream, peer, place))
}
