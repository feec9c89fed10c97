//! Files in S3, under a prefix: streamed in and out, handed to browsers by presigned links.
//!
//! Any S3 service does; the laptop's is `mall simulate s3`.

mod bucket;
mod client;
mod config;
mod error;
mod metrics;
mod object;
mod presign;
mod upload;

use std::{fmt, sync::Arc};

pub use crate::{
    config::Config,
    error::Error,
    object::{Body, Entry, Object, Page},
};

/// A bucket's prefix, as if it were the whole store. Clones share the connections.
#[derive(Clone)]
pub struct Blob {
    /// Talks to the store.
    client: aws_sdk_s3::Client,
    /// Signs links for browsers, which know the store by another address. Never connects.
    public: aws_sdk_s3::Client,
    bucket: Arc<str>,
    prefix: Arc<str>,
    region: Arc<str>,
}

impl Blob {
    /// Does not connect: the store may come later.
    pub fn new(config: &Config) -> Self {
        let public = if config.public_endpoint.is_empty() {
            &config.url
        } else {
            &config.public_endpoint
        };
        Self {
            client: client::new(config, &config.url),
            public: client::new(config, public),
            bucket: config.bucket.as_str().into(),
            prefix: config.prefix.as_str().into(),
            region: config.region.as_str().into(),
        }
    }

    fn key(&self, key: &str) -> String {
        format!("{}{key}", self.prefix)
    }
}

impl fmt::Debug for Blob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Blob")
            .field("bucket", &self.bucket)
            .field("prefix", &self.prefix)
            .finish_non_exhaustive()
    }
}
