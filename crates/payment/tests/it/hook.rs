//! Where WeChat's notifications arrive: what the gateway does with them, with a tap to lose, keep
//! and repeat them.

use std::{
    convert::Infallible,
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{Request, Response, StatusCode, body::Incoming, service::service_fn};
use hyper_util::rt::TokioIo;
use proto::payment::{NotifyRequest, notify_request::Header, payment_client::PaymentClient};
use tokio::net::TcpListener;
use tonic::Status;

#[derive(Clone)]
pub(crate) struct Hook {
    client: Arc<Mutex<Option<PaymentClient<rpc::Channel>>>>,
    kept: Arc<Mutex<Vec<NotifyRequest>>>,
    lost: Arc<AtomicBool>,
}

impl Hook {
    /// Listens at once; forwards to whoever `connect` names later.
    pub(crate) async fn start(ctx: &service::Ctx) -> (Self, SocketAddr) {
        let hook = Self {
            client: Arc::default(),
            kept: Arc::default(),
            lost: Arc::default(),
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (serving, stop) = (hook.clone(), ctx.stop().clone());
        tokio::spawn(async move {
            while let Some(Ok((socket, _))) = stop.run_until_cancelled(listener.accept()).await {
                let hook = serving.clone();
                let service = service_fn(move |request| hook.clone().take(request));
                let connection = hyper::server::conn::http1::Builder::new()
                    .serve_connection(TokioIo::new(socket), service);
                tokio::spawn(connection);
            }
        });
        (hook, address)
    }

    pub(crate) fn connect(&self, client: PaymentClient<rpc::Channel>) {
        *self.client.lock().unwrap() = Some(client);
    }

    /// Whether notifications get lost on the way: answered with 500 and only kept.
    pub(crate) fn lose(&self, lost: bool) {
        self.lost.store(lost, Ordering::SeqCst);
    }

    /// Everything that came, lost or not.
    pub(crate) fn kept(&self) -> Vec<NotifyRequest> {
        self.kept.lock().unwrap().clone()
    }

    pub(crate) async fn forward(&self, notice: NotifyRequest) -> Result<(), Status> {
        let client = self.client.lock().unwrap().clone();
        client.unwrap().notify(notice).await.map(drop)
    }

    async fn take(self, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
        let (parts, body) = request.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        let headers = parts.headers.iter().map(|(name, value)| Header {
            name: name.to_string(),
            value: value.to_str().unwrap_or_default().to_owned(),
        });
        let notice = NotifyRequest {
            headers: headers.collect(),
            body: body.to_vec(),
        };
        self.kept.lock().unwrap().push(notice.clone());
        let taken = !self.lost.load(Ordering::SeqCst) && self.forward(notice).await.is_ok();
        let status = if taken {
            StatusCode::OK
        } else {
            StatusCode::INTERNAL_SERVER_ERROR
        };
        let mut response = Response::new(Full::default());
        *response.status_mut() = status;
        Ok(response)
    }
}
