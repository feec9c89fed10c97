use aws_sdk_s3::primitives::ByteStream;
use bytes::{Bytes, BytesMut};

use crate::{Blob, Error, metrics::measured};

/// An object that is being read.
#[derive(Debug)]
pub struct Object {
    pub bytes: u64,
    pub content_type: Option<String>,
    pub body: Body,
}

/// An object's content, piece by piece.
#[derive(Debug)]
pub struct Body {
    key: String,
    stream: ByteStream,
}

/// An object in a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Without the configured prefix.
    pub key: String,
    pub bytes: u64,
    /// Unix milliseconds.
    pub modified_ms: i64,
}

/// A part of a listing, in the order of the keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    pub entries: Vec<Entry>,
    /// Asks for the next page; `None`: that was all.
    pub more: Option<String>,
}

impl Body {
    /// The next piece; `None` at the end.
    pub async fn next(&mut self) -> Result<Option<Bytes>, Error> {
        self.stream
            .try_next()
            .await
            .map_err(|error| Error::store("read", &self.key, error))
    }

    /// All of it, if it is not longer than `bytes_max`.
    pub async fn collect(mut self, bytes_max: u64) -> Result<Bytes, Error> {
        let mut all = BytesMut::new();
        while let Some(piece) = self.next().await? {
            if (all.len() + piece.len()) as u64 > bytes_max {
                return Err(Error::TooLarge { bytes_max });
            }
            all.extend_from_slice(&piece);
        }
        Ok(all.freeze())
    }
}

impl Blob {
    /// Opens an object for reading.
    pub async fn get(&self, key: &str) -> Result<Object, Error> {
        measured(
            "get",
            Box::pin(async {
                let get = self
                    .client
                    .get_object()
                    .bucket(&*self.bucket)
                    .key(self.key(key));
                let found = get
                    .send()
                    .await
                    .map_err(|error| Error::of("get", key, error))?;
                Ok(Object {
                    bytes: found
                        .content_length
                        .and_then(|n| n.try_into().ok())
                        .unwrap_or_default(),
                    content_type: found.content_type,
                    body: Body {
                        key: key.to_owned(),
                        stream: found.body,
                    },
                })
            }),
        )
        .await
    }

    /// The size of an object in bytes; `None`: there is none.
    pub async fn size(&self, key: &str) -> Result<Option<u64>, Error> {
        measured(
            "size",
            Box::pin(async {
                let head = self
                    .client
                    .head_object()
                    .bucket(&*self.bucket)
                    .key(self.key(key));
                match head
                    .send()
                    .await
                    .map_err(|error| Error::of("find", key, error))
                {
                    Ok(found) => Ok(found.content_length.and_then(|n| n.try_into().ok())),
                    Err(Error::NotFound { .. }) => Ok(None),
                    Err(error) => Err(error),
                }
            }),
        )
        .await
    }

    /// Deletes an object; one that is not there is deleted already.
    pub async fn delete(&self, key: &str) -> Result<(), Error> {
        measured(
            "delete",
            Box::pin(async {
                let delete = self
                    .client
                    .delete_object()
                    .bucket(&*self.bucket)
                    .key(self.key(key));
                match delete
                    .send()
                    .await
                    .map_err(|error| Error::of("delete", key, error))
                {
                    Ok(_) | Err(Error::NotFound { .. }) => Ok(()),
                    Err(error) => Err(error),
                }
            }),
        )
        .await
    }

    /// Up to 1,000 objects whose keys begin with `under`. `more` is from the page before.
    pub async fn list(&self, under: &str, more: Option<String>) -> Result<Page, Error> {
        measured(
            "list",
            Box::pin(async {
                let list = self
                    .client
                    .list_objects_v2()
                    .bucket(&*self.bucket)
                    .prefix(self.key(under));
                let found = list
                    .set_continuation_token(more)
                    .send()
                    .await
                    .map_err(|error| Error::of("list", under, error))?;
                let entries = found
                    .contents
                    .unwrap_or_default()
                    .into_iter()
                    .filter_map(|object| {
                        Some(Entry {
                            key: object.key?.strip_prefix(&*self.prefix)?.to_owned(),
                            bytes: object.size?.try_into().ok()?,
                            modified_ms: object.last_modified?.to_millis().ok()?,
                        })
                    });
                Ok(Page {
                    entries: entries.collect(),
                    more: found.next_continuation_token,
                })
            }),
        )
        .await
    }
}
