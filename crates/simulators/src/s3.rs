//! An S3 server that keeps its objects in a folder: s3s with its file system, and CORS of ours, so
//! that browsers may follow presigned links. It bounds nothing; never listen with it where
//! strangers can connect.

use std::{io, net::SocketAddr, path::Path, time::Duration};

use http::{
    HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode,
    header::{
        ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
        ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD,
        ORIGIN,
    },
};
use hyper::{body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{conn::auto::Builder, graceful::GracefulShutdown},
};
use s3s::{
    Body, HttpError,
    auth::SimpleAuth,
    service::{S3Service, S3ServiceBuilder},
};
use s3s_fs::FileSystem;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tracing::{debug, info};

/// What the demo's configuration knows the server by.
pub const ACCESS_KEY: &str = "demo-mall";
pub const SECRET_KEY: &str = "demo-s3-secret";

const HEADERS_MAX: Duration = Duration::from_secs(5);
const DRAIN_MAX: Duration = Duration::from_secs(5);

/// Sent with every answer. Any origin may read: what counts is the signature in the link.
const CORS: [(HeaderName, HeaderValue); 2] = [
    (ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*")),
    (
        ACCESS_CONTROL_EXPOSE_HEADERS,
        HeaderValue::from_static("Content-Disposition, Content-Length, Content-Range, ETag"),
    ),
];
/// Sent in answer to a browser that asks first.
const PREFLIGHT: [(HeaderName, HeaderValue); 3] = [
    (
        ACCESS_CONTROL_ALLOW_METHODS,
        HeaderValue::from_static("GET, HEAD, PUT"),
    ),
    (ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static("*")),
    (ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600")),
];

/// Serves `dir` on `listen` until `stop`.
pub async fn serve(
    listen: SocketAddr,
    dir: &Path,
    access_key: &str,
    secret_key: &str,
    stop: CancellationToken,
) -> io::Result<()> {
    S3::bind(listen, dir, access_key, secret_key)
        .await?
        .run(stop)
        .await
}

/// A server that listens and does not answer yet.
pub struct S3 {
    listener: TcpListener,
    address: SocketAddr,
    service: S3Service,
}

impl S3 {
    /// Port 0 takes a free one. The folder is made if it is not there.
    pub async fn bind(
        listen: SocketAddr,
        dir: &Path,
        access_key: &str,
        secret_key: &str,
    ) -> io::Result<Self> {
        tokio::fs::create_dir_all(dir).await?;
        let files = FileSystem::new(dir).map_err(|error| io::Error::other(format!("{error:?}")))?;
        let mut service = S3ServiceBuilder::new(files);
        service.set_auth(SimpleAuth::from_single(access_key, secret_key));
        let listener = TcpListener::bind(listen).await?;
        let address = listener.local_addr()?;
        Ok(Self {
            listener,
            address,
            service: service.build(),
        })
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub async fn run(self, stop: CancellationToken) -> io::Result<()> {
        info!(address = %self.address, "the S3 server listens");
        let draining = GracefulShutdown::new();
        while let Some(accepted) = stop.run_until_cancelled(self.listener.accept()).await {
            match accepted {
                Ok((stream, _)) => answer(stream, self.service.clone(), &draining),
                // The other side left again, or this process has no file left for it.
                Err(error) => {
                    debug!(%error, "cannot accept");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            }
        }
        let _ = tokio::time::timeout(DRAIN_MAX, draining.shutdown()).await;
        Ok(())
    }
}

fn answer(stream: TcpStream, service: S3Service, draining: &GracefulShutdown) {
    let _ = stream.set_nodelay(true);
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADERS_MAX);
    let service = service_fn(move |request| with_cors(service.clone(), request));
    let connection = builder
        .serve_connection(TokioIo::new(stream), service)
        .into_owned();
    let connection = draining.watch(connection);
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            debug!(error, "a connection broke");
        }
    });
}

async fn with_cors(
    service: S3Service,
    request: Request<Incoming>,
) -> Result<Response<Body>, HttpError> {
    let request = request.map(Body::from);
    if !request.headers().contains_key(ORIGIN) {
        return service.call(request).await;
    }
    let asks_first = request.method() == Method::OPTIONS
        && request
            .headers()
            .contains_key(ACCESS_CONTROL_REQUEST_METHOD);
    let mut response = if asks_first {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::NO_CONTENT;
        extend(response.headers_mut(), PREFLIGHT);
        response
    } else {
        service.call(request).await?
    };
    extend(response.headers_mut(), CORS);
    Ok(response)
}

fn extend<const N: usize>(headers: &mut HeaderMap, more: [(HeaderName, HeaderValue); N]) {
    for (name, value) in more {
        headers.insert(name, value);
    }
}
