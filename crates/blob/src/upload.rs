//! Content of unknown length, streamed into the store with at most one part in memory.

use std::pin::pin;

use aws_sdk_s3::{
    primitives::ByteStream,
    types::{CompletedMultipartUpload, CompletedPart},
};
use bytes::{Bytes, BytesMut};
use futures_util::{Stream, StreamExt};

use crate::{Blob, Error, metrics::measured};

/// Above the 5 MiB that S3 wants of every part but the last; 10,000 of them are 80 GB.
const PART_BYTES: usize = 8 << 20;

/// An upload of several parts that is under way.
struct Parts<'a> {
    blob: &'a Blob,
    key: &'a str,
    upload: String,
    done: Vec<CompletedPart>,
}

impl Blob {
    /// Stores `content` as a whole.
    pub async fn put(&self, key: &str, content_type: &str, content: Bytes) -> Result<(), Error> {
        measured(
            "put",
            Box::pin(async {
                self.client
                    .put_object()
                    .bucket(&*self.bucket)
                    .key(self.key(key))
                    .content_type(content_type)
                    .body(ByteStream::from(content))
                    .send()
                    .await
                    .map_err(|error| Error::of("put", key, error))?;
                Ok(())
            }),
        )
        .await
    }

    /// Stores a stream and returns its length in bytes. Nothing is stored when the stream fails or
    /// is longer than `bytes_max`.
    pub async fn put_stream<S, E>(
        &self,
        key: &str,
        content_type: &str,
        bytes_max: u64,
        content: S,
    ) -> Result<u64, Error>
    where
        S: Stream<Item = Result<Bytes, E>>,
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let mut content = pin!(content);
        let mut part = BytesMut::new();
        let mut bytes = 0;
        let mut parts = None;
        let streamed = async {
            while let Some(piece) = content.next().await {
                let piece = piece.map_err(|source| Error::Content {
                    key: key.to_owned(),
                    source: source.into(),
                })?;
                bytes += piece.len() as u64;
                if bytes > bytes_max {
                    return Err(Error::TooLarge { bytes_max });
                }
                part.extend_from_slice(&piece);
                if part.len() >= PART_BYTES {
                    if parts.is_none() {
                        parts = Some(Parts::begin(self, key, content_type).await?);
                    }
                    if let Some(parts) = &mut parts {
                        parts.add(part.split().freeze()).await?;
                    }
                }
            }
            match &mut parts {
                None => self.put(key, content_type, part.split().freeze()).await,
                Some(parts) => parts.finish(part.split().freeze()).await,
            }
        };
        let streamed = measured("put_stream", Box::pin(streamed)).await;
        if let (Err(_), Some(parts)) = (&streamed, parts) {
            parts.abort().await;
        }
        streamed.map(|()| bytes)
    }
}

impl<'a> Parts<'a> {
    async fn begin(blob: &'a Blob, key: &'a str, content_type: &str) -> Result<Self, Error> {
        let begun = blob
            .client
            .create_multipart_upload()
            .bucket(&*blob.bucket)
            .key(blob.key(key))
            .content_type(content_type)
            .send()
            .await
            .map_err(|error| Error::of("begin", key, error))?;
        let upload = begun
            .upload_id
            .ok_or_else(|| Error::store("begin", key, "no upload id"))?;
        Ok(Self {
            blob,
            key,
            upload,
            done: Vec::new(),
        })
    }

    async fn add(&mut self, part: Bytes) -> Result<(), Error> {
        let number = self.done.len() as i32 + 1;
        let added = self
            .blob
            .client
            .upload_part()
            .bucket(&*self.blob.bucket)
            .key(self.blob.key(self.key))
            .upload_id(&self.upload)
            .part_number(number)
            .body(ByteStream::from(part))
            .send()
            .await
            .map_err(|error| Error::of("put a part of", self.key, error))?;
        let done = CompletedPart::builder()
            .part_number(number)
            .set_e_tag(added.e_tag)
            .build();
        self.done.push(done);
        Ok(())
    }

    async fn finish(&mut self, last: Bytes) -> Result<(), Error> {
        if !last.is_empty() {
            self.add(last).await?;
        }
        let parts = CompletedMultipartUpload::builder()
            .set_parts(Some(std::mem::take(&mut self.done)))
            .build();
        self.blob
            .client
            .complete_multipart_upload()
            .bucket(&*self.blob.bucket)
            .key(self.blob.key(self.key))
            .upload_id(&self.upload)
            .multipart_upload(parts)
            .send()
            .await
            .map_err(|error| Error::of("finish", self.key, error))?;
        Ok(())
    }

    /// Best effort: what it cannot remove, the bucket's rule for unfinished uploads does.
    async fn abort(self) {
        let _ = self
            .blob
            .client
            .abort_multipart_upload()
            .bucket(&*self.blob.bucket)
            .key(self.blob.key(self.key))
            .upload_id(&self.upload)
            .send()
            .await;
    }
}
