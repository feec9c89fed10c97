use std::{
    path::PathBuf,
    sync::atomic::{AtomicU32, Ordering},
};

use blob::{Blob, Config};
use simulators::s3::{ACCESS_KEY, S3, SECRET_KEY};
use tokio_util::sync::{CancellationToken, DropGuard};

/// A server of its own, with a folder that goes with it.
pub(crate) struct Store {
    pub(crate) config: Config,
    dir: PathBuf,
    _stop: DropGuard,
}

impl Store {
    pub(crate) async fn start() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let n = NEXT.fetch_add(1, Ordering::Relaxed);
        let dir = std::env::temp_dir().join(format!("mall-blob-{}-{n}", std::process::id()));
        let any = "127.0.0.1:0".parse().unwrap();
        let server = S3::bind(any, &dir, ACCESS_KEY, SECRET_KEY).await.unwrap();
        let config = Config {
            url: format!("http://{}", server.address()),
            public_endpoint: String::new(),
            bucket: "mall".to_owned(),
            prefix: "test/".to_owned(),
            region: "us-east-1".to_owned(),
            access_key: ACCESS_KEY.into(),
            secret_key: SECRET_KEY.into(),
            path_style: true,
        };
        let stop = CancellationToken::new();
        tokio::spawn(server.run(stop.clone()));
        Self {
            config,
            dir,
            _stop: stop.drop_guard(),
        }
    }

    /// Connected, with its bucket.
    pub(crate) async fn blob(&self) -> Blob {
        let blob = Blob::new(&self.config);
        blob.ensure_bucket().await.unwrap();
        blob
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}
